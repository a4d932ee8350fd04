"""Random paths, queries, headers and bodies: each is answered or refused, none breaks a server or its data."""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
import simplejson
from hypothesis import strategies as st

from crosstie_sandbox.odata import folding

from .servers import Server, a_crm, an_erp, prove

FEW, MANY = 120, 5000
GUID = "00000000-0000-0001-8000-000000000000"
SERVER_FAULT = 500

METHODS = st.sampled_from(["GET", "GET", "POST", "PATCH", "DELETE", "PUT", "HEAD"])
ANY_TEXT = st.text(max_size=20)
OPTIONS = [
    "$select",
    "$filter",
    "$orderby",
    "$top",
    "$skip",
    "$count",
    "$expand",
    "$apply",
    "$skiptoken",
    "$deltatoken",
]
MORE_OPTIONS = ["fetchXml", "sql", "@p1", "$search", "$levels", "$format", "company", "tenant", "savedQuery", "$$", ""]
CRM_NAMES = ["accounts", "contacts", "EntityDefinitions", "WhoAmI", "salesorders", "systemusers", "$batch", "$metadata"]
CRM_COLUMNS = [
    "name",
    "accountid",
    "numberofemployees",
    "creditlimit",
    "statecode",
    "_primarycontactid_value",
    "primarycontactid",
    "primarycontactid@odata.bind",
    "contact_customer_accounts",
    "ownerid",
    "transactioncurrencyid",
    "createdon",
    "versionnumber",
    "@odata.id",
    "@odata.type",
    "Targets",
    "LogicalName",
]
CRM_MORE = [
    "$count",
    "$ref",
    "$value",
    "Microsoft.Dynamics.CRM.CreateMultiple",
    "Microsoft.Dynamics.CRM.UpsertMultiple",
    "Attributes",
    "Keys",
    "RetrieveTotalRecordCount(EntityNames=['account'])",
]
ERP_NAMES = [
    "customers",
    "contacts",
    "items",
    "salesOrders",
    "salesOrderLines",
    "currencies",
    "$batch",
    "subscriptions",
]
ERP_COLUMNS = [
    "number",
    "displayName",
    "id",
    "creditLimit",
    "taxLiable",
    "blocked",
    "currencyCode",
    "currencyId",
    "lastModifiedDateTime",
    "salesOrderLines",
    "customerNumber",
    "quantity",
    "unitPrice",
    "requests",
    "documentId",
    "@odata.etag",
]
ERP_MORE = ["$count", "$ref", "Microsoft.NAV.post", "picture", "salesOrderLines", "customer", "$metadata"]
WORDS = [
    "eq",
    "ne",
    "and",
    "or",
    "not",
    "(",
    ")",
    "null",
    "true",
    "'a'",
    "1",
    "-1.5",
    "2026-01-01",
    "contains",
    ",",
    "/",
]
HEADERS = {
    "prefer": [
        "return=representation",
        "odata.maxpagesize=1",
        'odata.include-annotations="*"',
        "odata.track-changes",
        "x=",
    ],
    "if-match": ["*", 'W/"1"', 'W/"99999999999999999999"', "W/", "null", "x"],
    "if-none-match": ["*", "null", 'W/"1"'],
    "content-type": ["application/json", "text/plain", "multipart/mixed; boundary=b", "multipart/mixed", "é"],
    "accept": ["application/xml", "*/*", "x"],
    "company": ["x", "%zz"],
    "callerobjectid": [GUID, "x"],
    "mscrmcallerid": [GUID, "x"],
    "mscrm.solutionuniquename": ["Default", "x"],
    "content-range": ["bytes 0-3/8", "bytes x"],
    "x-ms-file-name": ["a.txt", "é"],
    "x-ms-transfer-mode": ["chunked"],
}


def keys(columns: Sequence[str]) -> st.SearchStrategy[str]:
    """What may stand in the parentheses of an address."""
    return st.one_of(
        st.just(GUID),
        st.just(""),
        ANY_TEXT,
        st.tuples(st.sampled_from(columns), ANY_TEXT).map(lambda of: f"{of[0]}='{of[1]}'"),
        st.integers().map(str),
    )


def paths(names: Sequence[str], columns: Sequence[str], more: Sequence[str]) -> st.SearchStrategy[str]:
    """An address below the root that may mean something."""
    segment = st.sampled_from([*names, *more, *columns]) | ANY_TEXT
    keyed = st.tuples(segment, keys(columns)).map(lambda of: f"{of[0]}({of[1]})")
    return st.tuples(st.sampled_from(names) | segment | keyed, st.lists(segment | keyed, max_size=2)).map(
        lambda of: "/".join([of[0], *of[1]])
    )


