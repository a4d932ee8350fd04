"""Crash once at every point where a crash can matter, start again, and compare with a run that was never disturbed.

The points: before each request is sent, after its effect but before its answer is seen, and before each commit of the
product's own database. A crash takes the process: nothing of it runs afterwards.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.synch.crashing import CrashError, CrashingTransport, Fuse, close, copy_of
from tests.world import World, make_world

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.synch.full_synch import start


@dataclass(frozen=True)
class Company:
    """How many fours of customers there are, in pages of how many records, and how many tests share the points.

    `make test` runs the first share of the small company, `make test-full` every share of both.
    """

    fours: int
    page_size: int
    parts: int
    points: int
    """So many there are at least."""

    @property
    def customers(self) -> int:
        """Customers that are coupled before anything is disturbed."""
        return 4 * self.fours


SMALL = Company(fours=1, page_size=3, parts=8, points=100)
LARGE = Company(fours=40, page_size=50, parts=16, points=100)
"""Two hundred records: forty each of four kinds of edit, and a new one on either side for every eight of them."""


def shares() -> list[Any]:
    """The tests, each with its share of the points."""
    return [
        pytest.param(
            company,
            part,
            id=f"{company.customers}-customers-{part}",
            marks=() if company is SMALL and part == 0 else pytest.mark.full,
        )
        for company in (SMALL, LARGE)
        for part in range(company.parts)
    ]


async def prepare(folder: Path, company: Company) -> None:
    """A company half-way through its life: coupled records edited on both sides, and new records on both sides."""
    world = await make_world(folder)
    for number in range(company.customers):
        await world.erp.create("customers", number=f"C{number}", displayName=f"Customer {number}", phoneNumber="1")
    companies = {row["displayName"]: row["number"] for row in await world.erp.rows("contacts")}
    await world.erp.create(
        "contacts", number="P0", type="Person", companyNumber=companies["Customer 0"], displayName="Ana Díaz"
    )
    await world.full_synch()
    customers = {row["number"]: row for row in await world.erp.rows("customers")}
    accounts = {row["accountnumber"]: row for row in await world.crm.rows("accounts")}
    for first in range(0, company.customers, 4):
        in_erp = [f"customers({customers[f'C{first + kind}']['id']})" for kind in range(4)]
        in_crm = [f"accounts({accounts[f'C{first + kind}']['accountid']})" for kind in range(4)]
        await world.erp.edit(in_erp[0], phoneNumber="2", city="Bern")
        await world.crm.edit(in_crm[1], telephone1="3", websiteurl=f"https://c{first}.example")
        await world.erp.edit(in_erp[2], displayName=f"Customer {first} AG")
        await world.crm.edit(in_crm[2], telephone1="4")
        await world.erp.edit(in_erp[3], displayName=f"{first}, says the ERP")
        await world.crm.edit(in_crm[3], name=f"{first}, says the CRM")
    for number in range(0, company.fours, 2):
        await world.erp.create("customers", number=f"N{number}", displayName=f"New {number}", currencyCode="EUR")
        account = await world.crm.create("accounts", name=f"New {number} in the CRM", customertypecode=3)
    parent = {"parentcustomerid_account@odata.bind": f"/accounts({account['accountid']})"}
    await world.crm.create("contacts", firstname="Ola", lastname="Nordmann", **parent)
    await close(world)


async def run_until_crash(world: World, fuse: Fuse) -> bool:
    """A full synchronization by a process that dies when the fuse burns; returns whether it did."""

    def wrap(real: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
        return CrashingTransport(real, fuse)

    with world.product(erp=wrap, crm=wrap, before_commit=fuse.pass_point) as env:
        try:
            await start(env, InProcessJobs(env), started_by="test")
        except CrashError:
            return True
    return False


async def view(world: World) -> dict[str, Any]:
    """Everything that users see, without ids and stamps; couplings by the names of what they tie together."""
    customers, accounts = await world.erp.rows("customers"), await world.crm.rows("accounts")
    persons = await world.erp.rows("contacts", filter="type eq 'Person'")
    with world.product() as env:
        ties = [(one.erp_id, one.crm_id) for name in ("CUSTOMER", "CONTACT") for one in env.store.couplings.all(name)]
        conflicts = env.store.outcomes.conflicts("CUSTOMER")
    erp_names = {row["id"]: row["number"] for row in [*customers, *persons]}
    contacts = await world.crm.rows("contacts")
    crm_names = {row["accountid"]: row["name"] for row in accounts} | {
        row["contactid"]: row["fullname"] for row in contacts
    }
    return {
        "customers": sorted(
            (r["number"], r["displayName"], r["phoneNumber"], r["city"], r["website"]) for r in customers
        ),
        "accounts": sorted(
            (r["accountnumber"], r["name"], r["telephone1"], r["address1_city"], r["websiteurl"]) for r in accounts
        ),
        "persons": sorted((r["displayName"], r["companyName"]) for r in persons),
        "contacts": sorted((r["fullname"], crm_names[r["_parentcustomerid_value"]]) for r in contacts),
        "couplings": sorted((erp_names[erp], crm_names[crm]) for erp, crm in ties),
        "conflicts": sorted((one.conflict.unit, one.conflict.erp, one.conflict.crm) for one in conflicts),
    }


async def settle_down(world: World, company: Company) -> dict[str, Any]:
    """A new process finishes what the dead one left, and the one after it finds nothing to write."""
    world.clock.move(hours=2)
    await world.full_synch()
    before = await world.writes()
    await world.full_synch()
    await world.synch()
    assert await world.writes() == before
    with world.product() as env:
        assert [env.store.journal.open(name, 9) for name in env.mappings] == [[]] * len(env.mappings)
        # Every customer and account, two contacts, two currencies, one salesperson.
        count = company.customers + 2 * len(range(0, company.fours, 2)) + 4
        assert sum(env.store.couplings.count(name) for name in env.mappings) == count
    return await view(world)


@pytest.mark.parametrize(("company", "part"), shares())
async def test_a_crash_at_any_point_changes_nothing_in_the_end(tmp_path: Path, company: Company, part: int) -> None:
    """Whatever instant the process dies at, the next run ends where an undisturbed one does."""
    template = tmp_path / "template"
    template.mkdir()
    await prepare(template, company)
    async with copy_of(template, tmp_path / "undisturbed", company.page_size) as world:
        fuse = Fuse(burns_at=0)
        await run_until_crash(world, fuse)
        expected, points = await settle_down(world, company), fuse.passed

    for point in range(1 + part, points + 1, company.parts):
        async with copy_of(template, tmp_path / f"crash-{point}", company.page_size) as world:
            assert await run_until_crash(world, Fuse(burns_at=point))
            assert await settle_down(world, company) == expected, f"after a crash at point {point} of {points}"

    assert points > company.points
    assert len(expected["accounts"]) == company.customers + 2 * len(range(0, company.fours, 2))
    assert expected["conflicts"] == [
        ("displayName=name", (f"{first}, says the ERP",), (f"{first}, says the CRM",))
        for first in sorted(range(0, company.customers, 4), key=str)
    ]
