"""Table synchronization: what a job of a mapping looks at, carries over and counts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.synch.test_field_work import HEAD, install
from tests.scenarios.steps import (
    CONTACT,
    CUSTOMER,
    account,
    contact_in_step,
    couplings,
    customer,
    customers_in_step,
    edit,
    listed,
    outcome,
    run,
)
from tests.world import CREDENTIALS, World, make_world

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.model.errors import SetupError
from crosstie.model.job import Counters
from crosstie.model.reason import ReasonCode
from crosstie.model.record import Record
from crosstie.model.words import ActionKind, JobStatus, RecordId, Side
from crosstie.synch.full_synch import synchronize
from crosstie.synch.ports.connector import Connector

CURSORS = (
    "what is new is told by versions and a place in a list of changes, not by a time that two clocks must agree on"
)


def creating(world: World) -> None:
    """Customers not limited to coupled ones: every job creates what is missing."""
    world.mappings[CUSTOMER] = replace(world.mappings[CUSTOMER], only_coupled=False)


def place(world: World, side: Side) -> int:
    """How far the mapping of customers has looked at the changes of a side."""
    with world.product() as env:
        return env.store.inbox.cursor(CUSTOMER, side)


def newest(world: World, side: Side) -> int:
    """The place of the side's newest change."""
    with world.product() as env:
        return env.store.inbox.horizon(side, world.mappings[CUSTOMER].table(side))


@pytest.mark.scenario("TBL-014", better=CURSORS)
async def test_a_change_of_an_unmapped_field_counts_as_unchanged_and_is_looked_at_once(world: World) -> None:
    """Nothing is written; the coupling knows the new version, and the next job has nothing to look at."""
    ((held, _),) = await customers_in_step(world, "Adatum")
    await edit(world, customer=held, taxRegistrationNumber="756")
    before = await world.writes()

    job, later = await run(world), await run(world)

    assert (job.sum.unchanged, job.sum.modified, await world.writes()) == (1, 0, before)
    assert couplings(world)[0].erp_version == (await customer(world, "Adatum"))["@odata.etag"]
    assert (later.total, later.sum) == (0, Counters())


@pytest.mark.scenario("TBL-015", better=CURSORS)
async def test_another_salesperson_is_a_modification(world: World) -> None:
    """The account's owner changes; the coupling knows the versions that both sides have now."""
    await world.erp.create("salespeoplePurchasers", code="BO", displayName="Ben Ott", email="ben@test.example")
    user = {"firstname": "Ben", "lastname": "Ott", "internalemailaddress": "ben@test.example", "islicensed": True}
    ben = await world.crm.create("systemusers", **user)
    await world.synch("SALESPEOPLE")
    ((held, _),) = await customers_in_step(world, "Adatum", salespersonCode="JR")
    await edit(world, customer=held, salespersonCode="BO")

    job = await run(world)

    its_account = await account(world, "Adatum")
    assert (job.sum.modified, its_account["_ownerid_value"]) == (1, ben["systemuserid"])
    (coupling,) = couplings(world)
    assert coupling.erp_version == (await customer(world, "Adatum"))["@odata.etag"]
    assert coupling.crm_version == its_account["@odata.etag"]


@pytest.mark.scenario("TBL-029")
async def test_rows_last_changed_by_the_integration_user_are_imported_too(tmp_path: Path) -> None:
    """Two of three uncoupled accounts were written under the account that the product itself signs in with."""
    world = await make_world(tmp_path, crm_rows={"accounts": [{"name": "By another", "customertypecode": "3"}]})
    creating(world)
    for name in ("First", "Second"):
        await world.crm.create("accounts", name=name, customertypecode=3)
    (ours,) = await world.crm.rows("systemusers", filter=f"applicationid eq {CREDENTIALS.client_id}")
    editors = [row["_modifiedby_value"] for row in await world.crm.rows("accounts")]
    assert editors.count(ours["systemuserid"]) == 2

    job = await run(world)

    assert (job.counters[Side.ERP].inserted, len(await world.erp.rows("customers"))) == (3, 3)
    await world.erp.close()
    await world.crm.close()


