"""Microsoft's `PowerPlatform-Dataverse-Client`, unmodified, makes and alters tables of the sandbox CRM over TLS."""

from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

import httpx2
import pytest
from azure.core.credentials import AccessToken
from PowerPlatform.Dataverse.client import DataverseClient
from tests.integration.sandbox.program import running


class Colour(IntEnum):
    """A choice."""

    RED = 1
    BLUE = 2


class Signed:
    """A credential that holds a token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        """The token, whatever it is for."""
        del scopes, options
        return AccessToken(self.token, 9_999_999_999)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataverseClient]:
    """The client, signed in to a sandbox of its own."""
    with running("--state", tmp_path, "--generate", 1) as program:
        crm = program.details["crm"]
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", crm["ca"])
        site = crm["tls_url"].partition("/api/")[0].rstrip("/")
        form = {
            "grant_type": "client_credentials",
            "client_id": crm["client_id"],
            "client_secret": crm["client_secret"],
            "scope": f"{site}/.default",
        }
        signed = httpx2.post(crm["token_url"], data=form).json()
        with DataverseClient(site, Signed(signed["access_token"])) as opened:
            yield opened


def test_a_stranger_makes_and_alters_tables(client: DataverseClient) -> None:
    """Tables, columns of all types, keys, lookups and many-to-many relationships are made, described and deleted."""
    tables, records = client.tables, client.records
    columns = {"new_Title": "string", "new_Count": "int", "new_Amount": "decimal", "new_Flag": "bool"}
    made = tables.create("new_Sample", {**columns, "new_When": "datetime", "new_Colour": Colour})
    assert (made.logical_name, made.entity_set_name) == ("new_sample", "new_samples")
    assert [one["LogicalName"] for one in tables.list(filter="startswith(LogicalName,'new_')")] == ["new_sample"]
    assert tables.add_columns("new_Sample", {"new_More": "memo"}) == ["new_More"]
    typed = {one["LogicalName"]: one for one in tables.list_columns("new_Sample", typed=True)}
    assert (typed["new_more"]["MaxLength"], typed["new_count"]["MaxValue"]) == (4000, 2147483647)
    tables.create_alternate_key("new_Sample", "new_title_key", ["new_title"])
    assert [key.key_attributes for key in tables.get_alternate_keys("new_Sample")] == [["new_title"]]
    row = records.create("new_Sample", {"new_Title": "A", "new_Colour": "BLUE", "new_Count": 3})
    assert records.retrieve("new_Sample", row)["new_colour"] == Colour.BLUE
    tables.create_lookup_field("new_Sample", "new_AccountId", "account")
    related = {one["SchemaName"] for one in tables.list_table_relationships("new_sample")}
    assert "account_new_sample_new_AccountId" in related
    assert tables.remove_columns("new_Sample", ["new_More"]) == ["new_More"]
    tables.delete("new_Sample")
    assert tables.get("new_Sample") is None
