"""Skipped records: when a record is skipped, the list of them, and the ways back."""

import pytest
from tests.integration.synch.test_field_work import HEAD, install
from tests.scenarios.steps import (
    CUSTOMER,
    SALESPEOPLE,
    Row,
    account,
    couple_by_hand,
    couplings,
    customer,
    customers_in_step,
    edit,
    errors_command,
    explained,
    listed,
    look_first,
    outcome,
    retry,
    run,
    skipped,
    synchronize_now,
)
from tests.world import World

from crosstie.app.mappings import default_mappings
from crosstie.model.errors import UsageError
from crosstie.model.words import ActionKind, JobStatus, Side
from crosstie.rules.conversions import CONVERSIONS

WAITS = "a reference that is not coupled makes the record wait, and it follows by itself; it is no failure"
BY_ITSELF = "a deletion is asked about at once, with what can be done; it neither fails nor is skipped"
TRANSLATED = """
[[field]]
erp = "number"
crm = "accountnumber"
direction = "to"

[[field]]
erp = "phoneNumber"
crm = "telephone1"

[[field]]
erp = "creditLimit"
crm = "creditlimit"
direction = "to"

[[field]]
erp = "country"
crm = "address1_country"
rules = [{ rule = "lookup", table = { %s } }]
"""


def translating(world: World, **countries: str) -> None:
    """Customers whose country is translated by this table; a country that it does not have fails the record."""
    table = ", ".join(f'{code} = "{name}"' for code, name in countries.items())
    install(world, world.folder, HEAD + TRANSLATED % table)
    world.mappings = {**default_mappings(CONVERSIONS), **world.mappings}


def mend(world: World) -> None:
    """Somebody adds the country that was missing."""
    translating(world, CH="Switzerland", FI="Finland")


async def skipped_customers(world: World, *names: str) -> list[tuple[Row, Row]]:
    """Customers that failed twice in a row: a country of theirs cannot be translated."""
    translating(world, CH="Switzerland")
    pairs = await customers_in_step(world, *names, country="CH")
    for _, its_account in pairs:
        await edit(world, account=its_account, address1_country="Finland")
    for _ in range(2):
        await run(world)
        world.clock.move(minutes=2)
    return pairs


async def skipped_salespeople(world: World) -> None:
    """Two salespeople, each with two users of one e-mail address: nobody can tell which is which."""
    await world.erp.create("salespeoplePurchasers", code="BO", displayName="Ben Ott", email="ben@test.example")
    for first, last, email in (
        ("Jana", "Twin", "jana@test.example"),
        ("Ben", "Ott", "ben@test.example"),
        ("Ben", "Twin", "ben@test.example"),
    ):
        user = {"firstname": first, "lastname": last, "internalemailaddress": email, "islicensed": True}
        await world.crm.create("systemusers", **user)
    await run(world, SALESPEOPLE)


async def mend_salesperson(world: World, name: str) -> None:
    """The other user of this first name gets an address of their own."""
    (twin,) = await world.crm.rows("systemusers", filter=f"firstname eq '{name}' and lastname eq 'Twin'")
    await world.crm.edit(f"systemusers({twin['systemuserid']})", internalemailaddress=f"twin.{name}@test.example")


def skipped_in_erp(world: World) -> list[str]:
    """The ERP records that are skipped."""
    return sorted(one.label for one in listed(world) if one.kind is ActionKind.SKIP and one.side is Side.ERP)


@pytest.mark.scenario("SKP-001", better=BY_ITSELF)
async def test_a_deleted_row_keeps_its_coupling_and_only_a_failure_is_skipped_on_repetition(world: World) -> None:
    """The first account is deleted: it asks, once. The second fails the same way twice: it is skipped."""
    translating(world, CH="Switzerland")
    (_, gone), (held, fails) = await customers_in_step(world, "Gone", "Fails", country="CH")
    await world.crm.delete(f"accounts({gone['accountid']})")
    await edit(world, account=fails, address1_country="Finland")

    first = await run(world)
    once = {one.label: one.kind for one in listed(world)}
    world.clock.move(minutes=2)
    second = await run(world)

    twice = {one.label: one.kind for one in listed(world)}
    assert (first.sum.conflicts, first.sum.failed, second.sum.conflicts, second.sum.skipped) == (1, 1, 0, 1)
    assert once == {"GONE Gone": ActionKind.CONFLICT, "FAILS Fails": ActionKind.FAIL}
    assert twice == {"GONE Gone": ActionKind.CONFLICT, "FAILS Fails": ActionKind.SKIP}
    assert {one.erp_id for one in couplings(world)} >= {held["id"]}
    assert len(couplings(world)) == 2


