"""Answers to conflicts: both sides hold what the person chose, and what they did not see is never overwritten."""

from typing import Any

import httpx2
import pytest
from tests.world import World

from crosstie.engine.identify import crm_id
from crosstie.model.errors import UsageError
from crosstie.model.words import ConflictResolution, ConnectionId, JobId, MappingName, RecordId, Side, Use
from crosstie.synch.couple import couple
from crosstie.synch.full_synch import new_job
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import OpenConflict
from crosstie.synch.resolve import Resolution, forget_rule, resolve

CUSTOMER = MappingName("CUSTOMER")
NAME, PHONE = "displayName=name", "phoneNumber=telephone1"


async def in_conflict(world: World, *names: str) -> None:
    """Customers and accounts, each with its name edited on both sides."""
    for name in names or ("Adatum",):
        await world.erp.create("customers", number=name, displayName=name, phoneNumber="1")
    await world.full_synch()
    for customer in await world.erp.rows("customers"):
        await world.erp.edit(f"customers({customer['id']})", displayName=f"{customer['displayName']} ERP")
    for account in await world.crm.rows("accounts"):
        await world.crm.edit(f"accounts({account['accountid']})", name=f"{account['name']} CRM")
    await world.synch("CUSTOMER")


async def answer(env: Environment, use: Use, record: str | None = None, **more: Any) -> Resolution:
    """A person's answer."""
    job = new_job(env, CUSTOMER, is_full=False, started_by="test")
    return await resolve(env, job, use, record=record, **more)


async def names(world: World) -> tuple[list[str], list[str]]:
    """The names that both sides hold."""
    customers, accounts = await world.erp.rows("customers"), await world.crm.rows("accounts")
    return sorted(row["displayName"] for row in customers), sorted(row["name"] for row in accounts)


def conflicts(world: World) -> list[OpenConflict]:
    """Those that are open."""
    with world.product() as env:
        return list(env.store.outcomes.conflicts(CUSTOMER))


@pytest.mark.parametrize(
    ("use", "held"), [(Use.ERP, "Adatum ERP"), (Use.CRM, "Adatum CRM"), (Use.BASE, "Adatum")], ids=str
)
async def test_both_sides_hold_what_was_chosen_and_nothing_is_written_afterwards(
    world: World, use: Use, held: str
) -> None:
    """The conflict is closed, the next synchronization is quiet, and a later edit of one side travels."""
    await in_conflict(world)
    with world.product() as env:
        done = await answer(env, use, "Adatum")
    before = await world.writes()
    await world.synch("CUSTOMER")

    assert [one.conflict.unit for one in done.closed] == [NAME]
    assert (await names(world), conflicts(world), await world.writes()) == (([held], [held]), [], before)
    account = await world.crm.one("accounts")
    await world.crm.edit(f"accounts({account['accountid']})", name="Later")
    await world.synch("CUSTOMER")
    assert await names(world) == (["Later"], ["Later"])


async def test_a_value_changed_after_the_person_looked_asks_again(world: World) -> None:
    """Nothing is sent; the conflict is open with its new values, and the same answer then counts."""
    await in_conflict(world)
    account = await world.crm.one("accounts")
    await world.crm.edit(f"accounts({account['accountid']})", name="Newer")
    before = await world.writes()

    with world.product() as env:
        done = await answer(env, Use.ERP, "Adatum", keeps_rule=True)
        rules = env.store.rules.of(CUSTOMER)

    assert (done.closed, [one.conflict.crm for one in done.open], rules) == ([], [("Newer",)], {})
    assert (await names(world), await world.writes()) == ((["Adatum ERP"], ["Newer"]), before)
    with world.product() as env:
        await answer(env, Use.ERP, "Adatum")
    assert await names(world) == (["Adatum ERP"], ["Adatum ERP"])


class EditBeforeWrite(httpx2.AsyncBaseTransport):
    """A user edits the account between our read and our write, once."""

    def __init__(self, real: httpx2.AsyncBaseTransport, world: World) -> None:
        self._real, self._world, self._is_done = real, world, False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "GET" and b"PATCH" in await request.aread() and not self._is_done:
            self._is_done = True
            account = await self._world.crm.one("accounts")
            await self._world.crm.edit(f"accounts({account['accountid']})", name="In between")
        return await self._real.handle_async_request(request)


@pytest.mark.parametrize("use", [Use.ERP, Use.BASE], ids=str)
async def test_an_edit_between_our_read_and_our_write_asks_again(world: World, use: Use) -> None:
    """The write carries the version read: the edit stays, and the conflict is open with it."""
    await in_conflict(world)

    with world.product(crm=lambda real: EditBeforeWrite(real, world)) as env:
        done = await answer(env, use, "Adatum")

    assert (await world.crm.one("accounts"))["name"] == "In between"
    assert [one.conflict.crm for one in done.open] == [("In between",)]
    await world.synch("CUSTOMER")
    assert (await world.crm.one("accounts"))["name"] == "In between"
    assert [one.conflict.crm for one in conflicts(world)] == [("In between",)]


