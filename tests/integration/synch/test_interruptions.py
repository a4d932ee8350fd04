"""Interruptions between two writes of one record, or between a write and its remembering."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx2
from tests.world import World

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.model.words import MappingName
from crosstie.synch.full_synch import start, synchronize

CUSTOMER = MappingName("CUSTOMER")


class CrashError(BaseException):
    """The process is gone."""


class BatchHook(httpx2.AsyncBaseTransport):
    """Calls something before, or after, the first batch that writes."""

    def __init__(
        self,
        real: httpx2.AsyncBaseTransport,
        before: Callable[[], Awaitable[None]] | None = None,
        after: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._real = real
        self._before = before
        self._after = after

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass the request on, with the hooks around the first writing batch."""
        is_writing = request.url.path.endswith("$batch") and b"PATCH" in request.content
        before, after = (self._before, self._after) if is_writing else (None, None)
        if is_writing:
            self._before = self._after = None
        if before is not None:
            await before()
        answer = await self._real.handle_async_request(request)
        if after is not None:
            await after()
        return answer


async def crash() -> None:
    """The process dies here."""
    raise CrashError


async def coupled(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """A customer with an address and its account, in step."""
    await world.erp.create("customers", displayName="Adatum", phoneNumber="1", addressLine1="Seestr. 1", city="Bern")
    await world.full_synch()
    return await world.erp.one("customers"), await world.crm.one("accounts")


async def test_a_group_that_landed_before_a_crash_is_base_whole(world: World) -> None:
    """The city landed, the process died, the city is edited again on the same side: that is an edit, not a conflict."""
    _, account = await coupled(world)
    path = f"accounts({account['accountid']})"
    await world.crm.edit(path, address1_city="Basel")
    with world.product(erp=lambda real: BatchHook(real, after=crash)) as env, suppress(CrashError):
        await start(env, InProcessJobs(env), started_by="test")
    assert (await world.erp.one("customers"))["city"] == "Basel"
    await world.crm.edit(path, address1_city="Chur")

    counters = await world.full_synch()

    customer = await world.erp.one("customers")
    assert counters["CUSTOMER"].conflicts == 0
    assert (customer["addressLine1"], customer["city"]) == ("Seestr. 1", "Chur")


async def test_what_landed_on_one_side_is_base_though_the_other_side_was_stale(world: World) -> None:
    """Both sides are written; the ERP's record changes in between: what the CRM got counts, and nothing conflicts."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    await world.crm.edit(f"accounts({account['accountid']})", websiteurl="https://adatum.example")

    async def edit_again() -> None:
        await world.erp.edit(f"customers({customer['id']})", phoneNumber="3")

    with world.product(erp=lambda real: BatchHook(real, before=edit_again)) as env:
        (job,) = await synchronize(env, InProcessJobs(env), [CUSTOMER], started_by="test")

    customer, account = await world.erp.one("customers"), await world.crm.one("accounts")
    assert (job.status, job.sum.conflicts) == ("Finished", 0)
    assert (customer["phoneNumber"], customer["website"]) == ("3", "https://adatum.example")
    assert (account["telephone1"], account["websiteurl"]) == ("3", "https://adatum.example")
