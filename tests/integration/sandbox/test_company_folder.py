"""Companies from folders of CSV files, and what is said when a file is wrong."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from crosstie_sandbox.company.build import CRM_FILE, ERP_FILE, build
from crosstie_sandbox.company.choose import Choice, read
from crosstie_sandbox.company.data import CompanyDataError
from crosstie_sandbox.odata.folding import install


def load(folder: Path | None, target: Path) -> Path:
    """Load a company as the program does; returns the ERP's file."""
    numbers = count(1)
    choice = Choice() if folder is None else Choice(folder=str(folder))
    data = read(choice, lambda seed, name: pytest.fail(f"no chance is needed here: {seed} {name}"))
    build(target, data, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC), ids=lambda: UUID(int=next(numbers)))
    return target / ERP_FILE


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    """What a file holds."""
    with closing(sqlite3.connect(database)) as connection:
        install(connection)
        return connection.execute(query).fetchall()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an erp and a crm part."""
    for side in ("erp", "crm"):
        (tmp_path / "data" / side).mkdir(parents=True)
    return tmp_path / "data"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where companies are built."""
    made = tmp_path / "loading"
    made.mkdir()
    return made


def test_the_small_company_is_whole(target: Path) -> None:
    """The package's own company has what an integration meets: countries, currencies, relations, users, odd names."""
    erp = load(None, target)
    assert rows(erp, "SELECT count(*), count(DISTINCT country) FROM customers") == [(40, 5)]
    assert rows(erp, "SELECT count(*) FROM contacts WHERE type = 'Person' AND companyNumber <> ''") == [(45,)]
    assert rows(erp, "SELECT count(*) FROM customers WHERE blocked <> '_x0020_'") == [(4,)]
    assert rows(erp, "SELECT localCurrencyCode FROM generalLedgerSetup") == [("CHF",)]
    assert rows(erp, "SELECT code FROM currencies ORDER BY 1") == [("EUR",), ("NZD",)]
    assert rows(erp, "SELECT DISTINCT currencyCode FROM customers ORDER BY 1") == [("CHF",), ("EUR",), ("NZD",)]
    assert rows(erp, "SELECT count(*) FROM customerContacts") == [(45,)]
    assert rows(erp, "SELECT number FROM customers WHERE number LIKE '00%' ORDER BY 1") == [("000007",), ("007",)]
    assert rows(erp, "SELECT count(*) FROM customers WHERE email LIKE '%.example' OR email = ''") == [(40,)]
    salespeople = {email for (email,) in rows(erp, "SELECT email FROM salespeoplePurchasers")}
    users = {email for (email,) in rows(target / CRM_FILE, "SELECT internalemailaddress FROM systemuser")}
    assert len(salespeople) == 8
    assert salespeople <= users
    assert rows(target / CRM_FILE, "SELECT isocurrencycode FROM transactioncurrency ORDER BY 1") == [("CHF",), ("EUR",)]


