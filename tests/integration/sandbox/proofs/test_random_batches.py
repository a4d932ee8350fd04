"""A batch does what the same requests do one by one, and answers the same, in both dialects."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
import simplejson
from hypothesis import strategies as st

from crosstie_sandbox.odata.answer import dumps

from .servers import Answer, Server, a_crm, an_erp, prove

FEW, MANY = 5, 200
LINE = "\r\n"
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ETAG = re.compile(r'W/\\?"[^"\\]*\\?"')


@dataclass(frozen=True)
class Step:
    """One request; `{0}` in its address is the id of the first record that was there."""

    method: str
    address: str
    body: dict[str, object] | None
    headers: tuple[tuple[str, str], ...] = ()


Outcome = tuple[int, object]


def told(status: int, body: bytes, known: dict[str, str]) -> Outcome:
    """An answer with ids and versions numbered in the order in which they appear."""

    def numbered(found: re.Match[str]) -> str:
        return known.setdefault(found[0], f"<{len(known)}>")

    text = body.decode("utf-8-sig").partition("  CorrelationId:  ")
    said = _ETAG.sub(numbered, _GUID.sub(numbered, text[0]))
    return status, said if text[1] or not said else simplejson.loads(said, use_decimal=True)


def one_by_one(server: Server, steps: Iterable[Step], known: dict[str, str]) -> list[Outcome]:
    """The outcomes of requests of their own."""
    outcomes = []
    for step in steps:
        answer = server.send(step.method, step.address, step.body, **dict(step.headers))
        outcomes.append(told(answer.status, answer.body, known))
    return outcomes


def in_multipart(server: Server, steps: Sequence[Step], known: dict[str, str]) -> list[Outcome]:
    """The outcomes of the parts of a batch as Dataverse takes it."""
    pieces = []
    for step in steps:
        head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary", ""]
        head.append(f"{step.method} {step.address} HTTP/1.1")
        head += [f"{name.replace('_', '-')}: {value}" for name, value in step.headers]
        head += ["Content-Type: application/json", "", "" if step.body is None else simplejson.dumps(step.body)]
        pieces.append(f"--b{LINE}{LINE.join(head)}{LINE}")
    content = ("".join(pieces) + f"--b--{LINE}").encode()
    headers = {"content-type": "multipart/mixed; boundary=b", "prefer": "odata.continue-on-error"}
    answer = server.raw("POST", f"{server.root}$batch", b"", {**server.headers, **headers}, content)
    assert answer.status == 200, answer
    boundary = answer.headers["content-type"].partition("boundary=")[2].encode()
    parts = answer.body.split(b"--" + boundary)[1:-1]
    return [_part(part, known) for part in parts]


def _part(part: bytes, known: dict[str, str]) -> Outcome:
    _, _, response = part.partition(b"\r\n\r\n")
    head, _, body = response.partition(b"\r\n\r\n")
    return told(int(head.split(b" ")[1]), body.removesuffix(b"\r\n"), known)


def in_json(server: Server, steps: Sequence[Step], known: dict[str, str]) -> list[Outcome]:
    """The outcomes of the parts of a batch as Business Central takes it."""
    company = server.root.removeprefix("/api/v2.0/")
    requests = [
        {
            "id": str(index),
            "method": step.method,
            "url": f"{company}{step.address}",
            "headers": {
                "Content-Type": "application/json",
                **{name.replace("_", "-"): value for name, value in step.headers},
            },
            **({} if step.body is None else {"body": step.body}),
        }
        for index, step in enumerate(steps)
    ]
    content = simplejson.dumps({"requests": requests}).encode()
    headers = {**server.headers, "content-type": "application/json", "prefer": "odata.continue-on-error"}
    answer: Answer = server.raw("POST", "/api/v2.0/$batch", b"", headers, content)
    assert answer.status == 200, answer
    outcomes = []
    for response in answer.json["responses"]:
        body = b"" if response.get("body") is None else dumps(response["body"])
        outcomes.append(told(response["status"], body, known))
    return outcomes


NAMES = st.sampled_from(["A", "B", "C", "x" * 300, ""])
VERSIONS = st.sampled_from([(), (("If_Match", "*"),), (("If_Match", 'W/"1"'),)])
WHICH = st.integers(0, 3)


def crm_steps() -> st.SearchStrategy[Step]:
    """Reads and writes of accounts, some of which fail."""
    wanted = (("Prefer", "return=representation"),)
    bodies = st.one_of(
        NAMES.map(lambda name: {"name": name}),
        st.integers(-5, 5).map(lambda count: {"numberofemployees": count}),
        st.just({"nosuchcolumn": 1}),
        st.just({"statecode": 1}),
    )
    return st.one_of(
        st.tuples(st.integers(1, 6), bodies).map(
            lambda of: Step("POST", "accounts", {"accountid": str(UUID(int=of[0])), **of[1]}, wanted)
        ),
        st.tuples(WHICH, bodies, VERSIONS).map(
            lambda of: Step("PATCH", f"accounts({{{of[0]}}})", of[1], (*wanted, *of[2]))
        ),
        st.tuples(WHICH, VERSIONS).map(lambda of: Step("DELETE", f"accounts({{{of[0]}}})", None, of[1])),
        WHICH.map(lambda which: Step("GET", f"accounts({{{which}}})?$select=name,numberofemployees", None)),
        st.just(Step("GET", "accounts?$select=name&$filter=name%20eq%20'A'&$orderby=accountid", None)),
        st.just(Step("GET", "nosuchset", None)),
    )


def erp_steps() -> st.SearchStrategy[Step]:
    """Reads and writes of customers, some of which fail."""
    bodies = st.one_of(
        NAMES.map(lambda name: {"displayName": name}),
        st.integers(0, 5).map(lambda limit: {"creditLimit": limit}),
        st.just({"noSuchProperty": 1}),
        st.just({"blocked": "All"}),
    )
    return st.one_of(
        st.tuples(st.integers(1, 6), bodies).map(
            lambda of: Step("POST", "customers", {"number": f"N{of[0]}", "displayName": "New", **of[1]})
        ),
        st.tuples(WHICH, bodies, VERSIONS).map(lambda of: Step("PATCH", f"customers({{{of[0]}}})", of[1], of[2])),
        st.tuples(WHICH, VERSIONS).map(lambda of: Step("DELETE", f"customers({{{of[0]}}})", None, of[1])),
        WHICH.map(lambda which: Step("GET", f"customers({{{which}}})?$select=number,displayName", None)),
        st.just(Step("GET", "customers?$select=displayName&$filter=displayName%20eq%20'A'", None)),
        st.just(Step("GET", "nosuchset", None)),
    )


Send = Callable[[Server, Sequence[Step], dict[str, str]], list[Outcome]]


@dataclass(frozen=True)
class Dialect:
    """How one vendor's records are made and how its batches are sent."""

    opened: Callable[[Path], AbstractContextManager[Server]]
    entity_set: str
    key: str
    first: Sequence[dict[str, object]]
    send: Send