def queries(columns: Sequence[str]) -> st.SearchStrategy[str]:
    """Options with values that may mean something."""
    word = st.sampled_from([*WORDS, *columns]) | ANY_TEXT
    value = st.lists(word, max_size=7).map(" ".join) | st.sampled_from(["<fetch><entity name='account'/></fetch>", "0"])
    pair = st.tuples(st.sampled_from([*OPTIONS, *MORE_OPTIONS]), value).map("=".join)
    return st.lists(pair, max_size=3).map("&".join)


def bodies(columns: Sequence[str]) -> st.SearchStrategy[bytes]:
    """JSON that may mean something, nearly JSON, or anything."""
    scalar = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.floats(allow_nan=False, allow_infinity=False),
        ANY_TEXT,
        st.sampled_from([GUID, "2026-01-01", "2026-01-01T00:00:00Z", "0001-01-01", f"/contacts({GUID})", "$1"]),
    )
    name = st.sampled_from(columns) | ANY_TEXT
    value = st.recursive(
        scalar,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(name, inner, max_size=4),
        max_leaves=8,
    )
    documents = st.dictionaries(name, value, max_size=5) | value
    return st.one_of(
        documents.map(lambda document: simplejson.dumps(document).encode()),
        documents.map(lambda document: simplejson.dumps(document).encode()[:-1]),
        st.binary(max_size=60),
        st.just(b"--b\r\nContent-Type: application/http\r\n\r\nGET accounts HTTP/1.1\r\n\r\n\r\n--b--"),
    )


def headers() -> st.SearchStrategy[dict[str, str]]:
    """Some headers with values that may mean something."""
    one = st.sampled_from(sorted(HEADERS)).flatmap(
        lambda name: st.tuples(
            st.just(name), st.sampled_from(HEADERS[name]) | st.text(st.characters(codec="latin-1"), max_size=8)
        )
    )
    return st.lists(one, max_size=3).map(dict)


def check(server: Server, method: str, path: str, query: str, *, given: dict[str, str], body: bytes) -> None:
    """The server says something else than that it failed."""
    sent = {**server.headers, **given}
    answer = server.raw(method, f"{server.root}{path}", query.encode("utf-8", "replace"), sent, body)
    assert answer.status < SERVER_FAULT or answer.status == 501, (method, path, query, given, body, answer)


def complaints(file: Path) -> list[str]:
    """What the database itself finds wrong with its file."""
    with closing(sqlite3.connect(file)) as connection:
        folding.install(connection)
        said = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return [one for one in said if not is_false_alarm(connection, one)]


def is_false_alarm(connection: sqlite3.Connection, said: str) -> bool:
    """SQLite 3.40 takes the columns of a table without row ids for others, and sees null where none is."""
    place = re.fullmatch(r"NULL value in (\w+)\.(\w+)", said)
    if place is None:
        return False
    return connection.execute(f'SELECT 1 FROM "{place[1]}" WHERE "{place[2]}" IS NULL').fetchone() is None


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.full)])
def test_requests_to_the_crm(tmp_path: Path, examples: int) -> None:
    """Nothing is answered with 500, the database is sound afterwards, and every row can still be read."""
    with a_crm(tmp_path) as server:
        kept = {"name": "Kept", "numberofemployees": 7}
        made = server.send("POST", "accounts", kept, Prefer="return=representation").json
        prove(
            lambda method, path, query, given, body: check(server, method, path, query, given=given, body=body),
            examples,
            method=METHODS,
            path=paths(CRM_NAMES, CRM_COLUMNS, CRM_MORE),
            query=queries(CRM_COLUMNS),
            given=headers(),
            body=bodies(CRM_COLUMNS),
        )
        assert made in [{"@odata.context": made["@odata.context"], **row} for row in server.rows("accounts")]
        assert server.send("POST", "accounts", {"name": "Afterwards"}).status == 204
        assert complaints(server.file) == []


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.full)])
def test_requests_to_the_erp(tmp_path: Path, examples: int) -> None:
    """Nothing is answered with 500, the database is sound afterwards, and every row can still be read."""
    with an_erp(tmp_path) as server:
        made = server.send("POST", "customers", {"displayName": "Kept", "creditLimit": 7}).json
        prove(
            lambda method, path, query, given, body: check(server, method, path, query, given=given, body=body),
            examples,
            method=METHODS,
            path=paths(ERP_NAMES, ERP_COLUMNS, ERP_MORE),
            query=queries(ERP_COLUMNS),
            given=headers(),
            body=bodies(ERP_COLUMNS),
        )
        assert made["@odata.etag"] in [row["@odata.etag"] for row in server.rows("customers")]
        assert server.send("POST", "customers", {"displayName": "Afterwards"}).status == 201
        assert complaints(server.file) == []
