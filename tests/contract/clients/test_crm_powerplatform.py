"""Microsoft's own Python client of Dataverse, unmodified, against the sandbox CRM over TLS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError
from PowerPlatform.Dataverse.models.filters import col
from PowerPlatform.Dataverse.models.upsert import UpsertItem
from tests.integration.sandbox.program import running

LONG_AFTER = 4_102_444_800
"""When tokens end, for all that the client is told: 2100."""
MISSING = "00000000-0000-4000-8000-000000000009"
PREFIX = "Mine"
FETCH = '<fetch count="3"><entity name="account"><attribute name="name"/><order attribute="name"/>{}</entity></fetch>'


class Credential:
    """What the client calls for a token: the sandbox's, for the scope that the client names."""

    def __init__(self, crm: dict[str, Any]) -> None:
        self._crm = crm
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        """A fresh token."""
        self.scopes += scopes
        form = {
            "grant_type": "client_credentials",
            "client_id": self._crm["client_id"],
            "client_secret": self._crm["client_secret"],
            "scope": scopes[0],
        }
        answer = httpx2.post(self._crm["token_url"], data=form)
        return AccessToken(answer.json()["access_token"], LONG_AFTER)


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A running program; the client finds its authority where such clients look for it."""
    state = tmp_path_factory.mktemp("powerplatform") / "state"
    with running("--state", state, "--generate", 1) as program, pytest.MonkeyPatch.context() as patch:
        found: dict[str, Any] = program.details["crm"]
        patch.setenv("REQUESTS_CA_BUNDLE", found["ca"])
        yield found


@pytest.fixture(scope="module")
def client(crm: dict[str, Any]) -> Iterator[DataverseClient]:
    """The client."""
    with DataverseClient(crm["tls_url"], Credential(crm)) as made:
        yield made


@pytest.fixture(scope="module")
def prefix(client: DataverseClient) -> str:
    """The begin of the names of five accounts, which nobody else has."""
    client.records.create("account", [{"name": f"{PREFIX} {number}", "fax": "0"} for number in range(5)])
    return PREFIX


def names(rows: object, begin: str) -> list[str]:
    """What comes after the begin in the names of rows."""
    return [row["name"].removeprefix(begin).strip() for row in rows if row["name"].startswith(begin)]


def test_it_refuses_plain_http(crm: dict[str, Any]) -> None:
    """The client speaks TLS only, and asks for a token of the CRM's own address."""
    with pytest.raises(ValueError, match="must use HTTPS"):
        DataverseClient(crm["url"], Credential(crm))
    credential = Credential(crm)
    with DataverseClient(crm["tls_url"], credential) as client:
        assert client.records.retrieve("account", MISSING) is None
    assert set(credential.scopes) == {f"{crm['tls_url']}/.default"}


def test_records_are_made_changed_and_deleted(client: DataverseClient) -> None:
    """One and many at once; what is not there is None; a wrong column is told with the service's code."""
    identity = client.records.create("account", {"name": "Contoso", "telephone1": "1"})
    row = client.records.retrieve("account", identity, select=["name", "telephone1"], include_annotations="*")
    assert (row["name"], row["telephone1"], row.id) == ("Contoso", "1", identity)
    client.records.update("account", identity, {"telephone1": "2"})
    many = client.records.create("account", [{"name": f"Many {number}"} for number in range(3)])
    client.records.update("account", [identity, *many], {"fax": "9"})
    rows = [client.records.retrieve("account", one, select=["fax", "telephone1"]) for one in (identity, *many)]
    assert [(row["fax"], row["telephone1"]) for row in rows] == [("9", "2"), *[("9", None)] * 3]
    with pytest.raises(HttpError, match="nosuch") as refusal:
        client.records.update("account", identity, {"nosuch": 1})
    assert refusal.value.status_code == 400
    client.records.delete("account", identity)
    assert client.records.delete("account", many) is not None  # the id of the job
    assert [client.records.retrieve("account", one) for one in (identity, *many)] == [None] * 4


def test_lists_have_pages_filters_and_orders(client: DataverseClient, prefix: str) -> None:
    """The client follows next links with the same preferences, and sends $top, $count and a page size together."""
    filtered = f"startswith(name,'{prefix}')"
    rows = client.records.list(
        "account",
        select=["name"],
        filter=filtered,
        orderby=["name desc"],
        top=4,
        page_size=2,
        count=True,
        include_annotations="*",
    )
    assert names(rows, prefix) == ["4", "3", "2", "1"]
    pages = list(client.records.list_pages("account", select=["name"], filter=filtered, page_size=2))
    assert [len(page) for page in pages] == [2, 2, 1]


