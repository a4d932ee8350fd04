"""A plan writes nothing anywhere, and the run that follows sends exactly what it said."""

from typing import Any

import pytest
import sqlalchemy as sa
from tests.integration.synch.test_both_ways import coupled
from tests.world import World

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.model.errors import UsageError
from crosstie.model.intent import IntentState
from crosstie.model.value import Value
from crosstie.model.words import MappingName, Side
from crosstie.store.tables import coupling, inbox_cursor, intent, record_outcome, synch_job
from crosstie.synch.chosen_records import synchronize_chosen
from crosstie.synch.full_synch import synchronize
from crosstie.synch.plan import PlannedAction, Tally, plan
from crosstie_sandbox.businesscentral.database import Settings

CUSTOMER, CONTACT = MappingName("CUSTOMER"), MappingName("CONTACT")
Sent = tuple[str, str | None, str | None, dict[str, Value]]


async def planned(
    world: World, *names: str, is_full: bool = False, records: tuple[str, ...] = ()
) -> tuple[list[PlannedAction], dict[str, int]]:
    """The plan of these mappings, or of all, and its counts."""
    tally = Tally()
    with world.product() as env:
        wanted = [MappingName(name) for name in names] or list(env.mappings)
        actions = [one async for one in plan(env, wanted, tally, is_full=is_full, records=records)]
    return actions, tally.as_dict()


def as_sent(actions: list[PlannedAction]) -> list[Sent]:
    """The planned writes: side, id or number, columns and values."""
    return [
        (one.side, None if one.number else one.id, one.number, dict(one.after))
        for action in actions
        for one in action.writes
    ]


async def sent_by(world: World, *names: str, is_full: bool = False) -> list[Sent]:
    """What a synchronization sent, from the intents that it committed, in order."""
    known = set(state(world)["intents"])
    with world.product() as env:
        wanted = [MappingName(name) for name in names] or list(env.mappings)
        jobs = await synchronize(env, InProcessJobs(env), wanted, started_by="test", is_full=is_full)
        assert {job.status for job in jobs} == {"Finished"}
        found: list[Sent] = []
        for id_, mapping, crm_id, _ in sorted(state(world)["intents"].values()):
            if id_ not in known:
                (one,) = [one for _, one in env.store.journal.of_record(mapping, Side.CRM, crm_id) if one.id == id_]
                key = one.crm_id if one.destination is Side.CRM else one.erp_id
                found.append((one.destination, None if one.number else key, one.number, dict(one.values)))
    return found


def state(world: World) -> dict[str, Any]:
    """Everything that a plan must leave as it is: couplings, cursors, outcomes, jobs, intents."""
    with sa.create_engine(f"sqlite:///{world.folder / 'crosstie.sqlite'}").connect() as connection:
        kept = {
            table.name: [tuple(map(str, row)) for row in connection.execute(sa.select(table))]
            for table in (coupling, inbox_cursor, record_outcome, synch_job)
        }
        columns = (intent.c.intent_id, intent.c.mapping, intent.c.crm_id, intent.c.state)
        rows = connection.execute(sa.select(*columns)).all()
        connection.engine.dispose()
    return {**kept, "intents": {row.intent_id: tuple(row) for row in rows}}


async def busy(world: World) -> None:
    """Edits of every kind: one field on either side, both sides of one pair, a conflict, a create, a deletion."""
    ids = {}
    for name in ("ERP edit", "CRM edit", "Both", "Conflict", "Gone", "Quiet"):
        ids[name] = (await world.erp.create("customers", displayName=name, phoneNumber="1", city="Bern"))["id"]
    await world.full_synch()
    accounts = {row["name"]: row["accountid"] for row in await world.crm.rows("accounts")}
    await world.erp.edit(f"customers({ids['ERP edit']})", city="Basel", email="new@adatum.example")
    await world.crm.edit(f"accounts({accounts['CRM edit']})", telephone1="2")
    await world.erp.edit(f"customers({ids['Both']})", displayName="Both AG")
    await world.crm.edit(f"accounts({accounts['Both']})", telephone1="3")
    await world.erp.edit(f"customers({ids['Conflict']})", phoneNumber="4")
    await world.crm.edit(f"accounts({accounts['Conflict']})", telephone1="5")
    await world.crm.delete(f"accounts({accounts['Gone']})")
    await world.erp.create("currencies", code="USD", displayName="Dollar")
    await world.crm.create("accounts", name="New", customertypecode=3)