def test_a_folder_is_loaded_as_it_is_written(folder: Path, target: Path) -> None:
    """Quotes, line breaks, a byte order mark, leading zeros and natural keys of lookups all arrive."""
    (folder / "erp" / "salespeoplePurchasers.csv").write_text("code,displayName\r\njm,Jürg\r\n", encoding="utf-8")
    (folder / "erp" / "customers.csv").write_text(
        "\ufeffnumber,displayName,salespersonCode,creditLimit,blocked\r\n"
        '007,"Velo, ""Rad""\nund Tat",JM,1.50,Ship\r\n\r\n',
        encoding="utf-8",
    )
    (folder / "erp" / "contacts.csv").write_text(
        "number,type,displayName,companyNumber\nP1,Person,Ewa Nowak,CC1\nCC1,Company,Velo,\n", encoding="utf-8"
    )
    (folder / "erp" / "contactsInformation.csv").write_text(
        "contactNumber,relatedType,relatedId\nCC1,Customer,007\n", encoding="utf-8"
    )
    erp = load(folder, target)
    assert rows(erp, "SELECT number, displayName, salespersonCode, creditLimit, blocked FROM customers") == [
        ("007", 'Velo, "Rad"\nund Tat', "JM", "1.5", "Ship")
    ]
    assert rows(erp, "SELECT number, contactBusinessRelation FROM contacts ORDER BY 1") == [
        ("CC1", "Customer"),
        ("P1", "Customer"),
    ]


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        (
            "erp/customers.csv",
            b"number,displayNam\n1,A\n",
            "erp/customers.csv line 1, column displayNam: unknown column; did you mean displayName?",
        ),
        (
            "erp/customers.csv",
            b"number,displayName,number\n1,A,1\n",
            "erp/customers.csv line 1, column number: the column stands twice in the heading",
        ),
        ("erp/costumers.csv", b"number\n1\n", "erp/costumers.csv: unknown file; did you mean customers.csv?"),
        ("erp/customers.csv", b"", "erp/customers.csv: the file is empty; its first line must name the columns"),
        (
            "erp/customers.csv",
            b"number,displayName\n1,A\n2\n",
            "erp/customers.csv line 3: 1 fields where the heading has 2",
        ),
        (
            "erp/customers.csv",
            b"number,displayName\n1,A\n2,Z\xfcrich\n",
            "erp/customers.csv line 3, value '2,Z�': byte 0xfc is not UTF-8; save the file as UTF-8",
        ),
        (
            "erp/customers.csv",
            b'number,displayName\n1,"A\n',
            "erp/customers.csv line 2: not CSV as RFC 4180 has it: unexpected end of data",
        ),
        (
            "erp/customers.csv",
            b'number,displayName,creditLimit\n1,"A\nB",1\n2,B,much\n',
            (
                "erp/customers.csv line 4, column creditLimit, value 'much': "
                "Cannot convert the literal 'much' to the expected type 'Edm.Decimal'."
            ),
        ),
        (
            "erp/customers.csv",
            b"number,displayName\nk1,A\nK1,B\n",
            (
                "erp/customers.csv line 3, column number, value 'K1': "
                "The record in table Customer already exists. Identification fields and values: No.='K1'"
            ),
        ),
        (
            "erp/customers.csv",
            b"number,displayName,salespersonCode\n1,A,XY\n",
            (
                "erp/customers.csv line 2, column salespersonCode, value 'XY': "
                "The field Salesperson Code of table Customer contains a value (XY) "
                "that cannot be found in the related table (Salesperson/Purchaser)."
            ),
        ),
        (
            "erp/contactsInformation.csv",
            b"contactNumber,relatedType,relatedId\nCC1,Customer,77\n",
            "erp/contactsInformation.csv line 2, column relatedId, value '77': there is no such customer",
        ),
    ],
)
def test_a_wrong_file_is_explained(folder: Path, target: Path, file: str, content: bytes, problem: str) -> None:
    """The error names file, line, column, value and what was expected, and nothing is loaded."""
    (folder / file).write_bytes(content)
    with pytest.raises(CompanyDataError) as refused:
        load(folder, target)
    assert str(refused.value) == f"The company data cannot be loaded, so nothing was loaded:\n  {problem}"
    if (target / ERP_FILE).exists():
        assert rows(target / ERP_FILE, "SELECT count(*) FROM customers") == [(0,)]


def test_ten_problems_are_told_at_once(folder: Path, target: Path) -> None:
    """Problems of all files and of both systems come together, ten at the most."""
    lines = "".join(f"{index},A,no\n" for index in range(20))
    (folder / "erp" / "customers.csv").write_text(f"number,displayName,taxLiable\n{lines}", encoding="utf-8")
    with pytest.raises(CompanyDataError) as refused:
        load(folder, target)
    assert [problem.line for problem in refused.value.problems] == list(range(2, 12))


def test_both_sides_are_checked(folder: Path, target: Path) -> None:
    """A wrong value on the CRM side is reported together with one on the ERP side."""
    (folder / "erp" / "customers.csv").write_text("number,displayName,taxLiable\n1,A,no\n", encoding="utf-8")
    (folder / "crm" / "systemusers.csv").write_text("lastname,accessmode\nB,none\n", encoding="utf-8")
    with pytest.raises(CompanyDataError) as refused:
        load(folder, target)
    found = [(problem.file, problem.line, problem.column, problem.value) for problem in refused.value.problems]
    assert found == [("erp/customers.csv", 2, "taxLiable", "no"), ("crm/systemusers.csv", 2, "accessmode", "none")]


def test_a_folder_without_data_is_refused(tmp_path: Path, target: Path) -> None:
    """A folder that does not exist, or holds nothing to load, is not taken for an empty company."""
    with pytest.raises(CompanyDataError, match="the folder does not exist"):
        load(tmp_path / "nowhere", target)
    (tmp_path / "empty" / "erp").mkdir(parents=True)
    with pytest.raises(CompanyDataError, match=r"holds no erp/\*\.csv and no crm/\*\.csv"):
        load(tmp_path / "empty", target)