@pytest.mark.scenario("TBL-030")
async def test_a_mapping_of_coupled_records_only_ignores_the_others(world: World) -> None:
    """The coupled customer takes the new name; the uncoupled account stays alone."""
    ((_, its_account),) = await customers_in_step(world, "Adatum")
    await edit(world, account=its_account, name="Adatum AG")
    await world.crm.create("accounts", name="Uncoupled", customertypecode=3)

    job = await run(world)

    assert [row["displayName"] for row in await world.erp.rows("customers")] == ["Adatum AG"]
    assert (job.sum.modified, job.sum.inserted) == (1, 0)


@pytest.mark.scenario("TBL-031", better="it is refused when the mapping is read: no job starts with half of it")
@pytest.mark.parametrize("wrong", ['erp_filter = "Blocked = "', '[crm_filter]\nstatecode = "active"'])
async def test_an_invalid_filter_is_an_error(world: World, tmp_path: Path, wrong: str) -> None:
    """On either side; nothing is asked or written."""
    before = await world.writes()

    with pytest.raises(SetupError, match="filter"):
        install(world, tmp_path, HEAD.replace("[[field]]", f"{wrong}\n\n[[field]]"))

    assert await world.writes() == before


@pytest.mark.scenario("TBL-032", better=CURSORS)
async def test_a_job_looks_up_to_the_newest_change_of_each_side(world: World) -> None:
    """Two changed on each side: both cursors stand at the newest change that was read, and not beyond."""
    pairs = await customers_in_step(world, "One", "Two", "Three", "Four")
    before = {side: place(world, side) for side in Side}
    for held, _ in pairs[:2]:
        await edit(world, customer=held, city="Basel")
    for _, its_account in pairs[2:]:
        await edit(world, account=its_account, address1_city="Chur")

    job = await run(world)

    assert job.sum.modified == 4
    for side in Side:
        assert before[side] < place(world, side) == newest(world, side)


@pytest.mark.scenario("TBL-033", better=CURSORS)
async def test_rows_touched_in_unmapped_fields_move_the_cursor_forward(world: World) -> None:
    """They are looked at, found unchanged, and never looked at again."""
    pairs = await customers_in_step(world, "One", "Two")
    before = place(world, Side.CRM)
    for _, its_account in pairs:
        await edit(world, account=its_account, description="Called.")

    job = await run(world)

    assert (job.sum.unchanged, job.sum.modified) == (2, 0)
    assert before < place(world, Side.CRM) == newest(world, Side.CRM)


@pytest.mark.scenario("TBL-034", better=CURSORS)
async def test_sending_to_the_crm_does_not_move_the_crms_cursor_past_anybodys_change(world: World) -> None:
    """A change that a user made meanwhile is still ahead; our own write is told apart by its version."""
    pairs = await customers_in_step(world, "One", "Two")
    before = place(world, Side.CRM)
    await edit(world, customer=pairs[0][0], city="Basel")
    job = await run(world)
    assert (job.counters[Side.CRM].modified, place(world, Side.CRM)) == (1, before)
    await edit(world, account=pairs[1][1], address1_city="Chur")

    job = await run(world)

    assert (job.counters[Side.ERP].modified, job.counters[Side.CRM].modified, job.sum.unchanged) == (1, 0, 1)
    assert (await customer(world, "Two"))["city"] == "Chur"


@pytest.mark.scenario("TBL-035", better="one job with a status and counters for each direction")
async def test_one_job_sends_and_fetches(world: World) -> None:
    """Two uncoupled records on each side: four on each afterwards, counted by direction."""
    creating(world)
    for name in ("One", "Two"):
        await world.erp.create("customers", displayName=f"{name} of the ERP")
        await world.crm.create("accounts", name=f"{name} of the CRM", customertypecode=3)

    job = await run(world)

    assert (len(await world.erp.rows("customers")), len(await world.crm.rows("accounts"))) == (4, 4)
    assert (job.counters[Side.CRM].inserted, job.counters[Side.ERP].inserted) == (2, 2)


