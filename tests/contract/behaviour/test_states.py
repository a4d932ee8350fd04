"""Every state and status of the tables that the coupling needs, with its label; `states.toml` has them."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.contract.behaviour.script import run
from tests.contract.behaviour.targets import live, sandbox

TABLES = tomllib.loads(Path(__file__).with_name("states.toml").read_text(encoding="utf-8"))
FORMATTED = "@OData.Community.Display.V1.FormattedValue"


def changes() -> Iterator[Any]:
    """Every pair that a table takes or refuses, for the sandbox and for a real environment."""
    for table, spec in TABLES.items():
        for state, status, outcome in outcomes(spec):
            row = {"id": f"{table} {state}/{status}", "step": [*steps(spec, state, status, outcome)]}
            yield pytest.param(sandbox, row, id=row["id"])
            yield pytest.param(live, row, id=f"live {row['id']}", marks=pytest.mark.live)


def outcomes(spec: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """State, status, and the status's label or the code of a refusal."""
    for state, labels in spec["pairs"].items():
        for status, label in labels.items():
            yield state, status, label
        strange = next((one for other, some in spec["pairs"].items() if other != state for one in some), None)
        if strange is not None and strange not in labels:
            yield state, strange, "0x80048408"
    for state, codes in spec.get("refused", {}).items():
        for status, code in codes.items():
            yield state, status, code


def steps(spec: Mapping[str, Any], state: str, status: str, outcome: str) -> Iterator[dict[str, Any]]:
    """Make the row, change it, and read what it became."""
    for given in spec["given"]:
        yield {"method": "POST", "status": 204, **given}
    change = {"method": "PATCH", "url": spec["row"], "body": {"statecode": int(state), "statuscode": int(status)}}
    if outcome.startswith("0x"):
        yield {**change, "status": 400, "code": outcome}
        return
    yield {**change, "status": 204}
    yield {
        "method": "GET",
        "url": f"{spec['row']}?$select=statecode,statuscode",
        "headers": {"Prefer": 'odata.include-annotations="*"'},
        "status": 200,
        "answer": {
            "statecode": int(state),
            "statuscode": int(status),
            f"statecode{FORMATTED}": spec["labels"][state],
            f"statuscode{FORMATTED}": outcome,
        },
    }


@pytest.mark.parametrize(("service", "row"), list(changes()))
async def test_state_and_status_go_together(tmp_path, service, row) -> None:
    """A pair that belongs together is taken and has its labels; another one is refused."""
    async with service(tmp_path) as target:
        await run(target, row)