TOO_HIGH = 200_000_000_000_000


@pytest.mark.parametrize(
    ("credit", "country", "says"),
    [
        pytest.param(TOO_HIGH, "Finland", "The CRM refused it", marks=pytest.mark.scenario("SKP-002")),
        pytest.param(TOO_HIGH, "Switzerland", "The CRM refused it", marks=pytest.mark.scenario("SKP-003")),
        pytest.param(100, "Finland", "cannot take 'Finland'", marks=pytest.mark.scenario("SKP-003")),
    ],
    ids=["both directions", "to the CRM", "to the ERP"],
)
async def test_the_latest_error_says_what_failed(world: World, credit: int, country: str, says: str) -> None:
    """A credit limit that the CRM refuses, a country that cannot be translated: towards the CRM comes first."""
    translating(world, CH="Switzerland")
    ((held, its_account),) = await customers_in_step(world, "Adatum", country="CH")
    await edit(world, customer=held, creditLimit=credit)
    await edit(world, account=its_account, address1_country=country)

    await run(world)

    last = (await explained(world, "ADATUM")).last
    assert last is not None
    assert (last.kind, says in str(last.reason)) == (ActionKind.FAIL, True)


async def waiting_customer(world: World) -> Row:
    """A coupled customer whose new salesperson is not coupled."""
    for code, email in (("NN", "nn@test.example"), ("OO", "oo@test.example")):
        await world.erp.create("salespeoplePurchasers", code=code, displayName=code, email=email)
    ((held, _),) = await customers_in_step(world, "Adatum")
    await edit(world, customer=held, salespersonCode="NN")
    await run(world)
    return held


@pytest.mark.scenario("SKP-006", better=WAITS)
async def test_a_record_that_could_not_go_once_goes_when_it_can(world: World) -> None:
    """Once the salesperson is coupled the customer is modified, and listed no more."""
    await waiting_customer(world)
    assert [one.kind for one in listed(world)] == [ActionKind.WAIT]
    user = {"firstname": "N", "lastname": "N", "internalemailaddress": "nn@test.example", "islicensed": True}
    made = await world.crm.create("systemusers", **user)
    await run(world, SALESPEOPLE)

    job = await run(world)

    assert (job.sum.modified, listed(world)) == (1, [])
    assert (await account(world, "Adatum"))["_ownerid_value"] == made["systemuserid"]


@pytest.mark.scenario("SKP-007", better=WAITS)
async def test_different_reasons_in_a_row_do_not_skip_a_record(world: World) -> None:
    """First one salesperson is missing, then another: it waits for the second one and is not skipped."""
    held = await waiting_customer(world)
    await edit(world, customer=held, salespersonCode="OO")

    job = await run(world)

    last = outcome(world, Side.ERP, held["id"])
    assert (job.sum.waiting, job.sum.failed, skipped(world), last.kind) == (1, 0, [], ActionKind.WAIT)
    assert str(last.reason) == "It refers to SALESPEOPLE OO, which is not coupled yet."


@pytest.mark.scenario("SKP-012")
@pytest.mark.scenario("SKP-015")
async def test_a_retry_takes_up_the_record_that_it_names(world: World) -> None:
    """The cause is mended: it is modified and skipped no more, and the other one is still skipped."""
    first, second = await skipped_customers(world, "First", "Second")
    assert skipped(world) == ["FIRST First", "SECOND Second"]
    mend(world)

    taken = await retry(world, "First")

    assert ([one.label for one in taken], skipped(world)) == (["FIRST First"], ["SECOND Second"])
    done = outcome(world, Side.ERP, first[0]["id"]), outcome(world, Side.CRM, first[1]["accountid"])
    assert ActionKind.MODIFY in {one.kind for one in done}
    assert [(await customer(world, name))["country"] for name in ("First", "Second")] == ["FI", second[0]["country"]]


