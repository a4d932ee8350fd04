"""Reading ``tables/*.toml``: what a table is called on the wire, and its columns as data.

An installation may declare more: columns of its own, or whole tables, in the same form.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from crosstie.model.errors import UsageError
from crosstie.model.schema import Column, Kind

Entry: TypeAlias = Mapping[str, str | int | bool]
"""One column as the file has it: ``kind``, ``length``, ``scale`` and what only its connector understands."""
TableFile: TypeAlias = Mapping[str, str | Mapping[str, Entry]]


@cache
def table_files(package: str) -> Mapping[str, TableFile]:
    """The table files of the connector ``package``, by table."""
    folder = files(package) / "tables"
    return {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def with_declared(
    shipped: Mapping[str, TableFile], declared: Mapping[str, TableFile], blank: Callable[[str], TableFile]
) -> Mapping[str, TableFile]:
    """The shipped tables with what is declared besides; a declaration wins over what is shipped.

    ``blank`` gives what every table of the system has, for one that is not shipped.
    """
    result = dict(shipped)
    for name, more in declared.items():
        ours = result.get(name) or blank(name)
        result[name] = {**ours, **more, "columns": {**entries_of(ours), **entries_of(more)}}
    return result


def text_of(file: TableFile, name: str) -> str:
    """A text at the top of the file."""
    value = file[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a text")
    return value


def entries_of(file: TableFile) -> Mapping[str, Entry]:
    """The columns' entries, in the order of the file."""
    entries = file.get("columns", {})
    if isinstance(entries, str):
        raise TypeError("columns is not a table")
    return entries


def column_of(name: str, entry: Entry) -> Column:
    """The column that ``entry`` describes."""
    length, scale = entry.get("length"), entry.get("scale")
    return Column(
        name=name,
        kind=Kind(str(entry["kind"])),
        length=None if length is None else int(length),
        scale=None if scale is None else int(scale),
        is_writable=bool(entry.get("is_writable", True)),
        is_insert_only=bool(entry.get("is_insert_only", False)),
        is_searchable="derived_from" not in entry,
    )


def no_such(what: str, name: str, known: Iterable[str]) -> UsageError:
    """Nothing is called ``name``; what may have been meant."""
    known = sorted(known)
    close = get_close_matches(name, known, n=3)
    words = f"Did you mean {', '.join(close)}?" if close else f"Known: {', '.join(known)}."
    return UsageError(f"{what} {name!r} is not known.", words)