async def test_only_the_unit_that_was_named_is_resolved(world: World) -> None:
    """The other field of the same record stays open, and as it is."""
    await in_conflict(world)
    customer, account = await world.erp.one("customers"), await world.crm.one("accounts")
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="3")
    await world.synch("CUSTOMER")

    with world.product() as env:
        await answer(env, Use.ERP, "Adatum", unit=PHONE)

    account = await world.crm.one("accounts")
    assert (account["telephone1"], account["name"]) == ("2", "Adatum CRM")
    assert [one.conflict.unit for one in conflicts(world)] == [NAME]


async def test_all_conflicts_of_a_mapping_are_resolved_at_once(world: World) -> None:
    """In pages, under one job that undo can name; the answer can be kept as a rule, and forgotten."""
    world.page_size = 2
    await in_conflict(world, "A", "B", "C")

    with world.product() as env:
        done = await answer(env, Use.CRM, keeps_rule=True)
        writes = [one for _, one in env.store.journal.of_record(CUSTOMER, *only(env))]
        assert env.store.rules.of(CUSTOMER) == {NAME: ConflictResolution.GET_UPDATE}

    assert (len(done.closed), done.job.sum.modified, writes[0].job) == (3, 3, done.job.id)
    assert (await names(world), conflicts(world)) == ((["A CRM", "B CRM", "C CRM"],) * 2, [])


def only(env: Environment) -> tuple[Side, RecordId]:
    """One of the ERP records."""
    coupling = next(iter(env.store.couplings.all(CUSTOMER)))
    return Side.ERP, coupling.erp_id


async def test_a_kept_rule_decides_from_then_on_until_it_is_forgotten(world: World) -> None:
    """Other fields still ask; forgotten, the field asks again."""
    await in_conflict(world)
    with world.product() as env:
        await answer(env, Use.ERP, "Adatum", keeps_rule=True)
    customer, account = await world.erp.one("customers"), await world.crm.one("accounts")

    async def edit_both(name: str) -> None:
        await world.erp.edit(f"customers({customer['id']})", displayName=f"{name} ERP", phoneNumber=f"{name} 2")
        await world.crm.edit(f"accounts({account['accountid']})", name=f"{name} CRM", telephone1=f"{name} 3")
        await world.synch("CUSTOMER")

    await edit_both("First")
    assert (await names(world), [one.conflict.unit for one in conflicts(world)]) == ((["First ERP"],) * 2, [PHONE])
    with world.product() as env:
        forget_rule(env.store, CUSTOMER, NAME)
        with pytest.raises(UsageError, match="no rule for displayName=name"):
            forget_rule(env.store, CUSTOMER, NAME)
    await edit_both("Second")
    assert sorted(one.conflict.unit for one in conflicts(world)) == [NAME, PHONE]


@pytest.mark.parametrize(
    ("use", "record", "more", "says"),
    [
        (Use.ERP, "Nobody", {}, "no open conflict of 'Nobody'"),
        (Use.ERP, "Adatum", {"unit": "city"}, "no open conflict of 'Adatum' in city"),
        (Use.BASE, "Adatum", {"keeps_rule": True}, "only be kept for 'erp', 'crm' or 'newest'"),
    ],
)
async def test_what_cannot_be_answered_is_refused_and_nothing_changes(
    world: World, use: Use, record: str, more: dict[str, Any], says: str
) -> None:
    """The message says what there is instead."""
    await in_conflict(world)
    before, open_ = await world.writes(), conflicts(world)

    with world.product() as env, pytest.raises(UsageError, match=says):
        await answer(env, use, record, **more)

    assert (await world.writes(), conflicts(world)) == (before, open_)


async def test_sides_that_never_agreed_have_no_base_to_go_back_to(world: World) -> None:
    """Coupled by hand with different names: 'base' is refused, 'crm' is followed."""
    await in_conflict(world)
    with world.product() as env:
        (coupling,) = env.store.couplings.all(CUSTOMER)
        env.store.partings.end([coupling])
        await world_couple(env)
    await world.synch("CUSTOMER")
    before = await world.writes()

    with world.product() as env:
        with pytest.raises(UsageError, match="never agreed on displayName=name"):
            await answer(env, Use.BASE, "Adatum")
        assert await world.writes() == before
        await answer(env, Use.CRM, "Adatum")

    assert await names(world) == (["Adatum CRM"], ["Adatum CRM"])


async def world_couple(env: Environment) -> None:
    """Couple the two again, by hand."""
    await couple(env, CUSTOMER, "Adatum", "Adatum", job=JobId("by hand"))


def test_a_generation_changes_the_id_of_the_row() -> None:
    """What was deleted is never created again under its old id."""
    of = (ConnectionId("test"), CUSTOMER, RecordId("e"))
    assert crm_id(*of, 0) != crm_id(*of, 1)