@pytest.mark.scenario("TBL-036")
@pytest.mark.scenario("TBL-037")
@pytest.mark.scenario("TBL-052")
async def test_an_uncoupled_account_becomes_a_customer_and_a_change_of_it_follows(world: World) -> None:
    """Its owner is coupled. Inserted 1, then Modified 1, the same customer, coupled all along."""
    creating(world)
    await world.synch("SALESPEOPLE")
    jana = await world.crm.one("systemusers", filter="internalemailaddress eq 'jana@test.example'")
    owner = {"ownerid@odata.bind": f"/systemusers({jana['systemuserid']})"}
    made = await world.crm.create("accounts", name="Fabrikam", customertypecode=3, **owner)

    first = await run(world)
    held = await world.erp.one("customers")
    (coupling,) = couplings(world)
    await edit(world, account=made, name="Fabrikam AG")
    second = await run(world)

    after = await world.erp.one("customers")
    assert (first.counters[Side.ERP].inserted, held["displayName"]) == (1, "Fabrikam")
    assert (coupling.erp_id, coupling.crm_id) == (held["id"], made["accountid"])
    assert (second.counters[Side.ERP].modified, second.sum.inserted) == (1, 0)
    assert (after["id"], after["displayName"]) == (held["id"], "Fabrikam AG")
    assert [one.crm_id for one in couplings(world)] == [coupling.crm_id]


@pytest.mark.scenario("TBL-038")
@pytest.mark.scenario("TBL-039")
async def test_a_contact_follows_its_counterpart_on_either_side(world: World) -> None:
    """The last name changed in the CRM arrives in the ERP, and the surname changed in the ERP in the CRM."""
    person, contact = await contact_in_step(world)
    await world.crm.edit(f"contacts({contact['contactid']})", lastname="Berger")
    await run(world, CONTACT)
    taken = (await world.erp.one("contacts", filter=f"number eq '{person['number']}'"))["displayName"]

    await world.erp.edit(f"contacts({person['id']})", displayName="Ana Keller")
    await run(world, CONTACT)

    after = await world.crm.one("contacts")
    assert (taken, after["firstname"], after["lastname"]) == ("Ana Berger", "Ana", "Keller")


@pytest.mark.scenario("TBL-041")
async def test_an_empty_source_is_no_work(world: World) -> None:
    """The job finishes; nothing is counted, written or coupled."""
    creating(world)
    before = await world.writes()

    job = await run(world)

    assert (job.status, job.total, job.sum, await world.writes()) == (JobStatus.FINISHED, 0, Counters(), before)
    assert couplings(world) == []


@pytest.mark.scenario("TBL-042")
@pytest.mark.scenario("TBL-052")
@pytest.mark.parametrize("count", [1, 2])
async def test_new_rows_are_inserted_and_changed_ones_modified_each_counted(world: World, count: int) -> None:
    """One write for each row that is new, then one for the row that changed."""
    creating(world)
    await world.synch("SALESPEOPLE")
    for number in range(count):
        await world.erp.create("customers", number=f"C{number}", displayName="New", salespersonCode="JR")
    before = await world.crm.writes()

    first = await run(world)
    inserted = await world.crm.writes() - before
    await edit(world, customer=await customer(world, "C0"), city="Basel")
    second = await run(world)

    assert (first.sum.inserted, first.sum.modified, inserted, len(couplings(world))) == (count, 0, count, count)
    assert (second.sum.inserted, second.sum.modified, await world.crm.writes() - before) == (0, 1, count + 1)


class Reads:
    """A connector that notes which records it was asked for."""

    def __init__(self, real: Connector, seen: list[RecordId]) -> None:
        self._real = real
        self._seen = seen

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def read(self, table: str, ids: Sequence[RecordId], columns: Sequence[str]) -> Mapping[RecordId, Record]:
        self._seen.extend(ids)
        return await self._real.read(table, ids, columns)


