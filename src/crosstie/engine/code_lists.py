"""Lists of codes that rules translate by: countries (ISO 3166) and languages (ISO 639-1 and Windows' LCID).

The lists are constants of the package, kept as CSV so that they can be read and corrected without code.
"""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def country_names() -> Mapping[str, str]:
    """English short name by two-letter code."""
    return {row["alpha2"]: row["name"] for row in _rows("countries.csv")}


def country_alpha3() -> Mapping[str, str]:
    """Three-letter code by two-letter code."""
    return {row["alpha2"]: row["alpha3"] for row in _rows("countries.csv")}


def language_lcids() -> Mapping[str, int]:
    """LCID of the language's main form by two-letter code."""
    return {row["tag"]: int(row["lcid"]) for row in _rows("languages.csv")}


@cache
def _rows(name: str) -> tuple[Mapping[str, str], ...]:
    file = files("crosstie.defaults") / "data" / name
    return tuple(csv.DictReader(file.read_text("utf-8").splitlines()))