async def test_a_plan_writes_nothing_to_either_system_and_moves_nothing(world: World) -> None:
    """Neither a server's counter of writes nor a coupling, cursor, outcome, job or intent differs afterwards."""
    await busy(world)
    writes, before = await world.writes(), state(world)

    actions, counters = await planned(world)

    assert len(actions) == 5
    assert (await world.writes(), state(world)) == (writes, before)
    assert (counters["modify"], counters["conflict"]) == (3, 2)
    assert (counters["writes_to_crm"], counters["writes_to_erp"]) == (2, 2)


async def test_the_run_that_follows_sends_exactly_what_was_planned(world: World) -> None:
    """Side, record, columns and values are the same, and each pair is told once, whichever side changed."""
    await busy(world)
    actions, _ = await planned(world)

    sent = await sent_by(world)

    assert len(sent) == 4
    assert sorted(as_sent(actions), key=str) == sorted(sent, key=str)


@pytest.mark.parametrize("page_size", [1, 2, 200])
async def test_a_full_plan_tells_of_creates_with_their_ids_and_numbers(world: World, page_size: int) -> None:
    """The CRM row's id and the ERP number that are planned are the ones that are used; only ERP defaults follow."""
    world.page_size = page_size
    await busy(world)
    await world.erp.create("customers", displayName="New in the ERP", currencyCode="EUR")
    actions, counters = await planned(world, "CUSTOMER", is_full=True)

    sent = await sent_by(world, "CUSTOMER", is_full=True)

    expected = as_sent(actions)
    followed = [one for one in sent if one not in expected]
    (created,) = [one for action in actions if action.follow_up for one in action.writes]
    (follow_up,) = [action.follow_up for action in actions if action.follow_up]
    assert (created.side, created.number, created.after["displayName"]) == (Side.ERP, "CRM000001", "New")
    assert [one for one in expected if one not in sent] == []
    assert [(side, set(values) <= set(follow_up)) for side, _, _, values in followed] == [(Side.CRM, True)]
    assert followed[0][3]["accountnumber"] == "CRM000001"
    assert counters["insert"] == 2


async def test_before_and_after_are_shown_for_each_column(world: World) -> None:
    """What a column holds now, what it would hold, and the reason."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")

    (action,), counters = await planned(world, "CUSTOMER")

    (write,) = action.writes
    assert (write.side, write.id, dict(write.before), dict(write.after)) == (
        Side.CRM,
        account["accountid"],
        {"telephone1": "1"},
        {"telephone1": "2"},
    )
    assert str(action.reason) == "Changed since both sides last agreed: phoneNumber=telephone1."
    assert {name: count for name, count in counters.items() if count} == {
        "modify": 1,
        "unchanged": 1,  # the echo of the account that Crosstie created
        "writes_to_crm": 1,
    }


async def test_an_interrupted_write_is_told_and_not_settled(world: World) -> None:
    """Its record is left out, for nobody knows yet what it holds; the plan after a run tells the rest."""
    customer, _ = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    await world.synch()
    reopen(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    writes, before = await world.writes(), state(world)

    actions, _ = await planned(world, "CUSTOMER")
    by_record, _ = await planned(world, "CUSTOMER", records=(customer["number"],))

    assert [(one.kind, one.reason.code, one.writes) for one in actions] == [("wait", "unsettled", ())]
    assert [one.reason.code for one in by_record] == ["unsettled"]
    assert (await world.writes(), state(world)) == (writes, before)
    await world.synch()
    assert (await world.crm.one("accounts"))["name"] == "Adatum AG"


async def test_an_interrupted_create_is_not_planned_again_on_either_side(world: World) -> None:
    """The record it was for would be created a second time, and its own row taken for a user's."""
    await coupled(world)
    reopen(world, forget_couplings=True)
    writes, before = await world.writes(), state(world)

    actions, counters = await planned(world, "CUSTOMER", is_full=True)

    assert [(one.kind, one.reason.code) for one in actions] == [("wait", "unsettled")]
    assert (counters["insert"], await world.writes(), state(world)) == (0, writes, before)


