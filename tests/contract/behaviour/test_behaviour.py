"""What the protocol's facts say about the CRM, one row each; the tables are data and hold for the cloud as well."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.behaviour.script import run
from tests.contract.behaviour.targets import live, sandbox

TABLES = Path(__file__).parent / "tables"


def rows() -> Iterator[Any]:
    """Every row of every table, once for the sandbox and once, unless it says why not, for a real environment."""
    for path in sorted(TABLES.glob("*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["row"]:
            name = f"{path.stem}: {row['id']}"
            yield pytest.param(sandbox, row, id=name)
            if "sandbox_only" not in row:
                yield pytest.param(live, row, id=f"live {name}", marks=pytest.mark.live)


@pytest.mark.parametrize(("service", "row"), list(rows()))
async def test_the_service_answers_as_the_table_says(tmp_path, service, row) -> None:
    """Each request of the row gets the answer that the row has for it."""
    async with service(tmp_path) as target:
        await run(target, row)


def test_ids_of_rows_are_unique() -> None:
    """A failing row can be found by its id."""
    for path in TABLES.glob("*.toml"):
        ids = [row["id"] for row in tomllib.loads(path.read_text(encoding="utf-8"))["row"]]
        assert sorted(ids) == sorted(set(ids)), path.name
