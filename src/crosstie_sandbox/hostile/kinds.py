"""The kinds of faults, as `kinds.toml` describes them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files


class Strikes(StrEnum):
    """Which requests a fault may strike."""

    ANY = "any"
    WRITE = "write"
    REPEATABLE = "repeatable"
    TOKEN = "token"  # noqa: S105 - a word of kinds.toml, no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault."""

    name: str
    what: str
    """What happens, in one sentence."""
    strikes: Strikes
    sign_in: bool = False
    """Whether it may strike a request for a token."""
    rest: int = 0
    """Requests that pass before it may strike again."""


def _read() -> dict[str, Kind]:
    tables = tomllib.loads(files(__package__).joinpath("kinds.toml").read_text(encoding="utf-8"))["kind"]
    return {table["name"]: Kind(**{**table, "strikes": Strikes(table["strikes"])}) for table in tables}


KINDS: Mapping[str, Kind] = _read()
"""All kinds by name, in the order of the file."""
