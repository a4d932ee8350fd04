"""What is asked for with `--faults`: which faults, how often, from which seed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from crosstie_sandbox.hostile.kinds import KINDS, Kind
from crosstie_sandbox.problems import StartError

_ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A fault plan; the faults follow from it and from the order of the requests."""

    seed: int = 0
    chance: float = 0.05
    """How often a request is struck, from 0 to 1."""
    kinds: Sequence[Kind] = tuple(KINDS.values())
    retry_after: int = 1
    """Seconds that a refusal asks to wait."""
    late: float = 5.0
    """Longest time in seconds that a late effect is under way."""
    passed_by: int = 12
    """Most requests that pass one that lands late."""
    slow: float = 1.0
    """Longest time in seconds that an answer is held back or trickles."""


def read_plan(spec: str, seed: int = 0) -> Plan:
    """Read `seed=7,chance=0.05,kinds=lost-answer+throttle`; raises StartError for anything else.

    `seed` is the program's own, for a plan that has none.
    """
    values: dict[str, Any] = {}
    for part in spec.split(","):
        name, equals, text = (piece.strip() for piece in part.partition("="))
        read = _READERS.get(name)
        if read is None or not equals:
            raise _refusal(f"'{part.strip()}' is none of {', '.join(f'{known}=…' for known in _READERS)}")
        if name in values:
            raise _refusal(f"'{name}' is given twice")
        values[name] = read(name, text)
    return Plan(**{"seed": seed} | {name.replace("-", "_"): value for name, value in values.items()})


def _number(name: str, text: str, convert: Callable[[str], float], least: float, most: float) -> float:
    try:
        number = convert(text)
    except ValueError:
        number = None
    if number is None or not least <= number <= most:
        whole = "a whole number" if convert is int else "a number"
        raise _refusal(f"{name}={text} is not {whole} from {least:g} to {most:g}")
    return number


def _kinds(name: str, text: str) -> tuple[Kind, ...]:
    names = list(KINDS) if text == _ALL else [one.strip() for one in text.split("+")]
    unknown = [one for one in names if one not in KINDS]
    if unknown:
        raise _refusal(f"{name}={text} names no kind of fault that there is: {', '.join(map(repr, unknown))}")
    return tuple(kind for kind in KINDS.values() if kind.name in names)


_READERS: Mapping[str, Callable[[str, str], object]] = MappingProxyType(
    {
        "seed": lambda name, text: _number(name, text, int, 0, 2**63),
        "chance": lambda name, text: _number(name, text, float, 0, 1),
        "kinds": _kinds,
        "retry-after": lambda name, text: _number(name, text, int, 0, 3600),
        "late": lambda name, text: _number(name, text, float, 0, 3600),
        "passed-by": lambda name, text: _number(name, text, int, 1, 10**6),
        "slow": lambda name, text: _number(name, text, float, 0, 3600),
    }
)


def _refusal(what: str) -> StartError:
    return StartError(
        "usage",
        f"--faults cannot be understood: {what}. Nothing was started.",
        "Write for example --faults seed=7,chance=0.05,kinds=lost-answer+throttle "
        f"(kinds: {_ALL}, or any of {', '.join(KINDS)}).",
    )
