"""Both connectors over real sockets, against the sandbox program in a process of its own."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from crosstie.connectors import businesscentral, dataverse
from crosstie.model.errors import TransientError
from crosstie.model.words import RecordId
from crosstie.odata.runtime import Runtime
from crosstie.odata.secret import Secret
from crosstie.synch.ports.connector import Connector, Landed, Write

SAME = {"displayName": "name", "addressLine1": "address1_line1", "city": "address1_city", "phoneNumber": "telephone1"}


@dataclass
class Pair:
    """The two systems and the process that serves them."""

    erp: Connector
    crm: Connector
    process: subprocess.Popen[str]


def wall_clock() -> datetime:
    """The real time."""
    return datetime.now(UTC)  # noqa: TID251 -- another process is on the line, and it has no other clock


def connectors(announced: Mapping[str, Mapping[str, str]]) -> tuple[Connector, Connector]:
    """Connectors with the real clock and real sockets."""
    runtime = Runtime(now=wall_clock, monotonic=time.monotonic, sleep=asyncio.sleep, jitter=lambda: 0.5)
    crm, erp = announced["crm"], announced["erp"]
    erp_settings = businesscentral.BusinessCentralSettings(
        url=erp["url"],
        company_id=erp["company_id"],
        user=erp["user"],
        web_service_access_key=Secret(erp["web_service_access_key"]),
    )
    crm_settings = dataverse.DataverseSettings(
        url=crm["url"],
        token_url=crm["token_url"],
        client_id=crm["client_id"],
        client_secret=Secret(crm["client_secret"]),
    )
    return businesscentral.connect(erp_settings, runtime), dataverse.connect(crm_settings, runtime)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The sandbox program with the small company that comes with it."""
    command = [sys.executable, "-m", "crosstie_sandbox", "--state", str(tmp_path), "--exit-with-parent", "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        yield started
        started.kill()


@pytest.fixture
async def pair(process: subprocess.Popen[str]) -> AsyncIterator[Pair]:
    """Connectors to the servers that the program announces."""
    assert process.stdout is not None
    erp, crm = connectors(json.loads(process.stdout.readline()))
    yield Pair(erp, crm, process)
    await erp.close()
    await crm.close()


async def test_customers_become_accounts(pair: Pair) -> None:
    """Every customer of the company, written as an account and read back, is equal in every column."""
    ids = [
        change.id
        async for page in pair.erp.changes("customers", [], None, whole_table=False)
        for change in page.changes
    ]
    customers = await pair.erp.read("customers", ids, [*SAME, "number"])
    writes = [
        Write(
            id=RecordId(str(UUID(int=index))),
            version=None,
            values={theirs: customer.values[ours] for ours, theirs in SAME.items()},
            answer_columns=tuple(SAME.values()),
        )
        for index, customer in enumerate(customers.values(), 1)
    ]
    outcomes = await pair.crm.write("account", writes)
    records = {outcome.record.id: outcome.record for outcome in outcomes if isinstance(outcome, Landed)}
    assert len(records) == len(writes) == len(ids) > 20
    assert await pair.crm.read("account", list(records), list(SAME.values())) == records
    assert [records[write.id].values for write in writes if write.id] == [write.values for write in writes]


async def test_both_say_who_and_when_they_are(pair: Pair) -> None:
    """Names and currencies are known, and the servers' clocks are close to ours, as it is the same machine."""
    assert await pair.erp.test()
    assert await pair.crm.test()
    erp, crm = await pair.erp.facts(), await pair.crm.facts()
    assert erp["local_currency"] == crm["base_currency"]
    for connector in (pair.erp, pair.crm):
        told = await connector.server_time()
        assert told is not None
        assert abs((told.at - wall_clock()).total_seconds()) < 5
        assert timedelta(seconds=1) <= told.give_or_take < timedelta(seconds=5)


async def test_a_server_that_dies_is_told_as_away(pair: Pair) -> None:
    """After a kill a connection test ends at once with an error that may pass."""
    await pair.crm.test()
    pair.process.kill()
    pair.process.wait()
    for connector in (pair.erp, pair.crm):
        with pytest.raises(TransientError, match=r"127\.0\.0\.1"):
            await connector.test()
