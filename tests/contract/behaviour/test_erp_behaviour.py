"""What the protocol's facts say about the ERP, one row each; the table is data and holds for the cloud as well."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import simplejson
from tests.contract.behaviour.erp_targets import live, sandbox

TABLE = Path(__file__).parent / "erp_tables" / "requests.toml"


def rows() -> Iterator[Any]:
    """Every row, once for the sandbox and once, unless it says why not, for a real environment."""
    for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["row"]:
        yield pytest.param(sandbox, row, id=row["id"])
        if "sandbox_only" not in row:
            yield pytest.param(live, row, id=f"live {row['id']}", marks=pytest.mark.live)


@pytest.mark.parametrize(("service", "row"), list(rows()))
async def test_the_erp_answers_as_the_table_says(tmp_path, service, row) -> None:
    """The request of the row gets the status, and for a refusal the code, a text and a correlation id."""
    async with service(tmp_path) as target:
        method, _, path = target.filled(row["request"]).partition(" ")
        headers = {name: target.filled(value) for name, value in row.get("headers", {}).items()}
        body = None
        if "body" in row:
            body = target.filled(simplejson.dumps(row["body"])).encode()
            headers["Content-Type"] = "application/json"
        answer = await target.http.request(method, path, content=body, headers=headers)
        assert answer.status_code == row["status"], answer.text
        if "code" in row:
            error = answer.json()["error"]
            assert error["code"] == row["code"], error
            assert "  CorrelationId:  " in error["message"]
        else:
            assert answer.headers["OData-Version"] == "4.0"


def test_ids_of_rows_are_unique() -> None:
    """A failing row can be found by its id."""
    ids = [row["id"] for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["row"]]
    assert sorted(ids) == sorted(set(ids))
