"""Permission sets: who may read, write and administer."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from crosstie_sandbox.businesscentral.calls import Call
from crosstie_sandbox.businesscentral.errors import ApiError

SUPER = "SUPER"
ORDINARY = "D365 BUS FULL ACCESS"
AUTOMATION = "D365 AUTOMATION"
_WORDS = {"GET": "Read", "POST": "Insert", "PATCH": "Modify", "DELETE": "Delete"}


def permission_sets() -> tuple[str, ...]:
    """The names of all permission sets."""
    return tuple(_data()["sets"])


def licenses() -> tuple[str, ...]:
    """The names of the kinds of licence."""
    return tuple(_data()["licenses"]["names"])


def may_administer(permission_set: str) -> bool:
    """Whether a set allows to change users and web services."""
    return "administer" in _rights(permission_set)


def check_permission(call: Call, table: str) -> None:
    """Refuse what the caller's permission set does not allow on a table."""
    needed = "read" if call.method == "GET" else "write"
    if needed == "write" and table in _data()["tables"]["administered"]:
        needed = "administer"
    if needed not in _rights(call.permission_set):
        what = f"TableData {table} {_WORDS.get(call.method, call.method)}"
        raise ApiError(
            403,
            "Authorization_RequestDenied",
            f"Sorry, the current permissions prevented the action. ({what}; permission set: {call.permission_set})",
        )


def _rights(permission_set: str) -> list[str]:
    sets: Mapping[str, list[str]] = _data()["sets"]
    return sets.get(permission_set, [])


@cache
def _data() -> dict[str, Any]:
    folder = files("crosstie_sandbox.businesscentral.users")
    return tomllib.loads(folder.joinpath("permissions.toml").read_text(encoding="utf-8"))