def test_the_query_builder_asks_in_the_vendors_ways(client: DataverseClient, prefix: str) -> None:
    """`In` as a query function, quoted date-times, ranges, wildcards and negation, pages and data frames."""
    mine = col("name").startswith(prefix)
    for condition, found in {
        (col("statecode") == 0) & col("name").in_([f"{prefix} 1", f"{prefix} 3"]): ["1", "3"],
        mine & (col("createdon") >= "2026-01-01T00:00:00Z"): ["0", "1", "2", "3", "4"],
        mine & (col("createdon") > "2999-01-01T00:00:00Z"): [],
        mine & col("name").between(f"{prefix} 1", f"{prefix} 2"): ["1", "2"],
        mine & col("name").not_in([f"{prefix} 1", f"{prefix} 2"]): ["0", "3", "4"],
        mine & ~col("name").like("% 3"): ["0", "1", "2", "4"],
        mine & (col("telephone1").is_null() | col("fax").contains("7")): ["0", "1", "2", "3", "4"],
    }.items():
        query = client.query.builder("account").select("name").where(condition).order_by("name").page_size(2)
        assert names(query.execute(), prefix) == found, condition.to_odata()
    frame = client.query.builder("account").select("name").where(mine).count().execute().to_dataframe()
    assert sorted(frame["name"]) == [f"{prefix} {number}" for number in range(5)]


def test_sql_and_fetchxml(client: DataverseClient, prefix: str) -> None:
    """SELECT statements and FetchXML with pages come back as records and as data frames."""
    rows = client.query.sql(f"SELECT name, accountid FROM account WHERE name LIKE '{prefix}%' ORDER BY name DESC")
    assert names(rows, prefix) == ["4", "3", "2", "1", "0"]
    (counted,) = client.query.sql(f"SELECT COUNT(*) AS n FROM account WHERE name LIKE '{prefix}%'")
    assert counted["n"] == 5
    frame = client.dataframe.sql(f"SELECT TOP 2 name FROM account WHERE name LIKE '{prefix}%' ORDER BY name")
    assert list(frame["name"]) == [f"{prefix} 0", f"{prefix} 1"]
    condition = f'<filter><condition attribute="name" operator="begins-with" value="{prefix}"/></filter>'
    pages = list(client.query.fetchxml(FETCH.format(condition)).execute_pages())
    assert [names(page, prefix) for page in pages] == [["0", "1", "2"], ["3", "4"]]


def test_upserts_by_an_alternate_key(client: DataverseClient) -> None:
    """A key is made, seen and removed; rows are found by it, quotes doubled, or made, one and many at once."""
    made = client.tables.create_alternate_key("account", "new_ByNumber", ["accountnumber"])
    (key,) = client.tables.get_alternate_keys("account")
    assert made.metadata_id == key.metadata_id
    assert (key.schema_name, key.key_attributes, key.status) == ("new_ByNumber", ["accountnumber"], "Active")
    client.records.upsert("account", [UpsertItem({"accountnumber": "O'X"}, {"name": "First"})])
    items = [UpsertItem({"accountnumber": number}, {"name": f"Now {number}"}) for number in ("O'X", "U2")]
    client.records.upsert("account", items)
    rows = list(client.records.list("account", filter="accountnumber ne null", select=["name", "accountnumber"]))
    assert sorted((row["accountnumber"], row["name"]) for row in rows) == [("O'X", "Now O'X"), ("U2", "Now U2")]
    client.tables.delete_alternate_key("account", made.metadata_id)
    assert client.tables.get_alternate_keys("account") == []


def test_batches_with_change_sets(client: DataverseClient) -> None:
    """Requests one by one and a change set whose parts refer to each other; a change set that fails leaves nothing."""
    batch = client.batch.new()
    batch.records.create("account", {"name": "Alone"})
    with batch.changeset() as changes:
        account = changes.records.create("account", {"name": "Together"})
        changes.records.create("contact", {"lastname": "Tied", "parentcustomerid_account@odata.bind": account})
        changes.records.update("account", account, {"fax": "5"})
    batch.query.sql("SELECT name FROM account WHERE fax = '5'")
    result = batch.execute(continue_on_error=True)
    assert [answer.status_code for answer in result.responses] == [204, 204, 204, 204, 200]
    (contact,) = client.records.list(
        "contact",
        filter="parentcustomerid_account/fax eq '5'",
        select=["lastname"],
        expand=["parentcustomerid_account"],
    )
    assert contact["parentcustomerid_account"]["name"] == "Together"
    failing = client.batch.new()
    with failing.changeset() as changes:
        changes.records.create("account", {"name": "Undone"})
        changes.records.update("account", MISSING, {"fax": "6"})
    assert failing.execute(continue_on_error=True).has_errors
    assert list(client.records.list("account", filter="name eq 'Undone'")) == []