@pytest.mark.scenario("SKP-013")
@pytest.mark.parametrize(("names", "left"), [(("First", "Third"), ["SECOND Second"]), ((), [])], ids=["two", "all"])
async def test_several_or_all_are_taken_up_at_once(world: World, names: tuple[str, ...], left: list[str]) -> None:
    """As many as were named are reported, and their skip is lifted."""
    await skipped_customers(world, "First", "Second", "Third")
    mend(world)

    taken = await retry(world, *names)

    assert (len(taken), skipped(world)) == (len(names) or 3, left)


@pytest.mark.scenario("SKP-014")
async def test_with_nothing_skipped_the_list_is_empty_and_there_is_nothing_to_retry(world: World) -> None:
    """Restored, the list says that nothing needs attention, and another retry takes up nothing."""
    await skipped_customers(world, "Adatum")
    before = errors_command(world).output
    mend(world)
    await retry(world, "Adatum")

    after = errors_command(world)

    assert "ADATUM Adatum" in before
    assert "Nothing needs your attention." in after.output
    assert list(await retry(world)) == []


@pytest.mark.scenario("SKP-016")
async def test_synchronizing_a_skipped_record_lifts_its_skip(world: World) -> None:
    """The salesperson is coupled and listed no more; the other one still is."""
    await skipped_salespeople(world)
    assert skipped_in_erp(world) == ["BO Ben Ott", "JR Jana Roth"]
    await mend_salesperson(world, "Jana")

    job = (await synchronize_now(world, "JR"))[SALESPEOPLE]

    jana = await world.erp.one("salespeoplePurchasers", filter="code eq 'JR'")
    assert (job.status, [one.erp_id for one in couplings(world, SALESPEOPLE)]) == (JobStatus.FINISHED, [jana["id"]])
    assert skipped_in_erp(world) == ["BO Ben Ott"]


@pytest.mark.scenario("SKP-017", better="a plan shows each value that would be overwritten, instead of a warning")
async def test_a_skipped_record_is_sent_in_the_direction_that_was_chosen(world: World) -> None:
    """Changed on both sides: the account equals the customer then; the second pair is untouched and still skipped."""
    pairs = await skipped_customers(world, "First", "Second")
    for held, _ in pairs:
        await edit(world, customer=held, phoneNumber="2")
    other = await account(world, "Second")

    planned = await look_first(world, "FIRST", to=Side.CRM)
    await synchronize_now(world, "FIRST", to=Side.CRM)

    ((before, after),) = [(dict(one.before), dict(one.after)) for action in planned for one in action.writes]
    assert (before["address1_country"], after["address1_country"]) == ("Finland", "Switzerland")
    ours, theirs = await customer(world, "First"), await account(world, "First")
    assert (ours["country"], ours["phoneNumber"]) == ("CH", "2")
    assert (theirs["address1_country"], theirs["telephone1"]) == ("Switzerland", "2")
    assert (skipped(world), await account(world, "Second")) == (["SECOND Second"], other)


@pytest.mark.scenario("SKP-018", better="no direction has to be chosen: each field goes from where it was edited")
async def test_a_mixed_selection_is_one_job_for_each_mapping(world: World) -> None:
    """Two customers and one of two salespeople: none of them is skipped any more, the other salesperson is."""
    await skipped_customers(world, "First", "Second")
    await skipped_salespeople(world)
    mend(world)
    await mend_salesperson(world, "Jana")

    jobs = await synchronize_now(world, "FIRST", "SECOND", "JR")

    assert {name: (job.status, job.total) for name, job in jobs.items()} == {
        SALESPEOPLE: (JobStatus.FINISHED, 1),
        CUSTOMER: (JobStatus.FINISHED, 2),
    }
    assert skipped_in_erp(world) == ["BO Ben Ott"]
    assert [one for one in skipped(world) if one.startswith(("FIRST", "SECOND"))] == []


