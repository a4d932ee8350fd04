"""Couplings: what they tell of the last synchronization, and what becomes of them when a record is gone."""

import pytest
from tests.scenarios.steps import (
    CUSTOMER,
    account,
    conflicts,
    couple_by_hand,
    couplings,
    customer,
    customers_in_step,
    edit,
    listed,
    look_first,
    outcome,
    run,
    skipped,
    synchronize_now,
)
from tests.world import World

from crosstie.model.errors import UsageError
from crosstie.model.job import Counters
from crosstie.model.reason import ReasonCode
from crosstie.model.words import ActionKind, RecordId, Side
from crosstie.synch.explain import explain


def pairs(world: World) -> set[tuple[str, str]]:
    """Who is coupled with whom."""
    return {(one.erp_id, one.crm_id) for one in couplings(world)}


@pytest.mark.scenario(
    "IRC-006", better="a customer whose own account is there is not torn from it: the refusal says to uncouple first"
)
async def test_the_coupling_of_a_deleted_record_is_taken_over(world: World) -> None:
    """Another customer is coupled with the account that is left, and nothing of the old coupling remains."""
    (held, left), (other, others) = await customers_in_step(world, "Adatum", "Other")
    await world.erp.delete(f"customers({held['id']})")
    new = await world.erp.create("customers", number="NEW", displayName="Adatum")

    with pytest.raises(UsageError, match=f"coupled already: ERP OTHER, CRM {others['accountid']}"):
        await couple_by_hand(world, CUSTOMER, "OTHER", left["accountid"])
    unchanged = pairs(world)
    await couple_by_hand(world, CUSTOMER, "NEW", left["accountid"])

    assert unchanged == {(held["id"], left["accountid"]), (other["id"], others["accountid"])}
    assert pairs(world) == {(new["id"], left["accountid"]), (other["id"], others["accountid"])}


@pytest.mark.scenario("IRC-008")
async def test_a_deleted_customer_leaves_its_coupling_unskipped(world: World) -> None:
    """It is not found by the record any more, by the account's id it is; when a job notices, it asks."""
    ((held, its_account),) = await customers_in_step(world, "Adatum")
    await world.erp.delete(f"customers({held['id']})")

    with world.product() as env:
        found = await explain(env, "ADATUM", CUSTOMER)
        (kept,) = env.store.couplings.by_id(CUSTOMER, Side.CRM, [RecordId(its_account["accountid"])]).values()
    before = skipped(world)
    await run(world, is_full=True)

    assert [one.side for one in found] == [Side.CRM]
    assert (kept.erp_id, before, skipped(world)) == (held["id"], [], [])
    assert ([one.kind for one in listed(world)], len(couplings(world))) == ([ActionKind.CONFLICT], 1)


@pytest.mark.scenario(
    "IRC-010", better="each field is compared with what both sides last agreed on, not times with times"
)
async def test_a_fresh_coupling_counts_as_changed_on_both_sides_and_later_only_what_differs_does(world: World) -> None:
    """Coupled by hand: a difference is a conflict. Once agreed: a touch is no change, an edit is one of its side."""
    held = await world.erp.create("customers", number="ADATUM", displayName="Adatum")
    other = {"accountnumber": "ADATUM", "creditlimit": 0, "customertypecode": 3}
    made = await world.crm.create("accounts", name="Adatum, CRM", **other)
    await couple_by_hand(world, CUSTOMER, "ADATUM", "ADATUM")

    (fresh,) = await look_first(world, "ADATUM")
    await synchronize_now(world, "ADATUM", to=Side.CRM)
    await edit(world, customer=held, displayName="Adatum")
    await edit(world, account=made, name="Adatum")
    (touched,) = await look_first(world, "ADATUM")
    await edit(world, account=made, name="Adatum AG")
    (edited,) = await look_first(world, "ADATUM")

    assert [one.reason.code for one in fresh.conflicts] == [ReasonCode.NEVER_AGREED]
    assert (touched.kind, touched.writes) == (ActionKind.UNCHANGED, ())
    assert [(one.side, dict(one.after)) for one in edited.writes] == [(Side.ERP, {"displayName": "Adatum AG"})]


@pytest.mark.scenario("IRC-014", better="a coupling cannot lose its table; with one record left it asks what to do")
async def test_couplings_with_one_record_left_stay_and_those_with_none_end(world: World) -> None:
    """Looked at in full: the first two are asked about, the third is gone without a trace in the list."""
    first, second, third = await customers_in_step(world, "Erp gone", "Crm gone", "Both gone")
    for held, _ in (first, third):
        await world.erp.delete(f"customers({held['id']})")
    for _, its_account in (second, third):
        await world.crm.delete(f"accounts({its_account['accountid']})")

    await run(world, is_full=True)

    assert pairs(world) == {(held["id"], its_account["accountid"]) for held, its_account in (first, second)}
    assert [one.kind for one in listed(world)] == [ActionKind.CONFLICT] * 2


@pytest.mark.scenario("IRC-016")
@pytest.mark.parametrize("to", Side)
async def test_a_refused_update_is_marked_with_its_job_and_direction(world: World, to: Side) -> None:
    """The other side is unchanged; the outcome is a failure of that job with the system's words; Failed 1."""
    ((held, its_account),) = await customers_in_step(world, "Adatum")
    if to is Side.CRM:
        await edit(world, customer=held, creditLimit=200_000_000_000_000)
    else:
        await edit(world, account=its_account, name=None)
    before = await customer(world, "Adatum"), await account(world, "Adatum")

    job = await run(world)

    changed = {Side.ERP: held["id"], Side.CRM: its_account["accountid"]}[to.other]
    last = outcome(world, to.other, changed)
    assert (await customer(world, "Adatum"), await account(world, "Adatum")) == before
    assert (last.kind, last.job, last.reason.code) == (ActionKind.FAIL, job.id, ReasonCode.REFUSED_BY_SYSTEM)
    says = {Side.CRM: "outside the valid range", Side.ERP: 'blank "displayName" is not allowed'}[to]
    assert f"The {to.value.upper()} refused it" in str(last.reason)
    assert says in f"{last.reason} {last.detail}"
    assert (job.counters[to].failed, job.counters[to.other].failed, job.sum.modified) == (1, 0, 0)


@pytest.mark.scenario("IRC-017")
@pytest.mark.parametrize("to", Side)
async def test_an_update_is_marked_with_its_job_in_its_own_direction_only(world: World, to: Side) -> None:
    """The other side is updated; the outcome is that job's, Modified 1, and nothing is counted the other way."""
    ((held, its_account),) = await customers_in_step(world, "Adatum")
    if to is Side.CRM:
        await edit(world, customer=held, phoneNumber="2")
    else:
        await edit(world, account=its_account, telephone1="2")

    job = await run(world)

    changed = {Side.ERP: held["id"], Side.CRM: its_account["accountid"]}[to.other]
    last = outcome(world, to.other, changed)
    phones = (await customer(world, "Adatum"))["phoneNumber"], (await account(world, "Adatum"))["telephone1"]
    assert (phones, last.kind, last.job) == (("2", "2"), ActionKind.MODIFY, job.id)
    assert (job.counters[to], job.counters[to.other]) == (Counters(modified=1), Counters())
    assert (listed(world), conflicts(world)) == ([], [])
