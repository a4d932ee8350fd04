"""A company from a folder of CSV files: `erp/<entitySet>.csv` and `crm/<entitySet>.csv`.

UTF-8 (with or without byte order mark), RFC 4180, headed by the API's property names; a lookup column holds the
target's natural key. Every file is read and checked before anything is loaded.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from crosstie_sandbox.businesscentral.load import loadable, loadable_sets
from crosstie_sandbox.company.crm_files import crm_columns, crm_sets
from crosstie_sandbox.company.data import CompanyData, CompanyDataError, Fields, Place, Problem, Rows, Side

SIDES: tuple[Side, Side] = ("erp", "crm")
_HEADING = 1


@dataclass(frozen=True, slots=True)
class _Table:
    file: str
    columns: tuple[str, ...]
    records: list[tuple[int, list[str]]]

    def fields(self) -> Iterator[Fields]:
        for _, record in self.records:
            yield dict(zip(self.columns, record, strict=True))


def is_company_folder(folder: Path) -> bool:
    """Whether a folder has the layout of this reader."""
    return any((folder / side).is_dir() for side in SIDES)


def read_folder(folder: Path) -> CompanyData:
    """Read a folder; raises CompanyDataError with everything that is wrong with its files."""
    problems: list[Problem] = []
    tables: dict[Side, dict[str, _Table]] = {"erp": {}, "crm": {}}
    for side in SIDES:
        known = sorted(loadable_sets() if side == "erp" else crm_sets())
        for path in sorted((folder / side).iterdir()) if (folder / side).is_dir() else []:
            name = f"{side}/{path.name}"
            if path.suffix != ".csv" or path.stem not in known:
                expected = [f"{entity_set}.csv" for entity_set in known]
                problems.append(Problem(name, None, "", "", f"unknown file{_hint(path.name, expected)}"))
                continue
            columns = loadable(path.stem) if side == "erp" else crm_columns(path.stem)
            table = _read(path, name, columns, problems)
            if table is not None:
                tables[side][path.stem] = table
    if not problems and not any(tables.values()):
        problems.append(Problem(str(folder), None, "", "", "the folder holds no erp/*.csv and no crm/*.csv"))
    if problems:
        raise CompanyDataError(problems)

    def place(side: Side, entity_set: str, row_number: int) -> Place:
        table = tables[side].get(entity_set)
        if table is None or not 0 < row_number <= len(table.records):
            return Place(f"{side}/{entity_set}.csv", row_number)
        return Place(table.file, table.records[row_number - 1][0])

    return CompanyData(_rows(tables["erp"]), _rows(tables["crm"]), place)


def _rows(tables: dict[str, _Table]) -> dict[str, Rows]:
    return {entity_set: table.fields for entity_set, table in tables.items()}


def _read(path: Path, name: str, known: Iterable[str], problems: list[Problem]) -> _Table | None:
    text = _decoded(path, name, problems)
    if text is None:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for record in reader:
            if record:
                records.append((before + 1, record))
            before = reader.line_num
    except csv.Error as reason:
        problems.append(Problem(name, reader.line_num, "", "", f"not CSV as RFC 4180 has it: {reason}"))
        return None
    if not records:
        problems.append(Problem(name, None, "", "", "the file is empty; its first line must name the columns"))
        return None
    heading = records.pop(0)[1]
    found = [*_heading_problems(name, heading, tuple(known)), *_ragged(name, heading, records)]
    problems.extend(found)
    return None if found else _Table(name, tuple(heading), records)


def _decoded(path: Path, name: str, problems: list[Problem]) -> str | None:
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = content.count(b"\n", 0, reason.start) + 1
        begin = content.rfind(b"\n", 0, reason.start) + 1
        shown = content[begin : reason.end].decode("utf-8", "replace").strip("\r\n")
        why = f"byte 0x{content[reason.start]:02x} is not UTF-8; save the file as UTF-8"
        problems.append(Problem(name, line, "", shown[-40:], why))
        return None


def _heading_problems(name: str, heading: list[str], known: tuple[str, ...]) -> Iterator[Problem]:
    for column in dict.fromkeys(heading):
        if column not in known:
            yield Problem(name, _HEADING, column, "", f"unknown column{_hint(column, known)}")
        elif heading.count(column) > 1:
            yield Problem(name, _HEADING, column, "", "the column stands twice in the heading")


def _ragged(name: str, heading: list[str], records: list[tuple[int, list[str]]]) -> Iterator[Problem]:
    for line, record in records:
        if len(record) != len(heading):
            yield Problem(name, line, "", "", f"{len(record)} fields where the heading has {len(heading)}")


def _hint(word: str, known: Iterable[str]) -> str:
    names = list(known)
    lower = {name.lower(): name for name in names}
    near = get_close_matches(word.lower(), lower, n=1, cutoff=0.5)
    return f"; did you mean {lower[near[0]]}?" if near else f"; known are {', '.join(names[:12])}"