@pytest.mark.scenario("SKP-020", better="the list names the command that couples, and both records are coupled with it")
async def test_a_skipped_record_is_coupled_by_hand(world: World) -> None:
    """The second salesperson, with the user that a person knows to be the right one; the first is still listed."""
    await skipped_salespeople(world)
    (entry,) = [one for one in listed(world) if one.label == "BO Ben Ott"]
    (ben,) = await world.crm.rows("systemusers", filter="firstname eq 'Ben' and lastname eq 'Ott'")

    coupling = await couple_by_hand(world, entry.mapping, "BO", ben["systemuserid"])

    assert "crosstie couple" in entry.next_step
    assert (coupling.erp_id, coupling.crm_id) == (entry.id, ben["systemuserid"])
    assert skipped_in_erp(world) == ["JR Jana Roth"]


@pytest.mark.scenario("SKP-022")
async def test_the_list_shows_the_latest_failure_first(world: World) -> None:
    """Mapping, number and name, reason and time, of a customer and of a salesperson that was skipped later."""
    await skipped_customers(world, "Adatum")
    world.clock.move(minutes=10)
    await skipped_salespeople(world)

    lines = [
        one for one in errors_command(world, "--json").json if one["side"] == "erp" or one["mapping"] == "CUSTOMER"
    ]

    *salespeople, last = lines
    assert {(one["mapping"], one["record"]) for one in salespeople} == {
        ("SALESPEOPLE", "BO Ben Ott"),
        ("SALESPEOPLE", "JR Jana Roth"),
    }
    assert (last["mapping"], last["record"], last["outcome"]) == ("CUSTOMER", "ADATUM Adatum", "skip")
    assert "cannot take 'Finland'" in last["reason"]
    assert "2 records on the other side have the same" in salespeople[0]["reason"]
    assert all(one["at"] > last["at"] for one in salespeople)


async def without_account(world: World) -> tuple[Row, Row]:
    """A customer whose account was deleted, and is listed for it; and an account that is nobody's."""
    ((held, gone),) = await customers_in_step(world, "Adatum")
    await world.crm.delete(f"accounts({gone['accountid']})")
    await run(world)
    free = await world.crm.create("accounts", name="Adatum", accountnumber="FREE", customertypecode=3)
    assert [one.label for one in listed(world)] == ["ADATUM Adatum"]
    return held, free


@pytest.mark.scenario("SKP-031")
async def test_coupling_with_another_row_settles_a_record_whose_row_was_deleted(world: World) -> None:
    """It is coupled to the other account; the next job looks at the two, and the list is empty."""
    held, free = await without_account(world)

    await couple_by_hand(world, CUSTOMER, "ADATUM", "FREE")

    assert (listed(world), [(one.erp_id, one.crm_id) for one in couplings(world)]) == (
        [],
        [(held["id"], free["accountid"])],
    )
    job = await run(world)
    its_account = await world.crm.one("accounts")
    assert (job.sum.modified, its_account["accountnumber"], its_account["telephone1"]) == (1, "ADATUM", "1")
    assert listed(world) == []


@pytest.mark.scenario("SKP-032", better="there is no dialogue to cancel: a coupling that is refused changes nothing")
async def test_a_coupling_that_is_refused_leaves_the_record_as_it_was(world: World) -> None:
    """The row is not there, or belongs to another customer: the same coupling, still listed."""
    await without_account(world)
    await customers_in_step(world, "Other")
    before = [(one.erp_id, one.crm_id) for one in couplings(world)]

    for row in ("Nobody", "OTHER"):
        with pytest.raises(UsageError):
            await couple_by_hand(world, CUSTOMER, "ADATUM", row)

    assert [(one.erp_id, one.crm_id) for one in couplings(world)] == before
    assert "ADATUM Adatum" in {one.label for one in listed(world)}