CRM = Dialect(a_crm, "accounts", "accountid", [{"name": name} for name in "ABC"], in_multipart)
ERP = Dialect(an_erp, "customers", "id", [{"displayName": name} for name in "ABC"], in_json)


def run(dialect: Dialect, folder: Path, steps: Sequence[Step], send: Send) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes of the requests on a fresh server, and what it holds afterwards."""
    folder.mkdir()
    with dialect.opened(folder) as server:
        for row in dialect.first:
            assert server.send("POST", dialect.entity_set, row, Prefer="return=representation").status == 201
        ids = [str(row[dialect.key]) for row in server.rows(dialect.entity_set)]
        ids.append("00000000-0000-0000-0000-00000000dead")
        filled = [Step(one.method, one.address.format(*ids), one.body, one.headers) for one in steps]
        known: dict[str, str] = {}
        outcomes = send(server, filled, known)
        everything = server.send("GET", dialect.entity_set)
        return outcomes, [told(everything.status, everything.body, known)]


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.full)])
@pytest.mark.parametrize(("dialect", "steps"), [(CRM, crm_steps()), (ERP, erp_steps())], ids=["crm", "erp"])
def test_a_batch_equals_its_requests(
    tmp_path: Path, dialect: Dialect, steps: st.SearchStrategy[Step], examples: int
) -> None:
    """Statuses, bodies and what is in the table afterwards are the same, whichever way the requests were sent."""
    runs = iter(range(10**9))

    def check(chosen: list[Step]) -> None:
        folder = tmp_path / str(next(runs))
        folder.mkdir()
        single = run(dialect, folder / "single", chosen, one_by_one)
        batched = run(dialect, folder / "batched", chosen, dialect.send)
        assert batched == single

    prove(check, examples, chosen=st.lists(steps, min_size=1, max_size=12))
