"""A comparison of both sides finds every difference, explains what it can, and writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from tests.integration.synch.test_both_ways import coupled
from tests.integration.synch.test_plan import state
from tests.world import World

from crosstie.model.mapping import TableMapping
from crosstie.model.record import Record
from crosstie.model.words import MappingName, RecordId, Side
from crosstie.synch.ports.connector import Connector
from crosstie.synch.verify import EXAMPLES, Findings, verify

CUSTOMER = MappingName("CUSTOMER")


async def verified(world: World, name: MappingName = CUSTOMER) -> Findings:
    """What a comparison by a fresh process finds; it writes nothing and moves nothing, whatever it finds."""
    writes, before = await world.writes(), state(world)
    with world.product() as env:
        found = await verify(env, name)
    assert (await world.writes(), state(world)) == (writes, before)
    return found


def counts(found: Findings) -> dict[str, tuple[int, int]]:
    """Pairs that differ, and pairs in conflict, by field."""
    return {name: (drift.pairs, drift.in_conflict) for name, drift in found.fields.items()}


async def test_systems_in_step_agree_in_every_mapping(world: World) -> None:
    """Also where the two spell a value differently: a currency, a code, an owner, a rate."""
    _, account = await coupled(world, currencyCode="EUR", salespersonCode="JR", country="CH")
    await world.crm.edit(f"accounts({account['accountid']})", address1_country="ch")
    await world.synch()

    with world.product() as env:
        found = {name: await verify(env, name) for name in env.mappings}

    assert {name: (one.is_ok, one.pairs, counts(one)) for name, one in found.items()} == {
        "CURRENCY": (True, 1, {}),
        "SALESPEOPLE": (True, 1, {}),
        "CUSTOMER": (True, 1, {}),
        "CONTACT": (True, 0, {}),
    }


async def test_a_difference_is_counted_by_field_with_both_values(world: World) -> None:
    """An edit that was not synchronized yet, on either side."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    await world.crm.edit(f"accounts({account['accountid']})", name="Adatum AG")

    found = await verified(world)

    (phone,) = found.fields["phoneNumber=telephone1"].examples
    assert counts(found) == {"phoneNumber=telephone1": (1, 0), "displayName=name": (1, 0)}
    assert (phone.label, phone.erp, phone.crm) == (f"{customer['number']} Adatum", ("2",), ("1",))
    assert (found.is_ok, [found.uncoupled[side].count for side in Side]) == (False, [0, 0])
    await world.synch()
    assert (await verified(world)).is_ok


async def test_an_open_conflict_is_counted_apart(world: World) -> None:
    """It waits for a person and is no drift; another field of the same pair is."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="3")
    await world.synch()

    only_conflict = await verified(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    more = await verified(world)

    assert (only_conflict.is_ok, only_conflict.conflicts) == (True, 1)
    assert counts(only_conflict) == {"phoneNumber=telephone1": (0, 1)}
    assert (more.is_ok, counts(more)["displayName=name"]) == (False, (1, 0))


@pytest.mark.scenario("IRC-015", better="there is nothing to repair: a coupling cannot be without its table")
async def test_records_that_are_gone_are_told_by_side(world: World) -> None:
    """Gone from the ERP, from the CRM, or from both."""
    for number in ("1", "2", "3", "4"):
        await world.erp.create("customers", number=number, displayName=f"Customer {number}")
    await world.full_synch()
    customers = {row["number"]: row["id"] for row in await world.erp.rows("customers")}
    accounts = {row["accountnumber"]: row["accountid"] for row in await world.crm.rows("accounts")}
    for number in ("1", "3"):
        await world.erp.delete(f"customers({customers[number]})")
    for number in ("2", "3"):
        await world.crm.delete(f"accounts({accounts[number]})")

    found = await verified(world)

    assert (found.pairs, found.is_ok, counts(found)) == (4, False, {})
    assert found.gone[Side.ERP].examples == ["1 Customer 1"]
    assert found.gone[Side.CRM].examples == ["2 Customer 2"]
    assert found.gone_on_both.examples == ["3"]


async def test_uncoupled_records_of_the_filter_are_counted_and_others_are_not(world: World) -> None:
    """A blocked customer takes no part; new ones are a finding only where a job creates counterparts by itself."""
    await coupled(world)
    new = await world.erp.create("customers", displayName="New")
    await world.erp.create("customers", displayName="Blocked", blocked="All")
    account = await world.crm.create("accounts", name="New in the CRM", customertypecode=3)

    found = await verified(world)
    world.mappings[CUSTOMER] = as_creating(world)
    stricter = await verified(world)

    assert found.uncoupled[Side.ERP].examples == [new["id"]]
    assert found.uncoupled[Side.CRM].examples == [account["accountid"]]
    assert (found.is_ok, stricter.is_ok) == (True, False)


def as_creating(world: World) -> TableMapping:
    """Customers as a mapping that creates in every job."""
    return replace(world.mappings[CUSTOMER], only_coupled=False)


async def test_a_pair_that_left_the_filter_is_compared_too(world: World) -> None:
    """Nothing is sent for it, but its sides drift apart, and that is told."""
    customer, _ = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", blocked="All", displayName="Adatum AG")

    found = await verified(world)

    assert (found.outside.count, counts(found), found.is_ok) == (1, {"displayName=name": (1, 0)}, False)


class Reads:
    """A connector that notes how many records it was asked for at once."""

    def __init__(self, real: Connector, seen: list[int]) -> None:
        self._real = real
        self._seen = seen

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)

    async def read(self, table: str, ids: Sequence[RecordId], columns: Sequence[str]) -> Mapping[RecordId, Record]:
        self._seen.append(len(ids))
        return await self._real.read(table, ids, columns)


async def test_pairs_are_compared_a_page_at_a_time(world: World) -> None:
    """No more records than a page are held, each is read once, and examples stop at ten while counts go on."""
    for number in range(EXAMPLES + 3):
        await world.erp.create("customers", displayName=f"Customer {number}")
    await world.full_synch()
    for row in await world.erp.rows("customers"):
        await world.erp.edit(f"customers({row['id']})", city="Bern")
    world.page_size = 4
    seen: list[int] = []
    with world.product() as env:
        found = await verify(replace(env, crm=Reads(env.crm, seen)), CUSTOMER)

    drift = found.fields["city=address1_city"]
    assert seen == [4, 4, 4, 1]
    assert (found.pairs, drift.pairs, len(drift.examples)) == (EXAMPLES + 3, EXAMPLES + 3, EXAMPLES)
