"""Loading many rows into the sandbox CRM at once."""

import sqlite3
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from crosstie_sandbox.dataverse import BadRowError, load

USD = {
    "isocurrencycode": "USD",
    "currencyname": "US Dollar",
    "currencysymbol": "$",
    "currencyprecision": "2",
    "exchangerate": "1",
}


def fill(path: Path, rows: dict[str, list[dict[str, object]]]) -> None:
    """Load with a standing clock and counted ids."""
    numbers = count(1000)
    load(path, rows, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), ids=lambda: UUID(int=next(numbers)))


async def test_rows_are_found_by_natural_keys(crm) -> None:
    """Lookups take natural keys, also of rows loaded later; the organization's row changes the one there is."""
    fill(
        crm.path,
        {
            "contacts": [
                {"lastname": "L", "emailaddress1": "l@one.example", "parentcustomerid_account": "C1", "statecode": 1}
            ],
            "accounts": [
                {
                    "name": "One",
                    "accountnumber": "C1",
                    "primarycontactid": "l@one.example",
                    "ownerid": "ada@sales.example",
                    "creditlimit": "12.5",
                    "transactioncurrencyid": "",
                }
            ],
            "systemusers": [{"firstname": "Ada", "lastname": "Berg", "internalemailaddress": "ada@sales.example"}],
            "transactioncurrencies": [USD],
            "organizations": [{"name": "Trading", "basecurrencyid": "USD"}],
        },
    )
    page = await crm.get(
        "accounts?$expand=primarycontactid($expand=parentcustomerid_account),owninguser,transactioncurrencyid"
    )
    [row] = page["value"]
    assert row["owninguser"]["fullname"] == "Ada Berg"
    assert (row["creditlimit"], row["creditlimit_base"]) == (12.5, 12.5)
    assert row["transactioncurrencyid"]["isocurrencycode"] == "USD"
    assert row["primarycontactid"]["statuscode"] == 2
    assert row["primarycontactid"]["parentcustomerid_account"]["accountnumber"] == "C1"
    [organization] = (await crm.get("organizations"))["value"]
    assert (organization["name"], organization["basecurrencysymbol"]) == ("Trading", "$")
    currencies = (await crm.get("transactioncurrencies"))["value"]
    assert [currency["isocurrencycode"] for currency in currencies] == ["USD"]


async def test_the_currency_there_is_can_be_given_too(crm) -> None:
    """A row for the euro changes the euro of the start, and it stays when the base currency is another."""
    euro = {**USD, "isocurrencycode": "EUR", "currencyname": "Euro (foreign)", "exchangerate": "0.9"}
    fill(crm.path, {"transactioncurrencies": [USD, euro], "organizations": [{"name": "T", "basecurrencyid": "USD"}]})
    rows = (await crm.get("transactioncurrencies?$orderby=isocurrencycode"))["value"]
    assert [(row["currencyname"], row["exchangerate"]) for row in rows] == [("Euro (foreign)", 0.9), ("US Dollar", 1)]


@pytest.mark.parametrize(
    ("entity_set", "rows", "row_number", "column"),
    [
        ("accounts", [{"name": "A"}, {"nosuch": "x"}], 2, "nosuch"),
        ("accounts", [{"versionnumber": "5"}], 1, "versionnumber"),
        ("accounts", [{"numberofemployees": "three"}], 1, "numberofemployees"),
        ("accounts", [{"creditonhold": "perhaps"}], 1, "creditonhold"),
        ("accounts", [{"creditlimit": "1,5"}], 1, "creditlimit"),
        ("accounts", [{"name": "x" * 161}], 1, "name"),
        ("accounts", [{"customertypecode": "99"}], 1, "customertypecode"),
        ("accounts", [{"ownerid": "nobody@sales.example"}], 1, "ownerid"),
        ("accounts", [{"parentaccountid": "C9"}], 1, "parentaccountid"),
        ("accounts", [{"accountid": str(UUID(int=7))}, {"accountid": str(UUID(int=7))}], 2, "accountid"),
        (
            "systemusers",
            [{"internalemailaddress": "a@s.example"}, {"internalemailaddress": "A@s.example"}],
            2,
            "internalemailaddress",
        ),
        ("transactioncurrencies", [USD, USD], 2, "isocurrencycode"),
        ("transactioncurrencies", [{"isocurrencycode": "USD"}], 1, "currencyname"),
        ("organizations", [{"name": "A"}, {"name": "B"}], 2, "name"),
        ("nosuch", [{}], 1, ""),
    ],
)
async def test_a_bad_row_loads_nothing(crm, entity_set, rows, row_number, column) -> None:
    """The error names set, row and column, and none of the rows is there."""
    good = {"teams": [{"name": "Loaded before"}]}
    with pytest.raises(BadRowError) as refusal:
        fill(crm.path, {**good, entity_set: rows})
    assert (refusal.value.entity_set, refusal.value.row_number, refusal.value.column) == (
        entity_set,
        row_number,
        column,
    )
    assert await crm.names("teams") == []
    assert await crm.names("accounts") == []


def test_loading_makes_the_file(tmp_path) -> None:
    """A file that is not there yet is made, complete in write-ahead mode with full synchronisation asked for."""
    path = tmp_path / "new.sqlite"
    fill(path, {"accounts": [{"name": f"A{number}"} for number in range(50)]})
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("SELECT count(*) FROM account").fetchone() == (50,)
    connection.close()
