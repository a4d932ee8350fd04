"""Both sides edited between two jobs, under clocks that agree or do not: no decision rests on a time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.scenarios.steps import (
    CONTACT,
    CUSTOMER,
    Row,
    account,
    bring_into_step,
    conflicts,
    couplings,
    customer,
    edit,
    run,
)
from tests.world import World, make_world

from crosstie.model.coupling import Base
from crosstie.model.words import MappingName, Side


@pytest.fixture(params=[0, -50, 50], ids=["equal", "behind", "ahead"])
async def skewed(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """The world with a CRM whose clock is so many minutes ahead."""
    made = await make_world(tmp_path, crm_ahead=timedelta(minutes=request.param))
    yield made
    await made.erp.close()
    await made.crm.close()


async def pairs_in_step(world: World) -> dict[MappingName, list[tuple[Row, Row]]]:
    """Two customers and two contacts with their counterparts."""
    for name in ("One", "Two"):
        await world.erp.create("customers", number=name.upper(), displayName=name, phoneNumber="1")
        company = await world.erp.one("contacts", filter=f"displayName eq '{name}'")
        of = {"type": "Person", "companyNumber": company["number"]}
        await world.erp.create("contacts", number=f"P-{name}", displayName=f"Ana {name}", **of)
    await bring_into_step(world, CUSTOMER, CONTACT)
    return {
        CUSTOMER: [(await customer(world, name), await account(world, name)) for name in ("One", "Two")],
        CONTACT: [(await person(world, name), await contact(world, name)) for name in ("One", "Two")],
    }


async def person(world: World, name: str) -> Row:
    """The person that was created for this customer."""
    return await world.erp.one("contacts", filter=f"number eq 'P-{name.upper()}'")


async def contact(world: World, name: str) -> Row:
    """Their contact in the CRM, by what nobody edits."""
    its_account = await account(world, name)
    return await world.crm.one("contacts", filter=f"_parentcustomerid_value eq {its_account['accountid']}")


def places(world: World) -> dict[tuple[MappingName, Side], int]:
    """How far each mapping has looked at each side."""
    with world.product() as env:
        return {(name, side): env.store.inbox.cursor(name, side) for name in (CUSTOMER, CONTACT) for side in Side}


def bases(world: World, name: MappingName) -> list[dict[str, Base]]:
    """What the mapping's pairs last agreed on."""
    return [dict(one.base) for one in sorted(couplings(world, name), key=lambda one: one.erp_id)]


@pytest.mark.scenario("TBL-017")
async def test_each_direction_carries_its_edit_and_the_couplings_know_both_versions(skewed: World) -> None:
    """One customer and one contact edited in the ERP, others in the CRM: Modified 1 each way; no place goes back."""
    world = skewed
    rows = await pairs_in_step(world)
    before = places(world)
    await edit(world, customer=rows[CUSTOMER][0][0], displayName="One AG")
    await edit(world, account=rows[CUSTOMER][1][1], name="Two AG")
    await world.erp.edit(f"contacts({rows[CONTACT][0][0]['id']})", displayName="Ana Keller")
    await world.crm.edit(f"contacts({rows[CONTACT][1][1]['contactid']})", lastname="Berger")

    jobs = [await run(world, CUSTOMER), await run(world, CONTACT)]

    assert [(job.counters[side].modified, job.sum.conflicts) for job in jobs for side in Side] == [(1, 0)] * 4
    assert await names(world) == ([("One AG", "One AG"), ("Two AG", "Two AG")], ["Ana Keller"] * 2 + ["Ana Berger"] * 2)
    held = {one.erp_id: (one.erp_version, one.crm_version) for one in couplings(world)}
    for name in ("One", "Two"):
        ours, theirs = await customer(world, name), await account(world, name)
        assert held[ours["id"]] == (ours["@odata.etag"], theirs["@odata.etag"])
    assert all(now >= before[where] for where, now in places(world).items())


async def names(world: World) -> tuple[list[tuple[str, str]], list[str]]:
    """Names of customers and accounts, and of persons and contacts, as both sides hold them."""
    customers = [
        ((await customer(world, name))["displayName"], (await account(world, name))["name"]) for name in ("One", "Two")
    ]
    persons = [
        full
        for name in ("One", "Two")
        for full in ((await person(world, name))["displayName"], (await contact(world, name))["fullname"])
    ]
    return customers, persons


@pytest.mark.scenario(
    "CNF-002", better="one conflict with both values waits, where each direction would fail on its own"
)
async def test_the_same_field_edited_on_both_sides_waits_and_what_was_agreed_on_stays(skewed: World) -> None:
    """Values stay different, nothing is written, the bases do not move, and no place goes back."""
    world = skewed
    rows = await pairs_in_step(world)
    agreed, before, writes = [bases(world, name) for name in (CUSTOMER, CONTACT)], places(world), await world.writes()
    for (ours, theirs), (man, contact_) in zip(rows[CUSTOMER], rows[CONTACT], strict=True):
        await edit(world, customer=ours, displayName="E")
        await edit(world, account=theirs, name="C")
        await world.erp.edit(f"contacts({man['id']})", displayName="Ana E")
        await world.crm.edit(f"contacts({contact_['contactid']})", lastname="C")
    by_users = await world.writes() - writes

    jobs = [await run(world, CUSTOMER), await run(world, CONTACT)]

    assert [(job.sum.conflicts, job.sum.modified, job.sum.failed) for job in jobs] == [(2, 0, 0)] * 2
    assert [len(conflicts(world, name)) for name in (CUSTOMER, CONTACT)] == [2, 2]
    assert await names(world) == ([("E", "C")] * 2, ["Ana E", "Ana C"] * 2)
    assert ([bases(world, name) for name in (CUSTOMER, CONTACT)], await world.writes()) == (agreed, writes + by_users)
    assert all(now >= before[where] for where, now in places(world).items())
