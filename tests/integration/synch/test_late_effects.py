"""A request that was thought lost and lands after we looked: the record it makes is ours, not a stranger's."""

import httpx2
from tests.world import World

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.synch.full_synch import start


class DelayingTransport(httpx2.AsyncBaseTransport):
    """Loses every batch that creates something (or modifies), and keeps the last one to deliver it later."""

    def __init__(self, real: httpx2.AsyncBaseTransport, method: bytes = b"POST") -> None:
        self._real = real
        self._method = method
        self._kept: httpx2.Request | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass on what does nothing of the kind."""
        if not request.url.path.endswith("$batch") or self._method not in request.content:
            return await self._real.handle_async_request(request)
        headers = dict(request.headers)
        self._kept = httpx2.Request(request.method, request.url, headers=headers, content=request.content)
        raise httpx2.ReadError("the connection was reset")

    async def deliver(self) -> None:
        """The network lets go of the last batch."""
        assert self._kept is not None
        answer = await self._real.handle_async_request(self._kept)
        assert answer.status_code == 200
        await answer.aread()


async def test_a_customer_created_late_is_adopted(world: World) -> None:
    """The CRM account's customer lands after the look-up: they are coupled, and there is no second account."""
    await world.crm.create("accounts", name="Fabrikam", customertypecode=3)
    delayed = DelayingTransport(world.erp.transport)
    with world.product(erp=lambda _: delayed) as env:
        await start(env, InProcessJobs(env), started_by="test")
    assert await world.erp.rows("customers") == []
    await delayed.deliver()

    await world.full_synch()
    await world.full_synch()

    (account,) = await world.crm.rows("accounts")
    assert [row["displayName"] for row in await world.erp.rows("customers")] == ["Fabrikam"]
    assert (account["name"], account["accountnumber"]) == ("Fabrikam", "CRM000001")


async def test_an_account_created_late_is_adopted(world: World) -> None:
    """The customer's account lands after the look-up, while the customer is blocked: no second customer is made."""
    customer = await world.erp.create("customers", displayName="Adatum")
    delayed = DelayingTransport(world.crm.transport)
    with world.product(crm=lambda _: delayed) as env:
        await start(env, InProcessJobs(env), started_by="test")
    assert await world.crm.rows("accounts") == []
    await world.erp.edit(f"customers({customer['id']})", blocked="All")
    await delayed.deliver()

    await world.full_synch()
    await world.erp.edit(f"customers({customer['id']})", blocked="_x0020_", phoneNumber="7")
    await world.full_synch()

    assert [row["displayName"] for row in await world.erp.rows("customers")] == ["Adatum"]
    assert [(row["name"], row["telephone1"]) for row in await world.crm.rows("accounts")] == [("Adatum", "7")]


async def test_a_late_create_with_older_values_is_no_edit(world: World) -> None:
    """The first attempt lands late with the old name; the new name goes to the CRM, the old one does not come back."""
    customer = await world.erp.create("customers", displayName="First")
    delayed = DelayingTransport(world.crm.transport)
    with world.product(crm=lambda _: delayed) as env:
        await start(env, InProcessJobs(env), started_by="test")
    await world.erp.edit(f"customers({customer['id']})", displayName="Second")
    await delayed.deliver()
    assert [row["name"] for row in await world.crm.rows("accounts")] == ["First"]

    await world.full_synch()

    assert [row["displayName"] for row in await world.erp.rows("customers")] == ["Second"]
    assert [row["name"] for row in await world.crm.rows("accounts")] == ["Second"]


async def given_up(world: World) -> tuple[str, DelayingTransport]:
    """A customer whose telephone went from 1 to 2, and whose account nobody could write; returns its path."""
    customer = await world.erp.create("customers", displayName="Adatum", phoneNumber="1")
    await world.full_synch()
    path = f"customers({customer['id']})"
    await world.erp.edit(path, phoneNumber="2")
    delayed = DelayingTransport(world.crm.transport, b"PATCH")
    with world.product(crm=lambda _: delayed) as env:
        await start(env, InProcessJobs(env), started_by="test")
    return path, delayed


async def telephones(world: World) -> tuple[str, str]:
    """The telephone in the ERP and in the CRM."""
    return (await world.erp.one("customers"))["phoneNumber"], (await world.crm.one("accounts"))["telephone1"]


async def test_a_late_write_is_no_edit(world: World) -> None:
    """An edit's write is given up; the edit is undone; then the write lands: the undo counts, on both sides."""
    path, delayed = await given_up(world)
    await world.erp.edit(path, phoneNumber="1")
    await delayed.deliver()
    assert await telephones(world) == ("1", "2")

    await world.full_synch()

    assert await telephones(world) == ("1", "1")


async def test_a_late_write_and_a_newer_edit_are_no_conflict(world: World) -> None:
    """An edit's write is given up and lands when the field was edited again: the newer value is sent."""
    path, delayed = await given_up(world)
    await world.erp.edit(path, phoneNumber="3")
    await delayed.deliver()

    counters = await world.full_synch()

    assert counters["CUSTOMER"].conflicts == 0
    assert await telephones(world) == ("3", "3")


async def test_an_edit_that_repeats_an_overtaken_write_is_an_edit(world: World) -> None:
    """A write was given up and another one took its place; somebody types the first value: that is an edit."""
    path, _ = await given_up(world)
    await world.erp.edit(path, phoneNumber="3")
    await world.full_synch()
    account = await world.crm.one("accounts")
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="2")

    await world.full_synch()

    assert await telephones(world) == ("2", "2")
