"""The Business Central connector against the sandbox ERP."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import httpx2
import pytest

from crosstie.connectors.businesscentral import BusinessCentralSettings, connect
from crosstie.model.errors import RecordError, SetupError, UsageError
from crosstie.model.record import Record
from crosstie.model.words import RecordId
from crosstie.odata.secret import Secret
from crosstie.synch.ports.connector import Connector, Write
from crosstie_sandbox.businesscentral.app import create_app
from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.businesscentral.load import load
from crosstie_sandbox.token import Credentials

from .contract import ConnectorContract, System, error_of, landed
from .far_end import Clock, Ids, Line

URL = "https://erp.example"
API = "/v2.0/tenant/production/api/v2.0"
ROWS = {
    "generalLedgerSetup": [{"localCurrencyCode": "CHF"}],
    "companyInformation": [{"displayName": "Aare Trading AG"}],
    "currencies": [
        {"code": "EUR", "displayName": "Euro"},
        {"code": "SEK", "displayName": "Krona"},
        {"code": "XDR", "displayName": "Without a rate"},
    ],
    "currencyExchangeRates": [
        {"currencyCode": code, "startingDate": day, "exchangeRateAmount": "100", "relationalExchangeRateAmount": rate}
        for code, day, rate in [
            ("EUR", "2026-01-01", "93.5"),
            ("EUR", "2026-03-01", "94.25"),
            ("EUR", "2026-03-05", "95.125"),
            ("SEK", "2026-02-01", "8.4"),
        ]
    ],
}


def insert(number: int) -> Write:
    """A new customer, under a number that we reserved."""
    return Write(
        id=None,
        version=None,
        values={"displayName": f"Firm {number}", "number": f"CRM{number:06d}"},
        answer_columns=("number", "displayName", "phoneNumber"),
    )


@dataclass(kw_only=True)
class Erp(System):
    """The ERP, with more ways to connect."""

    connect: Callable[..., Connector]


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[Erp]:
    """A connector and a company with currencies and rates, and nobody in it."""
    clock, ids, file = Clock(), Ids(), tmp_path / "erp.sqlite"
    credentials = Credentials("app", "right-secret", "ADA", "right-key")
    load(file, ROWS, clock=clock.now, ids=ids, settings=Settings())
    app = create_app(file, clock=clock.now, ids=ids, credentials=credentials, settings=Settings())
    line = Line(app)
    direct = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=URL, auth=("ADA", "right-key"))
    company = (await direct.get(f"{API}/companies")).json()["value"][0]["id"]
    opened: list[Connector] = []

    def connected(**changes: object) -> Connector:
        settings = {
            "url": URL + API,
            "company_id": company,
            "token_url": f"{URL}/tenant/oauth2/v2.0/token",
            "client_id": "app",
            "client_secret": Secret("right-secret"),
        }
        opened.append(connect(BusinessCentralSettings(**{**settings, **changes}), clock.runtime(), line))
        return opened[-1]

    before = (await direct.get("/sandbox/stats")).json()

    async def delete(id_: RecordId) -> None:
        answer = await direct.delete(f"{API}/companies({company})/customers({id_})", headers={"If-Match": "*"})
        assert answer.status_code == 204

    async def stats() -> dict[str, int]:
        now = (await direct.get("/sandbox/stats")).json()
        return {name: now[name] - before[name] for name in now}

    yield Erp(
        connector=connected(),
        impostor=connected(client_secret=Secret("wrong-secret")),
        connect=connected,
        line=line,
        clock=clock,
        secret="wrong-secret",
        table="customers",
        name="displayName",
        key="number",
        phone="phoneNumber",
        link="salespersonCode",
        bad_link="NOBODY",
        insert=insert,
        throttled=httpx2.Response(429, json={"error": {"code": "Application_TooManyRequests", "message": "Wait."}}),
        editor=None,
        delete=delete,
        stats=stats,
    )
    for connector in opened:
        await connector.close()
    await direct.aclose()
    app.state.database.close()


CONTACT = ("number", "type", "displayName", "companyNumber", "customerId")


async def person(system: Erp, customer: RecordId | None, number: str = "CRM900001") -> Record:
    """A person who belongs to ``customer``."""
    values = {"number": number, "type": "Person", "displayName": "Ada Ek", "customerId": customer}
    new = Write(id=None, version=None, values=values, answer_columns=CONTACT)
    (outcome,) = await system.connector.write("contacts", [new])
    return landed(outcome)


class TestBusinessCentral(ConnectorContract):
    """The promises of every connector, and what only this one must join or translate."""

    async def test_a_deletion_shows_in_a_whole_pass(self, system: Erp) -> None:
        """What a complete set does not list is gone."""
        records = await system.inserted(3)
        _, token, _ = await system.changed(None)
        await system.delete(records[1].id)
        changes, _, is_complete = await system.changed(token, whole=True)
        assert ({change.id for change in changes}, is_complete) == ({records[0].id, records[2].id}, True)

    async def test_the_overlap_reaches_back(self, system: Erp) -> None:
        """A pass lists again what was modified up to eight minutes before the watermark, and no more."""
        inserted = []
        for minutes in (2, 7, 0):
            (outcome,) = await system.connector.write("customers", [insert(minutes)])
            inserted.append(landed(outcome).id)
            system.clock.pass_(minutes=minutes)
        _, token, _ = await system.changed(None)
        changes, _, is_complete = await system.changed(token)
        assert ({change.id for change in changes}, is_complete) == (set(inserted[1:]), False)

    async def test_a_long_pass_loses_no_edit(self, system: Erp) -> None:
        """An edit on a page already read is found by the next pass, though a later page showed a later stamp."""
        await system.inserted(2010)
        pages = [page async for page in system.connector.changes("customers", [], None, whole_table=False)]
        assert [len(page.changes) for page in pages] == [2000, 10]
        first, last = pages[0].changes[0], pages[1].changes[-1]
        token = None
        async for page in system.connector.changes("customers", [], None, whole_table=False):
            token = page.token
            if token is None:
                for change in (first, last):
                    system.clock.pass_(hours=2)
                    edit = Write(id=change.id, version=change.version, values={"phoneNumber": "1"}, answer_columns=())
                    (outcome,) = await system.connector.write("customers", [edit])
                    landed(outcome)
        changes, _, is_complete = await system.changed(token)
        assert not is_complete
        assert first.id in {change.id for change in changes}

    async def test_a_watermark_never_moves_back(self, system: Erp) -> None:
        """A pass that lists nothing keeps the token it started from."""
        records = await system.inserted(1)
        _, token, _ = await system.changed(None)
        await system.delete(records[0].id)
        changes, after, _ = await system.changed(token)
        assert (changes, after) == ([], token)

    async def test_a_person_has_a_customer(self, system: Erp) -> None:
        """The customer is written as the company's number and read back as the customer, in answers and reads alike."""
        first, second = await system.inserted(2)
        contact = await person(system, first.id)
        assert contact.values["customerId"] == first.id
        assert contact.values["companyNumber"] is not None
        assert await system.connector.read("contacts", [contact.id], CONTACT) == {contact.id: contact}
        (found,) = await system.connector.find("contacts", "number", ["CRM900001"], CONTACT)
        assert found == contact
        move = Write(id=contact.id, version=contact.version, values={"customerId": second.id}, answer_columns=CONTACT)
        (outcome,) = await system.connector.write("contacts", [move])
        moved = landed(outcome)
        assert moved.values["customerId"] == second.id
        rename = Write(id=contact.id, version=moved.version, values={"displayName": "Ada Lind"}, answer_columns=CONTACT)
        (outcome,) = await system.connector.write("contacts", [rename])
        renamed = landed(outcome)
        assert renamed.values == {**moved.values, "displayName": "Ada Lind"}
        leave = Write(id=contact.id, version=renamed.version, values={"customerId": None}, answer_columns=CONTACT)
        (outcome,) = await system.connector.write("contacts", [leave])
        assert landed(outcome).values["customerId"] is None

    async def test_a_customer_is_not_looked_up_in_changes(self, system: Erp) -> None:
        """A change feed of contacts costs one request per page: the join is left to reads by key."""
        (customer,) = await system.inserted(1)
        contact = await person(system, customer.id)
        before = system.connector.traffic.requests
        pages = [page async for page in system.connector.changes("contacts", CONTACT, None, whole_table=False)]
        (change,) = [change for page in pages for change in page.changes if change.id == contact.id]
        assert set(change.values) == set(CONTACT) - {"customerId"}
        assert system.connector.traffic.requests - before == len(pages) == 1

    async def test_a_customer_without_company_contact_refuses_only_its_person(self, system: Erp) -> None:
        """A person of an unknown customer is refused with a next step, and another one of the same call lands."""
        (customer,) = await system.inserted(1)
        nobody = RecordId("00000000-0000-4000-8000-000000000001")
        individual = Write(
            id=None,
            version=None,
            values={"number": "CRM500000", "displayName": "Ivo", "type": "Person"},
            answer_columns=(),
        )
        (outcome,) = await system.connector.write("customers", [individual])
        news = [
            Write(
                id=None,
                version=None,
                values={"number": f"P{index}", "type": "Person", "displayName": "P", "customerId": id_},
                answer_columns=CONTACT,
            )
            for index, id_ in enumerate([nobody, customer.id, landed(outcome).id])
        ]
        first, second, third = await system.connector.write("contacts", news)
        assert landed(second).values["customerId"] == customer.id
        assert isinstance(error_of(first), RecordError)
        assert isinstance(error_of(third), RecordError)

    async def test_a_joined_column_cannot_be_searched_by(self, system: Erp) -> None:
        """A search by a column that the page lacks is refused before anything is sent."""
        with pytest.raises(UsageError, match="customerId"):
            await system.connector.find("contacts", "customerId", ["x"], [])
        assert system.line.requests == []

    async def test_currencies_carry_the_rate_of_the_day(self, system: Erp) -> None:
        """The latest rate that has started counts; a new day's rate moves the version though the row stands still."""
        columns = ("code", "exchangeRateAmount", "relationalExchangeRateAmount")

        async def listed() -> dict[object, Record]:
            pages = [page async for page in system.connector.changes("currencies", columns, token, whole_table=False)]
            assert pages[-1].is_complete_set
            found = await system.connector.read(
                "currencies", [one.id for page in pages for one in page.changes], columns
            )
            assert {one.id: one.version for page in pages for one in page.changes} == {
                one.id: one.version for one in found.values()
            }
            return {record.values["code"]: record for record in found.values()}

        token = None
        first = await listed()
        assert {code: tuple(record.values.values())[1:] for code, record in first.items()} == {
            "EUR": (Decimal(100), Decimal("94.25")),
            "SEK": (Decimal(100), Decimal("8.4")),
            "XDR": (None, None),
        }
        system.clock.pass_(days=4)
        token = '{"modified_at": "2026-03-02T09:00:00.000Z"}'
        second = await listed()
        assert second["EUR"].values["relationalExchangeRateAmount"] == Decimal("95.125")
        moved = {code for code in first if first[code].version != second[code].version}
        assert moved == {"EUR"}

    async def test_a_currency_is_modified_by_its_bare_version(self, system: Erp) -> None:
        """The fingerprint in a version is ours: what is sent as If-Match is the etag, and the answer has both again."""
        (euro,) = await system.connector.find("currencies", "code", ["EUR"], ["displayName"])
        change = Write(
            id=euro.id, version=euro.version, values={"symbol": "€"}, answer_columns=("symbol", "exchangeRateAmount")
        )
        (outcome,) = await system.connector.write("currencies", [change])
        assert landed(outcome).values == {"symbol": "€", "exchangeRateAmount": Decimal(100)}
        assert (await system.connector.read("currencies", [euro.id], []))[euro.id].version == landed(outcome).version

    async def test_codes_and_names_of_enumerations(self, system: Erp) -> None:
        """A code is found in any case as it is stored upper-case; a blank enumeration value is None, both ways."""
        (record,) = await system.inserted(1)
        (found,) = await system.connector.find("customers", "number", ["crm000001"], ["blocked", "type"])
        assert (found.id, found.values) == (record.id, {"blocked": None, "type": "Company"})
        for blocked in ("Ship", None):
            version = (await system.fresh([record.id]))[record.id].version
            change = Write(id=record.id, version=version, values={"blocked": blocked}, answer_columns=("blocked",))
            (outcome,) = await system.connector.write("customers", [change])
            assert landed(outcome).values == {"blocked": blocked}

    async def test_blanks_of_every_kind(self, system: Erp) -> None:
        """Clearing a column of any kind sends the vendor's blank; what has no blank there becomes zero or false."""
        schema = await system.connector.describe("customers")
        (record,) = await system.inserted(1)
        cleared = {
            name: None
            for name, column in schema.columns.items()
            if column.is_writable and name not in {"number", "displayName", "type", "currencyCode"}
        }
        change = Write(id=record.id, version=record.version, values=cleared, answer_columns=tuple(cleared))
        (outcome,) = await system.connector.write("customers", [change])
        filled = {name: value for name, value in landed(outcome).values.items() if value is not None}
        assert filled == {"creditLimit": Decimal(0), "taxLiable": False}

    async def test_facts(self, system: Erp) -> None:
        """Name and local currency of the company."""
        assert await system.connector.facts() == {"company_name": "Aare Trading AG", "local_currency": "CHF"}
        assert await system.connector.test() == "Aare Trading AG"

    @pytest.mark.parametrize("table", ["customers", "contacts", "salespeoplePurchasers", "currencies"])
    async def test_every_table_can_be_listed_in_full(self, system: Erp, table: str) -> None:
        """Every column that we describe can be asked for in a change feed."""
        schema = await system.connector.describe(table)
        pages = [page async for page in system.connector.changes(table, list(schema.columns), None, whole_table=True)]
        assert pages[-1].is_complete_set

    async def test_a_user_with_a_key(self, system: Erp) -> None:
        """On-premises credentials sign in too; a wrong key is for a person, without the key in the text."""
        key = {"client_secret": None, "user": "ADA"}
        assert await system.connect(web_service_access_key=Secret("right-key"), **key).test() == "Aare Trading AG"
        with pytest.raises(SetupError) as caught:
            await system.connect(web_service_access_key=Secret("wrong-key"), **key).test()
        assert "wrong-key" not in f"{caught.value} {caught.value!r}"

    async def test_a_company_that_is_not_there(self, system: Erp) -> None:
        """The error lists the companies that can be chosen."""
        nobody = system.connect(company_id="00000000-0000-4000-8000-000000000001")
        with pytest.raises(SetupError, match="Aare Trading AG"):
            await nobody.test()
        with pytest.raises(SetupError):
            await nobody.count("customers", [])

    def test_settings_without_credentials_are_refused(self) -> None:
        """Incomplete settings are told before anything is sent."""
        company = "00000000-0000-4000-8000-000000000001"
        with pytest.raises(UsageError, match="no complete credentials"):
            BusinessCentralSettings(url=URL, company_id=company, user="ADA")
        with pytest.raises(UsageError, match="company_id"):
            BusinessCentralSettings(url=URL, company_id="CRONUS", user="ADA", web_service_access_key=Secret("k"))
