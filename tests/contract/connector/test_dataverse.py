"""The Dataverse connector against the sandbox CRM."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from crosstie.connectors.dataverse import DataverseSettings, connect
from crosstie.model.record import Change
from crosstie.model.words import RecordId
from crosstie.odata.secret import Secret
from crosstie.synch.ports.connector import Write
from crosstie_sandbox.dataverse import create_app
from crosstie_sandbox.token import Credentials

from .contract import ConnectorContract, System, landed
from .far_end import Clock, Ids, Line

URL = "https://crm.example"
THROTTLED = {"error": {"code": "0x80072322", "message": "Number of requests exceeded the limit of 6000."}}


def guid(number: int) -> RecordId:
    """An id of our own."""
    return RecordId(f"11111111-0000-4000-8000-{number:012d}")


def insert(number: int) -> Write:
    """A new account."""
    values = {"name": f"Firm {number}", "accountnumber": f"N{number:05d}"}
    return Write(id=guid(number), version=None, values=values, answer_columns=("accountnumber", "name", "telephone1"))


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """A connector and a CRM with nothing in it."""
    clock = Clock()
    app = create_app(
        tmp_path / "crm.sqlite", clock=clock.now, ids=Ids(), credentials=Credentials("app", "right-secret")
    )
    line = Line(app)

    def settings(secret: str) -> DataverseSettings:
        return DataverseSettings(
            url=URL,
            token_url=f"{URL}/tenant/oauth2/v2.0/token",
            client_id="app",
            client_secret=Secret(secret),
        )

    connector = connect(settings("right-secret"), clock.runtime(), line)
    impostor = connect(settings("wrong-secret"), clock.runtime(), line)
    direct = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=URL)

    async def bearer() -> dict[str, str]:
        form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "right-secret"}
        answer = await direct.post("/tenant/oauth2/v2.0/token", data={**form, "scope": f"{URL}/.default"})
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def delete(id_: RecordId) -> None:
        answer = await direct.delete(f"/api/data/v9.2/accounts({id_})", headers=await bearer())
        assert answer.status_code == 204

    async def stats() -> dict[str, int]:
        return dict((await direct.get("/sandbox/stats")).json())

    yield System(
        connector=connector,
        impostor=impostor,
        line=line,
        clock=clock,
        secret="wrong-secret",
        table="account",
        name="name",
        key="accountnumber",
        phone="telephone1",
        link="accountnumber",
        bad_link="a number that is much longer than twenty characters",
        insert=insert,
        throttled=httpx2.Response(429, json=THROTTLED),
        editor="# Integration",
        delete=delete,
        stats=stats,
    )
    await connector.close()
    await impostor.close()
    await direct.aclose()
    app.state.close()


class TestDataverse(ConnectorContract):
    """The promises of every connector, and those that only Dataverse can keep."""

    async def test_an_insert_takes_our_id(self, system: System) -> None:
        """The id of an insert is the one that was decided before it was sent."""
        (outcome,) = await system.connector.write("account", [insert(7)])
        assert landed(outcome).id == guid(7)

    async def test_deletions_are_listed(self, system: System) -> None:
        """A deleted row shows as a change without a version, in the pass after."""
        records = await system.inserted(3)
        _, token, _ = await system.changed(None)
        await system.delete(records[1].id)
        changes, _, is_complete = await system.changed(token)
        assert changes == [Change(id=records[1].id, version=None)]
        assert not is_complete

    async def test_an_expired_token_starts_a_whole_pass(self, system: System) -> None:
        """A token older than the server keeps changes lists everything again and says so."""
        await system.inserted(3)
        _, token, _ = await system.changed(None)
        system.clock.pass_(days=100)
        changes, _, is_complete = await system.changed(token)
        assert (len(changes), is_complete) == (3, True)

    async def test_texts_are_found_without_case(self, system: System) -> None:
        """Dataverse compares texts without case; a record found twice is listed once."""
        (record,) = await system.inserted(1)
        found = await system.connector.find("account", "name", ["FIRM 1", "firm 1"], ["name"])
        assert [one.id for one in found] == [record.id]

    async def test_lookups_are_written_read_and_cleared(self, system: System) -> None:
        """A lookup goes out as a reference and comes back as an id, each in the column of its own target."""
        (account,) = await system.inserted(1)
        columns = ("parentcustomerid_account", "parentcustomerid_contact", "ownerid", "lastname")
        facts = await system.connector.facts()
        values = {"lastname": "Ek", "parentcustomerid_account": account.id, "ownerid": facts["user_id"]}
        new = Write(id=guid(99), version=None, values=values, answer_columns=columns)
        (outcome,) = await system.connector.write("contact", [new])
        contact = landed(outcome)
        expected = {**values, "parentcustomerid_contact": None}
        assert contact.values == expected
        assert await system.connector.read("contact", [contact.id], columns) == {contact.id: contact}
        found = await system.connector.find("contact", "parentcustomerid_account", [account.id], columns)
        assert [one.id for one in found] == [contact.id]
        clear = Write(
            id=contact.id,
            version=contact.version,
            values={"parentcustomerid_account": None},
            answer_columns=columns,
        )
        (outcome,) = await system.connector.write("contact", [clear])
        assert landed(outcome).values == {**expected, "parentcustomerid_account": None}

    async def test_facts(self, system: System) -> None:
        """Organization, base currency and our user are known by name and id."""
        facts = await system.connector.facts()
        assert set(facts) == {
            "organization_name",
            "base_currency_id",
            "base_currency",
            "currency_decimal_precision",
            "user_id",
        }
        assert facts["base_currency"] == "EUR"
        found = await system.connector.read(
            "transactioncurrency", [RecordId(str(facts["base_currency_id"]))], ["isocurrencycode"]
        )
        assert [record.values["isocurrencycode"] for record in found.values()] == ["EUR"]

    @pytest.mark.parametrize("table", ["account", "contact", "systemuser", "transactioncurrency"])
    async def test_every_table_can_be_listed_in_full(self, system: System, table: str) -> None:
        """Every column that we describe can be asked for in a change feed."""
        schema = await system.connector.describe(table)
        pages = [page async for page in system.connector.changes(table, list(schema.columns), None, whole_table=True)]
        assert pages[-1].is_complete_set

    async def test_the_name_of_the_organization(self, system: System) -> None:
        """A connection test answers with what the other end calls itself."""
        assert await system.connector.test() == (await system.connector.facts())["organization_name"]
