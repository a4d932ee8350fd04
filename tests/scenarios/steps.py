"""Steps that scenarios share: records in step, a person's commands, and what the product says afterwards."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.world import World
from typer.testing import CliRunner

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.cli.main import app
from crosstie.model.coupling import Coupling
from crosstie.model.job import SynchJob
from crosstie.model.words import ActionKind, JobId, JobStatus, MappingName, RecordId, Side
from crosstie.synch.chosen_records import synchronize_chosen
from crosstie.synch.couple import couple
from crosstie.synch.explain import Explanation, explain
from crosstie.synch.full_synch import synchronize
from crosstie.synch.plan import PlannedAction, Tally, plan
from crosstie.synch.ports.store import OpenConflict, RecordOutcome
from crosstie.synch.retry import make_due

CURRENCY, SALESPEOPLE = MappingName("CURRENCY"), MappingName("SALESPEOPLE")
CUSTOMER, CONTACT = MappingName("CUSTOMER"), MappingName("CONTACT")
SELECTED_FROM = (SALESPEOPLE, CUSTOMER)
"""The mappings that selections are made from."""
Row = dict[str, Any]


async def customers_in_step(world: World, *names: str, **values: object) -> list[tuple[Row, Row]]:
    """Customers of these names, numbers the same, and their accounts, as both systems hold them."""
    for name in names:
        given = {"phoneNumber": "1", "city": "Bern", **values}
        await world.erp.create("customers", number=name.upper(), displayName=name, **given)
    await bring_into_step(world, CUSTOMER)
    return [(await customer(world, name), await account(world, name)) for name in names]


async def contact_in_step(world: World, **values: object) -> tuple[Row, Row]:
    """A person of a customer, both coupled."""
    await customers_in_step(world, "Adatum")
    company = await world.erp.one("contacts", filter="type eq 'Company'")
    of = {"type": "Person", "companyNumber": company["number"]}
    await world.erp.create("contacts", displayName="Ana Díaz", **of, **values)
    await bring_into_step(world, CONTACT)
    return await world.erp.one("contacts", filter="type eq 'Person'"), await world.crm.one("contacts")


async def bring_into_step(world: World, *names: MappingName) -> None:
    """Every record of these mappings; afterwards nothing is left to look at, not even our own writes."""
    with world.product() as env:
        for name in names:
            for is_full in (True, False):
                (job,) = await synchronize(env, InProcessJobs(env), [name], started_by="test", is_full=is_full)
                assert job.status is JobStatus.FINISHED, job.message


async def customer(world: World, name: str) -> Row:
    """The customer that was created under this name, whatever it is called now."""
    return await world.erp.one("customers", filter=f"number eq '{name.upper()}'")


async def account(world: World, name: str) -> Row:
    """Its account."""
    return await world.crm.one("accounts", filter=f"accountnumber eq '{name.upper()}'")


async def edit(world: World, *, customer: Row | None = None, account: Row | None = None, **values: object) -> None:
    """An edit by a user, of a customer or of an account."""
    if customer is not None:
        await world.erp.edit(f"customers({customer['id']})", **values)
    if account is not None:
        await world.crm.edit(f"accounts({account['accountid']})", **values)


async def run(world: World, name: MappingName = CUSTOMER, *, is_full: bool = False) -> SynchJob:
    """A job of the mapping, however it ends."""
    with world.product() as env:
        (job,) = await synchronize(env, InProcessJobs(env), [name], started_by="test", is_full=is_full)
    return job


async def synchronize_now(world: World, *records: str, to: Side | None = None) -> dict[MappingName, SynchJob]:
    """``crosstie synch --record …``, with a direction if one is chosen; the jobs by mapping."""
    with world.product() as env:
        jobs = await synchronize_chosen(env, SELECTED_FROM, records, started_by="test", destination=to)
    return {job.mapping: job for job in jobs}


async def look_first(world: World, *records: str, to: Side | None = None) -> list[PlannedAction]:
    """The same with ``--plan``."""
    with world.product() as env:
        return [one async for one in plan(env, SELECTED_FROM, Tally(), records=records, destination=to)]


async def couple_by_hand(world: World, name: MappingName, erp: str, crm: str) -> Coupling:
    """``crosstie couple``."""
    with world.product() as env:
        return await couple(env, name, erp, crm, job=JobId("by hand"))


async def retry(world: World, *records: str) -> Sequence[RecordOutcome]:
    """``crosstie retry --record …``, or ``--all``; returns what was taken up."""
    with world.product() as env:
        taken = make_due(env, None, records)
        names = {one.mapping for one in taken}
        await synchronize(env, InProcessJobs(env), names, started_by="test")
    return taken


async def explained(world: World, text: str, mapping: MappingName = CUSTOMER) -> Explanation:
    """``crosstie explain``."""
    with world.product() as env:
        (found,) = await explain(env, text, mapping)
    return found


def listed(world: World, mapping: MappingName | None = None) -> Sequence[RecordOutcome]:
    """The list of Coupled Data Synchronization Errors."""
    with world.product() as env:
        return env.store.outcomes.unsettled(mapping)


def skipped(world: World) -> list[str]:
    """Names of the records that are skipped."""
    return sorted(one.label for one in listed(world) if one.kind is ActionKind.SKIP)


def conflicts(world: World, mapping: MappingName = CUSTOMER) -> Sequence[OpenConflict]:
    """Open conflicts."""
    with world.product() as env:
        return env.store.outcomes.conflicts(mapping)


def couplings(world: World, mapping: MappingName = CUSTOMER) -> list[Coupling]:
    """Every coupling of the mapping."""
    with world.product() as env:
        return list(env.store.couplings.all(mapping))


def outcome(world: World, side: Side, id_: str, mapping: MappingName = CUSTOMER) -> RecordOutcome:
    """The last outcome of a record."""
    with world.product() as env:
        found = env.store.outcomes.of_record(mapping, side, RecordId(id_))
    assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class Errors:
    """What ``crosstie errors`` printed."""

    output: str

    @property
    def json(self) -> list[dict[str, Any]]:
        """The lines of its one JSON object."""
        said: dict[str, Any] = json.loads(self.output)
        return list(said["errors"])


def errors_command(world: World, *words: str) -> Errors:
    """``crosstie errors``, which asks no system."""
    env = {"CROSSTIE_CONNECTION": "test", "COLUMNS": "200"}
    said = CliRunner().invoke(app, ["errors", "--home", str(world.folder), *words], env=env)
    assert said.exit_code == 0, said.output
    return Errors(said.output)
