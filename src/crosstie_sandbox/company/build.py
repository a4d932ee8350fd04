"""Both databases of a company, made from its rows: either both are complete or a CompanyDataError is raised."""

from pathlib import Path

from crosstie_sandbox.businesscentral import load as erp
from crosstie_sandbox.businesscentral.database import Clock, IdSource, Settings
from crosstie_sandbox.company.data import MOST_PROBLEMS, CompanyData, CompanyDataError, Problem, Side
from crosstie_sandbox.dataverse import loading as crm

ERP_FILE = "erp.sqlite"
CRM_FILE = "crm.sqlite"


def build(folder: Path, data: CompanyData, *, clock: Clock, ids: IdSource) -> None:
    """Load the rows of both sides into files in a folder; problems of both are told together."""
    problems = [*_load_erp(folder, data, clock, ids), *_load_crm(folder, data, clock, ids)]
    if problems:
        raise CompanyDataError(problems[:MOST_PROBLEMS])


def _load_erp(folder: Path, data: CompanyData, clock: Clock, ids: IdSource) -> list[Problem]:
    rows = {entity_set: rows() for entity_set, rows in data.erp.items()}
    try:
        erp.load(folder / ERP_FILE, rows, clock=clock, ids=ids, settings=Settings())
    except erp.BadRowsError as refusal:
        return [_problem(data, "erp", bad) for bad in refusal.rows]
    return []


def _load_crm(folder: Path, data: CompanyData, clock: Clock, ids: IdSource) -> list[Problem]:
    rows = {entity_set: list(rows()) for entity_set, rows in data.crm.items()}
    try:
        crm.load(folder / CRM_FILE, rows, clock=clock, ids=ids)
    except crm.BadRowError as bad:
        return [_problem(data, "crm", bad)]
    return []


def _problem(data: CompanyData, side: Side, bad: erp.BadRow | crm.BadRowError) -> Problem:
    place = data.place(side, bad.entity_set, bad.row_number)
    return Problem(place.file, place.line, bad.column, str(bad.value or ""), bad.why)