@pytest.mark.parametrize("mode", ["small", "chunk"])
def test_files_are_uploaded(client: DataverseClient, crm: dict[str, Any], tmp_path: Path, mode: str) -> None:
    """At once and in chunks, into a column that the client makes itself if it is not there."""
    identity = client.records.create("account", {"name": "Filed"})
    path = tmp_path / "täble.txt"
    path.write_bytes(b"content " * 1000)
    client.files.upload("account", identity, "new_Paper", str(path), mode=mode)
    token = Credential(crm).get_token(f"{crm['url']}/.default").token
    url = f"{crm['url']}/api/data/v9.2/accounts({identity})/new_paper/$value"
    answer = httpx2.get(url, headers={"Authorization": f"Bearer {token}"})
    assert (answer.content, unquote(answer.headers["x-ms-file-name"])) == (path.read_bytes(), "täble.txt")


def test_tables_are_listed_and_described(client: DataverseClient) -> None:
    """Metadata of shipped tables: names, columns, typed columns, relationships, what can be expanded."""
    listed = client.tables.list(filter="startswith(LogicalName,'acc')", select=["LogicalName", "EntitySetName"])
    assert [(table["LogicalName"], table["EntitySetName"]) for table in listed] == [("account", "accounts")]
    found = client.tables.get("account")
    assert (found.entity_set_name, found.primary_id_attribute, found.primary_name_attribute) == (
        "accounts",
        "accountid",
        "name",
    )
    column = client.tables.get_column("account", "industrycode", typed=True)
    assert column["@odata.type"] == "#Microsoft.Dynamics.CRM.PicklistAttributeMetadata"
    assert "contact_customer_accounts" in {
        relationship["SchemaName"] for relationship in client.tables.list_table_relationships("account")
    }
    assert client.tables.get("new_nosuch") is None


def test_tables_are_made_used_and_removed(client: DataverseClient) -> None:
    """A table with columns of many types, one more column, a lookup, rows in it, and everything gone in the end."""
    columns = {
        "new_Code": "string",
        "new_Count": "int",
        "new_Price": "decimal",
        "new_Day": "datetime",
        "new_On": "bool",
    }
    made = client.tables.create("new_Gadget", columns)
    assert (made.logical_name, made.entity_set_name, made.primary_name_attribute) == (
        "new_gadget",
        "new_gadgets",
        "new_name",
    )
    assert client.tables.add_columns("new_Gadget", {"new_Extra": "string"}) == ["new_Extra"]
    there = {column["LogicalName"] for column in client.tables.list_columns("new_gadget", select=["LogicalName"])}
    assert {"new_name", "new_extra", *(name.lower() for name in columns)} <= there
    lookup = client.tables.create_lookup_field("new_gadget", "new_AccountId", "account", display_name="Account")
    assert client.tables.get_relationship(lookup.relationship_schema_name).referenced_entity == "account"
    account = client.records.create("account", {"name": "Owner of gadgets"})
    body = {"new_Name": "G1", "new_Code": "ö", "new_Count": 3, "new_Price": 1.5, "new_Day": "2026-02-03T04:05:06Z"}
    bound = {**body, "new_On": True, "new_AccountId@odata.bind": f"/accounts({account})"}
    identity = client.records.create("new_Gadget", bound)
    row = client.records.retrieve("new_Gadget", identity)
    assert [row[name] for name in ("new_name", "new_code", "new_count", "new_price", "new_day", "new_on")] == [
        "G1",
        "ö",
        3,
        1.5,
        "2026-02-03T04:05:06Z",
        True,
    ]
    assert row["_new_accountid_value"] == account
    assert client.tables.remove_columns("new_Gadget", ["new_Extra"]) == ["new_Extra"]
    assert client.tables.get_column("new_gadget", "new_extra") is None
    client.tables.delete_relationship(lookup.relationship_id)
    client.tables.delete("new_Gadget")
    assert client.tables.get("new_Gadget") is None