def reopen(world: World, *, forget_couplings: bool = False) -> None:
    """Forget what became of the newest write, as if the process had died before its answer."""
    engine = sa.create_engine(f"sqlite:///{world.folder / 'crosstie.sqlite'}")
    with engine.begin() as connection:
        if forget_couplings:
            connection.execute(sa.delete(coupling).where(coupling.c.mapping == CUSTOMER))
        newest = sa.select(sa.func.max(intent.c.intent_id)).scalar_subquery()
        connection.execute(sa.update(intent).where(intent.c.intent_id == newest).values(state=IntentState.OPEN))
    engine.dispose()


async def test_a_record_that_is_due_again_is_planned_once(world: World) -> None:
    """A refused create whose time has come, though no change lists it; and once only if it was edited meanwhile."""
    account = await world.crm.create("accounts", name="New", customertypecode=3)
    world.erp.app.state.database.settings = Settings(manual_numbers=False)
    await world.full_synch()
    world.erp.app.state.database.settings = Settings(manual_numbers=True)
    too_early, _ = await planned(world, "CUSTOMER")
    world.clock.move(minutes=10)
    due, _ = await planned(world, "CUSTOMER")
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="1")
    edited, _ = await planned(world, "CUSTOMER", is_full=True)

    sent = await sent_by(world, "CUSTOMER", is_full=True)

    assert too_early == []
    assert [(one.kind, one.writes[0].number, one.writes[0].after["displayName"]) for one in due] == [
        ("insert", "CRM000001", "New")
    ]
    assert [one.kind for one in edited] == ["insert"]
    assert sent[:1] == as_sent(edited)


async def test_one_record_by_its_number_whatever_the_cursors_say(world: World) -> None:
    """Only it is planned and only it is synchronized; the other change keeps its turn."""
    one, other = [await world.erp.create("customers", displayName=name) for name in ("One", "Other")]
    await world.full_synch()
    for customer in (one, other):
        await world.erp.edit(f"customers({customer['id']})", city="Bern")
    actions, _ = await planned(world, records=(one["number"],))

    with world.product() as env:
        jobs = await synchronize_chosen(env, list(env.mappings), [one["number"]], started_by="test")

    assert [(action.mapping, action.label, action.kind) for action in actions] == [
        ("CUSTOMER", f"{one['number']} One", "modify")
    ]
    assert [(job.mapping, job.status, job.sum.modified) for job in jobs] == [("CUSTOMER", "Finished", 1)]
    cities = {row["name"]: row["address1_city"] for row in await world.crm.rows("accounts")}
    assert cities == {"One": "Bern", "Other": None}
    assert (await world.synch("CUSTOMER"))["CUSTOMER"].modified == 1


async def test_a_record_in_step_is_told_when_it_is_asked_for(world: World) -> None:
    """A person who names a record gets an answer, though nothing is to be done."""
    customer, _ = await coupled(world)

    actions, counters = await planned(world, records=(customer["id"],))

    assert [(one.kind, one.reason.code, one.writes) for one in actions] == [("unchanged", "in_step", ())]
    assert counters["unchanged"] == 1


async def test_an_uncoupled_record_is_created_by_name_if_its_mapping_creates(world: World) -> None:
    """A CRM account gets its customer and its number in one go; a mapping that creates nothing leaves it alone."""
    await world.crm.create("accounts", name="New", customertypecode=3)
    await world.full_synch()
    await world.crm.create("accounts", name="Newer", customertypecode=3)

    with world.product() as env:
        (job,) = await synchronize_chosen(env, [CUSTOMER], ["Newer"], started_by="test")

    assert (job.sum.inserted, job.sum.failed, job.status) == (1, 0, "Finished")
    numbers = {row["name"]: row["accountnumber"] for row in await world.crm.rows("accounts")}
    assert numbers == {"New": "CRM000001", "Newer": "CRM000002"}


async def test_a_name_that_means_nothing_or_too_much_is_refused_and_nothing_changes(world: World) -> None:
    """Before anything is done, though another name was right."""
    one = await world.erp.create("customers", displayName="Same")
    await world.erp.create("customers", displayName="Same")
    await world.full_synch()
    await world.erp.edit(f"customers({one['id']})", city="Bern")
    writes, before = await world.writes(), state(world)

    for text, says in (("Nobody", "has the number, name or id 'Nobody'"), ("Same", "means more than one record")):
        with world.product() as env, pytest.raises(UsageError) as caught:
            await synchronize_chosen(env, [CUSTOMER], [one["number"], text], started_by="test")
        assert says in caught.value.message

    assert (await world.writes(), state(world)) == (writes, before)
