"""Runs one row of a table: requests in order, each with what its answer must be.

Values in braces stand for what earlier answers held: `{account}` after `keep = {account = "accountid"}`; `{new1}` to
`{new4}` are ids that no row has, `{name}` a name that no row has.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx2
from tests.contract.behaviour.targets import Target, new_id

Step = Mapping[str, Any]
LINE = "\r\n"


async def run(target: Target, row: Mapping[str, Any]) -> None:
    """Send the requests of a row and check the answers."""
    known = {f"new{number}": str(new_id()) for number in range(1, 5)}
    known |= {"name": f"behaviour {known['new1'][:8]}", "base": target.base}
    for number, step in enumerate(row["step"], 1):
        if "pass" in step:
            await target.pass_(**step["pass"])
            continue
        answer = await _send(target, filled(step, known))
        try:
            _check(filled(step, known), answer)
        except AssertionError as problem:
            shown = f"{answer.status_code} {dict(answer.headers)}\n{answer.text[:2000]}"
            raise AssertionError(f"step {number} of '{row['id']}': {problem}\n{shown}") from problem
        for name, path in step.get("keep", {}).items():
            known[name] = str(found_at(answer, path))
        made = answer.headers.get("OData-EntityId")
        if made and step["method"] in {"POST", "PATCH"}:
            target.made.append(made)


def filled(value: Any, known: Mapping[str, str]) -> Any:
    """A value with what is in braces put in."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {name: filled(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, known) for one in value]
    return value


def found_at(answer: httpx2.Response, path: str) -> Any:
    """`value/0/name` of the body, or `header:ETag`."""
    if path.startswith("header:"):
        return answer.headers[path.removeprefix("header:")]
    value = answer.json()
    for part in path.split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


async def _send(target: Target, step: Step) -> httpx2.Response:
    headers = {
        "Accept": "application/json",
        "OData-Version": "4.0",
        "OData-MaxVersion": "4.0",
        **step.get("headers", {}),
    }
    if "part" in step:
        headers["Content-Type"] = "multipart/mixed; boundary=b"
        content = _multipart(step["part"]).encode()
        return await target.http.post("$batch", content=content, headers=headers)
    if "text" in step:
        headers["Content-Type"] = "application/json"
        return await target.http.request(step["method"], step["url"], content=step["text"].encode(), headers=headers)
    body = {"json": step["body"]} if "body" in step else {}
    return await target.http.request(step["method"], step["url"], headers=headers, **body)


def _multipart(parts: list[Step]) -> str:
    """A batch; parts with the same `set` make a change set, `times` repeats one."""
    pieces, position = [], 0
    while position < len(parts):
        name = parts[position].get("set")
        together = [parts[position]]
        while name and position + len(together) < len(parts) and parts[position + len(together)].get("set") == name:
            together.append(parts[position + len(together)])
        position += len(together)
        if name:
            inner = "".join(f"--c{LINE}{_inner(part)}{LINE}" for part in together)
            pieces.append(f"--b{LINE}Content-Type: multipart/mixed; boundary=c{LINE}{LINE}{inner}--c--{LINE}")
        else:
            pieces += [f"--b{LINE}{_inner(together[0])}{LINE}"] * together[0].get("times", 1)
    return "".join(pieces) + f"--b--{LINE}"


def _inner(part: Step) -> str:
    outer = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if "id" in part:
        outer.append(f"Content-ID: {part['id']}")
    headers = [f"{name}: {value}" for name, value in part.get("headers", {}).items()]
    body = ""
    if "body" in part:
        body = json.dumps(part["body"])
        headers.append("Content-Type: application/json")
    return LINE.join([*outer, "", f"{part['method']} {part['url']} HTTP/1.1", *headers, "", body])


def _check(step: Step, answer: httpx2.Response) -> None:
    assert answer.status_code == step["status"]
    if "code" in step:
        assert answer.json()["error"]["code"].lower() == step["code"].lower()
    if "message" in step:
        assert re.search(step["message"], answer.json()["error"]["message"]), "the message differs"
    for name, pattern in step.get("answer_headers", {}).items():
        assert re.fullmatch(pattern, answer.headers.get(name, "")), f"the header {name} differs"
    for path, expected in step.get("answer", {}).items():
        found = found_at(answer, path)
        assert found == expected, f"{path} is {found!r}"
    for name in step.get("absent", []):
        assert name not in answer.json(), f"{name} is there"
    if "rows" in step:
        assert len(answer.json()["value"]) == step["rows"]
    if "statuses" in step:
        found = [int(line.split(" ")[1]) for line in answer.text.splitlines() if line.startswith("HTTP/1.1 ")]
        assert found == step["statuses"]
    if "text_has" in step:
        assert step["text_has"] in answer.text
    if answer.status_code == 204:
        assert answer.content == b""
