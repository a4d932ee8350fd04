"""Undo of a job: what it wrote is taken back where it still stands, and nothing else is touched."""

from typing import Any

import httpx2
import pytest
from tests.world import World

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.model.errors import UsageError
from crosstie.model.job import SynchJob
from crosstie.model.words import JobId, JobStatus, MappingName
from crosstie.synch.explain import explain
from crosstie.synch.full_synch import synchronize
from crosstie.synch.undo import plan_undo, undo
from crosstie.synch.undo_plan import Fate, Undone

CUSTOMER = MappingName("CUSTOMER")


async def in_step(world: World, **values: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """A customer and its account, in step."""
    plain = {"displayName": "Adatum", "phoneNumber": "1", "addressLine1": "Seestr. 1", "city": "Bern"}
    customer = await world.erp.create("customers", **{**plain, **values})
    await world.full_synch()
    return customer, await world.crm.one("accounts")


async def run_job(world: World) -> JobId:
    """One job of CUSTOMER; returns its id."""
    with world.product() as env:
        (job,) = await synchronize(env, InProcessJobs(env), [CUSTOMER], started_by="test")
    assert (job.status, job.sum.failed, job.sum.conflicts) == ("Finished", 0, 0)
    return job.id


async def run_undo(world: World, job: JobId, **wraps: Any) -> tuple[SynchJob, dict[str, Fate]]:
    """Undo a job in a fresh process; returns the undo's own job, and the fates by unit."""
    with world.product(**wraps) as env:
        steps = [step async for step in undo(env, job, started_by="test")]
    return steps[-1].job, fates([line for step in steps for line in step.undone])


def fates(lines: list[Undone]) -> dict[str, Fate]:
    """The fate of each unit; of whole records under a blank name."""
    return {line.unit: line.fate for line in lines}


async def accounts(world: World) -> dict[str, Any]:
    """What the account holds, as far as these tests write it."""
    row = await world.crm.one("accounts")
    return {name: row[name] for name in ("name", "telephone1", "address1_line1", "address1_city")}


async def test_an_undo_restores_what_the_job_replaced(world: World) -> None:
    """Every field holds what it held before the job, and the undo is a job with counters of its own."""
    customer, _ = await in_step(world)
    before = await accounts(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG", phoneNumber="2", city="Chur")
    job = await run_job(world)
    assert (await accounts(world))["name"] == "Adatum AG"

    own, found = await run_undo(world, job)

    assert await accounts(world) == before
    assert set(found.values()) == {Fate.RESTORED}
    assert (own.type, own.status, own.message) == ("Synchronization", "Finished", f"Undo of {job}")
    assert own.sum.modified == 1


async def test_after_an_undo_nothing_is_sent_again(world: World) -> None:
    """The value that was taken back was seen and refused: neither a synchronization nor a full one sends it again."""
    customer, _ = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    await run_undo(world, await run_job(world))
    written = await world.writes()

    for _ in range(2):
        counters = await world.synch()
    full = await world.full_synch()

    assert await world.writes() == written
    assert (counters["CUSTOMER"].conflicts, full["CUSTOMER"].conflicts) == (0, 0)
    assert (await world.erp.one("customers"))["displayName"] == "Adatum AG"
    assert (await world.crm.one("accounts"))["name"] == "Adatum"


async def test_explain_shows_what_was_refused(world: World) -> None:
    """Long after the undo, the two different values are explained, and not called the same."""
    customer, _ = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    job = await run_job(world)
    await run_undo(world, job)
    with world.product() as env:
        (at_once, *_) = await explain(env, customer["number"], CUSTOMER)
    await world.synch()
    with world.product() as env:
        (later, *_) = await explain(env, customer["number"], CUSTOMER)

    assert at_once.last is not None
    assert str(at_once.last.reason).startswith(f"Job {job} was undone here: the CRM holds again")
    assert [(one.field, one.erp, one.crm) for one in later.refused] == [
        ("displayName=name", ("Adatum AG",), ("Adatum",))
    ]


async def test_an_edit_after_the_undo_travels(world: World) -> None:
    """Refused was the value, not the field."""
    customer, _ = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    await run_undo(world, await run_job(world))
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum SA")

    await world.synch("CUSTOMER")

    assert (await world.crm.one("accounts"))["name"] == "Adatum SA"


async def test_an_edit_between_the_job_and_its_undo_is_not_lost(world: World) -> None:
    """The undo refuses what the job carried; what the source's user typed since is sent."""
    customer, _ = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    job = await run_job(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum SA", phoneNumber="3")

    await run_undo(world, job)
    undone = await accounts(world)
    await world.synch("CUSTOMER")

    assert (undone["name"], undone["telephone1"]) == ("Adatum", "1")
    now = await accounts(world)
    assert (now["name"], now["telephone1"]) == ("Adatum SA", "3")


async def test_a_value_that_a_user_changed_since_is_left_and_reported_with_both_values(world: World) -> None:
    """The rest of the record is restored all the same."""
    customer, account = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG", phoneNumber="2")
    job = await run_job(world)
    await world.crm.edit(f"accounts({account['accountid']})", name="Adatum from the CRM")

    with world.product() as env:
        steps = [step async for step in undo(env, job, started_by="test")]

    lines = {line.unit: line for step in steps for line in step.undone}
    left = lines["displayName=name"]
    assert (left.fate, left.wrote, left.held) == (Fate.LEFT, {"name": "Adatum AG"}, {"name": "Adatum from the CRM"})
    now = await accounts(world)
    assert (now["name"], now["telephone1"]) == ("Adatum from the CRM", "1")


async def test_an_address_is_restored_whole_or_not_at_all(world: World) -> None:
    """A street restored around a city that a user typed would be an address that nobody entered."""
    customer, account = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", addressLine1="Bahnhofstr. 2", city="Chur")
    job = await run_job(world)
    await world.crm.edit(f"accounts({account['accountid']})", address1_city="Basel")
    written = await world.writes()

    _, found = await run_undo(world, job)

    assert set(found.values()) == {Fate.LEFT}
    now = await accounts(world)
    assert (now["address1_line1"], now["address1_city"]) == ("Bahnhofstr. 2", "Basel")
    assert await world.writes() == written


async def test_undo_twice_does_nothing_the_second_time(world: World) -> None:
    """Everything is back already; not a write is sent."""
    customer, _ = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    job = await run_job(world)
    await run_undo(world, job)
    written = await world.writes()

    own, found = await run_undo(world, job)

    assert found == {"displayName=name": Fate.BACK}
    assert (own.sum.modified, own.sum.unchanged, await world.writes()) == (0, 1, written)


async def test_an_undo_can_be_undone(world: World) -> None:
    """An undo is a job like any other."""
    customer, _ = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    own, _ = await run_undo(world, await run_job(world))

    await run_undo(world, own.id)
    written = await world.writes()
    await world.synch()

    assert (await world.crm.one("accounts"))["name"] == "Adatum AG"
    assert await world.writes() == written


async def test_both_sides_are_restored(world: World) -> None:
    """One job wrote to both systems; both get back what they held."""
    customer, account = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="2")
    job = await run_job(world)

    own, found = await run_undo(world, job)
    written = await world.writes()
    await world.synch()

    assert found == {"displayName=name": Fate.RESTORED, "phoneNumber=telephone1": Fate.RESTORED}
    assert own.sum.modified == 2
    assert (await world.crm.one("accounts"))["name"] == "Adatum"
    assert (await world.erp.one("customers"))["phoneNumber"] == "1"
    assert await world.writes() == written


async def test_a_created_record_stays_and_stays_coupled(world: World) -> None:
    """An undo deletes nothing; it says what is to be done by hand."""
    await in_step(world)
    await world.erp.create("customers", displayName="Relecloud")
    await world.full_synch()
    with world.product() as env:
        job = next(one.id for one in env.store.jobs.recent(50) if one.mapping == CUSTOMER and one.sum.inserted)
    written = await world.writes()

    with world.product() as env:
        steps = [step async for step in undo(env, job, started_by="test")]
        assert env.store.couplings.count(CUSTOMER) == 2

    (line,) = (line for step in steps for line in step.undone)
    assert line.fate is Fate.CREATED
    assert "delete it by hand" in line.why
    assert (len(await world.crm.rows("accounts")), await world.writes()) == (2, written)


async def test_nothing_is_restored_in_a_deleted_record(world: World) -> None:
    """It is reported as gone, and not created again."""
    customer, account = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    job = await run_job(world)
    await world.crm.delete(f"accounts({account['accountid']})")
    written = await world.writes()

    own, found = await run_undo(world, job)

    assert (found, own.sum.skipped) == ({"": Fate.GONE}, 1)
    assert (await world.writes(), await world.crm.rows("accounts")) == (written, [])


async def test_a_plan_writes_nothing(world: World) -> None:
    """Neither to the systems nor to the job list; it says what the undo then does."""
    customer, _ = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    job = await run_job(world)
    written = await world.writes()

    with world.product() as env:
        jobs = env.store.jobs.recent(50)
        lines = [line async for page in plan_undo(env, job) for line in page]
        assert env.store.jobs.recent(50) == jobs

    assert [(line.unit, line.fate, line.held, line.before) for line in lines] == [
        ("displayName=name", Fate.RESTORED, {"name": "Adatum AG"}, {"name": "Adatum"})
    ]
    assert await world.writes() == written


async def test_a_job_that_does_not_exist_is_refused(world: World) -> None:
    """Nothing is written, no job is noted."""
    await in_step(world)
    written = await world.writes()

    with world.product() as env:
        jobs = env.store.jobs.recent(50)
        with pytest.raises(UsageError, match="no synch job 'nonsense'"):
            await anext(undo(env, JobId("nonsense"), started_by="test"))
        assert env.store.jobs.recent(50) == jobs

    assert await world.writes() == written


class EditBefore(httpx2.AsyncBaseTransport):
    """Lets a user edit right before the first batch that writes."""

    def __init__(self, real: httpx2.AsyncBaseTransport, world: World, path: str, **values: object) -> None:
        self._real = real
        self._edit = (world, path, values)
        self._is_done = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Edit once, then pass everything on."""
        if not self._is_done and request.url.path.endswith("$batch") and b"PATCH" in request.content:
            self._is_done = True
            world, path, values = self._edit
            await world.crm.edit(path, **values)
        return await self._real.handle_async_request(request)


async def test_an_edit_that_comes_in_between_wins(world: World) -> None:
    """The write carries the version read: it is refused, read again, and the user's value stays."""
    customer, account = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    job = await run_job(world)
    path = f"accounts({account['accountid']})"

    own, found = await run_undo(world, job, crm=lambda real: EditBefore(real, world, path, name="Just typed"))

    assert (found, own.status) == ({"displayName=name": Fate.LEFT}, JobStatus.FINISHED)
    assert (await world.crm.one("accounts"))["name"] == "Just typed"


class CrashError(BaseException):
    """The process is gone."""


class CrashAfter(httpx2.AsyncBaseTransport):
    """The first batch that writes arrives; its answer does not, because the process is gone."""

    def __init__(self, real: httpx2.AsyncBaseTransport) -> None:
        self._real = real

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass the request on, and die after a write."""
        answer = await self._real.handle_async_request(request)
        if request.url.path.endswith("$batch") and b"PATCH" in request.content:
            raise CrashError
        return answer


async def test_an_undo_that_was_killed_counts_all_the_same(world: World) -> None:
    """The next run finds that the write landed: nothing is sent again, and the undo has nothing left to do."""
    customer, _ = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    job = await run_job(world)
    with pytest.raises(CrashError):
        await run_undo(world, job, crm=CrashAfter)
    written = await world.writes()

    await world.synch()
    own, found = await run_undo(world, job)

    assert (await world.crm.one("accounts"))["name"] == "Adatum"
    assert (found, own.sum.modified, await world.writes()) == ({"displayName=name": Fate.BACK}, 0, written)


class Away(httpx2.AsyncBaseTransport):
    """Every batch that writes is turned away with this status."""

    def __init__(self, real: httpx2.AsyncBaseTransport, status: int) -> None:
        self._real = real
        self._status = status

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Turn writes away, pass the rest on."""
        if request.url.path.endswith("$batch") and b"PATCH" in request.content:
            return httpx2.Response(self._status, request=request, headers={"Retry-After": "1"})
        return await self._real.handle_async_request(request)


async def test_a_write_without_an_answer_is_reported_and_done_by_the_next_undo(world: World) -> None:
    """It counts as failed, nothing has changed, and trying again works."""
    customer, _ = await in_step(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    job = await run_job(world)
    written = await world.writes()

    own, refused = await run_undo(world, job, crm=lambda real: Away(real, 503))
    assert (refused, own.sum.failed, await world.writes()) == ({"displayName=name": Fate.REFUSED}, 1, written)
    _, found = await run_undo(world, job)

    assert found == {"displayName=name": Fate.RESTORED}
    assert (await world.crm.one("accounts"))["name"] == "Adatum"
