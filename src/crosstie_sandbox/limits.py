"""What is asked for with `--limits`: a profile of `limits.toml`, single limits such as `crm.requests=50`, or both.

The names are those of the fields of each server's `Limits`, without the unit: `window` for `window_seconds`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from crosstie_sandbox.businesscentral.limits import VENDOR_LIMITS as ERP_VENDOR_LIMITS
from crosstie_sandbox.businesscentral.limits import Limits as ErpLimits
from crosstie_sandbox.dataverse.limits import VENDOR_LIMITS as CRM_VENDOR_LIMITS
from crosstie_sandbox.dataverse.limits import Limits as CrmLimits
from crosstie_sandbox.problems import StartError

_UNITS = ("_seconds", "_bytes")
_SCALES: Mapping[str, float] = MappingProxyType({"ms": 0.001, "s": 1, "min": 60, "h": 3600, "": 1})
_TRUTHS: Mapping[str, bool] = MappingProxyType({"yes": True, "no": False})
_LARGEST = 10**12


@dataclass(frozen=True, slots=True)
class AllLimits:
    """The limits of both servers."""

    crm: CrmLimits = CRM_VENDOR_LIMITS
    erp: ErpLimits = ERP_VENDOR_LIMITS


def read_limits(spec: str) -> AllLimits:
    """Read `low,crm.requests=50,crm.window=10s`; raises StartError for anything else."""
    values: dict[str, dict[str, Any]] = {"crm": {}, "erp": {}}
    given: set[str] = set()
    for part in (piece.strip() for piece in spec.split(",")):
        if part in _profiles():
            if given:
                raise _refusal(f"the profile '{part}' must come first, and only one can be given")
            values = {side: dict(_profiles()[part].get(side, {})) for side in values}
            given.add(part)
            continue
        name, equals, text = (piece.strip() for piece in part.partition("="))
        if name in given:
            raise _refusal(f"'{name}' is given twice")
        given.add(name)
        side, _, limit = name.partition(".")
        field = _names(side).get(limit) if side in values else None
        if field is None or not equals:
            raise _refusal(f"'{part}' is no profile and no limit")
        values[side][field] = _value(name, field, text, getattr(getattr(AllLimits(), side), field))
        if side == "erp":
            values[side].setdefault("on_premises", True)  # whoever names a limit means the address that is shown
    return AllLimits(replace(CRM_VENDOR_LIMITS, **values["crm"]), replace(ERP_VENDOR_LIMITS, **values["erp"]))


@cache
def _profiles() -> dict[str, Any]:
    return tomllib.loads(files("crosstie_sandbox").joinpath("limits.toml").read_text(encoding="utf-8"))


def _names(side: str) -> dict[str, str]:
    """The fields of a server's limits by the names that people write."""
    found = fields(CrmLimits if side == "crm" else ErpLimits)
    return {_without_unit(one.name).replace("_", "-"): one.name for one in found}


def _without_unit(field: str) -> str:
    for unit in _UNITS:
        field = field.removesuffix(unit)
    return field


def _value(name: str, field: str, text: str, vendor: object) -> object:
    if isinstance(vendor, bool):
        if text not in _TRUTHS:
            raise _refusal(f"{name}={text} is neither yes nor no")
        return _TRUTHS[text]
    number, scale = text, ""
    if field.endswith("_seconds"):
        number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
        scale = text[len(number) :]
    whole = isinstance(vendor, int)
    try:
        amount = float(number) * _SCALES[scale]
    except (ValueError, KeyError):
        amount = -1
    if not 0 < amount <= _LARGEST or (whole and amount != int(amount)):
        kind = "a whole number above 0" if whole else "a number above 0"
        unit = " of seconds (or as 10s, 5min)" if field.endswith("_seconds") else ""
        raise _refusal(f"{name}={text} is not {kind}{unit}")
    return int(amount) if whole else amount


def _refusal(what: str) -> StartError:
    known = ", ".join(f"{side}.{name}" for side in ("crm", "erp") for name in _names(side))
    return StartError(
        "usage",
        f"--limits cannot be understood: {what}. Nothing was started.",
        f"Write a profile ({', '.join(_profiles())}), or for example --limits crm.requests=50,crm.window=10s; "
        f"limits are {known}.",
    )