@pytest.mark.scenario("TBL-043")
async def test_an_unchanged_coupled_row_is_not_even_read(world: World) -> None:
    """Looked at again in full, both records count as unchanged by their versions alone."""
    await customers_in_step(world, "Adatum")
    seen: list[RecordId] = []
    before = await world.writes()

    with world.product() as real:
        env = replace(real, erp=Reads(real.erp, seen), crm=Reads(real.crm, seen))
        (job,) = await synchronize(env, InProcessJobs(env), [CUSTOMER], started_by="test", is_full=True)

    assert (seen, await world.writes()) == ([], before)
    assert [job.counters[side] for side in Side] == [Counters(unchanged=1), Counters(unchanged=1)]


BY_DATA = "how partners are found is data of the mapping: fields to match on, no code to be written"


def matching(world: World, tmp_path: Path) -> None:
    """Customers whose partner is found by a field that the two systems share."""
    text = HEAD.replace("[[field]]", 'match_on = ["taxRegistrationNumber=accountnumber"]\n\n[[field]]', 1)
    install(world, tmp_path, text + '\n[[field]]\nerp = "taxRegistrationNumber"\ncrm = "accountnumber"\n')


@pytest.mark.scenario("TBL-049", better=BY_DATA)
async def test_a_lookup_of_ones_own_finds_and_couples_the_partner(world: World, tmp_path: Path) -> None:
    """An uncoupled account and customer with other names and the same number of their own."""
    matching(world, tmp_path)
    held = await world.erp.create("customers", displayName="Adatum", taxRegistrationNumber="756")
    made = await world.crm.create("accounts", name="Adatum", accountnumber="756", customertypecode=3)

    job = await run(world)

    assert [(one.erp_id, one.crm_id) for one in couplings(world)] == [(held["id"], made["accountid"])]
    assert (job.sum.coupled, job.sum.failed, job.sum.inserted, listed(world)) == (1, 0, 0, [])


@pytest.mark.scenario("TBL-050", better="it is skipped with its reason and the next step; nothing is created beside it")
async def test_a_lookup_that_finds_no_answer_holds_up_its_record_alone(world: World, tmp_path: Path) -> None:
    """Two accounts could be the partner: neither is taken, none is created, and another customer goes on."""
    matching(world, tmp_path)
    held = await world.erp.create("customers", displayName="Adatum", taxRegistrationNumber="756")
    await world.erp.create("customers", displayName="Another", taxRegistrationNumber="757")
    for name in ("Adatum", "Adatum AG"):
        await world.crm.create("accounts", name=name, accountnumber="756", customertypecode=1)

    job = await run(world)

    last = outcome(world, Side.ERP, held["id"])
    assert (job.status, last.kind, last.reason.code) == (
        JobStatus.FINISHED,
        ActionKind.SKIP,
        ReasonCode.MATCH_AMBIGUOUS,
    )
    assert "crosstie couple" in last.next_step
    assert len(await world.crm.rows("accounts", filter="accountnumber eq '756'")) == 2
    assert len(await world.crm.rows("accounts", filter="accountnumber eq '757'")) == 1


@pytest.mark.scenario("TBL-054", better=CURSORS)
async def test_a_full_synchronization_ignores_the_cursors_and_sets_them_anew(world: World) -> None:
    """Cursors that stand beyond every change hide an edit; looked at in full, it arrives, and they are right again."""
    ((held, _),) = await customers_in_step(world, "Adatum")
    with world.product() as env:
        for side in Side:
            env.store.inbox.move_cursor(CUSTOMER, side, 1_000_000)
    await edit(world, customer=held, city="Basel")
    assert (await run(world)).sum.modified == 0

    job = await run(world, is_full=True)

    assert (job.sum.modified, (await account(world, "Adatum"))["address1_city"]) == (1, "Basel")
    assert [place(world, side) for side in Side] == [newest(world, side) for side in Side]


@pytest.mark.scenario("TBL-055")
async def test_a_new_row_is_imported_once(world: World) -> None:
    """Inserted 1; later runs find nothing to insert, modify or fail."""
    creating(world)
    await world.crm.create("accounts", name="Fabrikam", customertypecode=3)

    first, *later = [await run(world) for _ in range(3)]

    assert (first.counters[Side.ERP].inserted, len(await world.erp.rows("customers"))) == (1, 1)
    assert [(job.sum.inserted, job.sum.modified, job.sum.failed) for job in later] == [(0, 0, 0)] * 2
