"""Couplings and bases in the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crosstie.model.coupling import Base, Coupling, Stamp
from crosstie.model.errors import UsageError
from crosstie.model.value import Json, value_from_json, value_to_json
from crosstie.model.words import JobId, MappingName, RecordId, Side, Version
from crosstie.store.session import Keyed, Session, mine
from crosstie.store.statement import Row, among, arg
from crosstie.store.tables import coupling

_PAGE = 1000

_COUPLINGS = Keyed(coupling, {"coupled_at": coupling.c.coupled_at})
_OF_MAPPING = sa.select(coupling).where(mine(coupling), coupling.c.mapping == arg("mapping"))
_BY_ID = {
    Side.ERP: _OF_MAPPING.where(among(coupling.c.erp_id, "ids")).order_by(coupling.c.erp_id),
    Side.CRM: _OF_MAPPING.where(among(coupling.c.crm_id, "ids")).order_by(coupling.c.erp_id),
}
_BY_NUMBER = _OF_MAPPING.where(among(coupling.c.erp_number, "ids")).order_by(coupling.c.erp_id)
_NEXT = _OF_MAPPING.where(coupling.c.erp_id > arg("last")).order_by(coupling.c.erp_id).limit(_PAGE)
_COUNT = sa.select(sa.func.count()).where(mine(coupling), coupling.c.mapping == arg("mapping"))
_RECENT = (
    sa.select(coupling)
    .where(mine(coupling))
    .order_by(
        coupling.c.synchronized_at.desc(), coupling.c.mapping, coupling.c.erp_number.nulls_last(), coupling.c.erp_id
    )
    .limit(arg("limit"))
)


class SqlCouplings:
    """Implements :class:`~crosstie.synch.ports.store.CouplingStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_id(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> Mapping[RecordId, Coupling]:
        """Couplings of these records, by the id on ``side``."""
        found = self._couplings(_BY_ID[side], mapping=mapping, ids=ids) if ids else []
        return {one.id_on(side): one for one in found}

    def by_key(self, mapping: MappingName, key: str, values: Sequence[str]) -> Sequence[Coupling]:
        """Couplings whose ERP ``id`` or ``number`` is one of ``values``."""
        statement = _BY_ID[Side.ERP] if key == "id" else _BY_NUMBER
        return self._couplings(statement, mapping=mapping, ids=values) if values else []

    def put(self, couplings: Iterable[Coupling], *, job: JobId, at: datetime) -> None:
        """Insert or replace; a record that is coupled to another one is refused by the database itself."""
        rows = [coupling_to_row(one) | {"coupled_at": at, "synchronized_at": at, "job_id": job} for one in couplings]
        if not rows:
            return
        try:
            # A savepoint: a refusal takes back the rows before the refused one, not what the transaction did earlier.
            with self._session.savepoint():
                self._session.upsert(_COUPLINGS, rows)
        except sa.exc.IntegrityError as error:
            raise UsageError(
                "A CRM row is coupled to another ERP record already; nothing was coupled.",
                "Uncouple the other record first, or choose another row.",
                str(error.orig),
            ) from error

    def count(self, mapping: MappingName) -> int:
        """How many couplings a mapping has."""
        return int(self._session.scalar(_COUNT, mapping=mapping))

    def all(self, mapping: MappingName) -> Iterator[Coupling]:
        """Every coupling of a mapping, a page at a time."""
        last = ""
        while page := self._couplings(_NEXT, mapping=mapping, last=last):
            yield from page
            last = page[-1].erp_id

    def recent(self, limit: int) -> Sequence[tuple[datetime, Coupling]]:
        """The couplings that were synchronized last, of all mappings, with the time."""
        return [(row.synchronized_at, coupling_from_row(row)) for row in self._session.rows(_RECENT, limit=limit)]

    def _couplings(self, statement: sa.Select[Any], **arguments: object) -> Sequence[Coupling]:
        return [coupling_from_row(row) for row in self._session.rows(statement, **arguments)]


def coupling_to_row(one: Coupling) -> dict[str, object]:
    """The columns of a coupling."""
    return {
        "mapping": one.mapping,
        "erp_id": one.erp_id,
        "crm_id": one.crm_id,
        "generation": one.generation,
        "erp_number": one.erp_number,
        "erp_version": one.erp_version,
        "crm_version": one.crm_version,
        "base": {
            name: [[value_to_json(value) for value in base.erp], [value_to_json(value) for value in base.crm]]
            for name, base in one.base.items()
        },
        "stamps": {side: [stamp.version, value_to_json(stamp.edited_at)] for side, stamp in one.stamps.items()},
    }


def coupling_from_row(row: Row) -> Coupling:
    """A coupling from its columns."""
    base: dict[str, tuple[list[Json], list[Json]]] = row.base
    return Coupling(
        mapping=MappingName(row.mapping),
        erp_id=RecordId(row.erp_id),
        crm_id=RecordId(row.crm_id),
        generation=row.generation,
        erp_number=row.erp_number,
        erp_version=None if row.erp_version is None else Version(row.erp_version),
        crm_version=None if row.crm_version is None else Version(row.crm_version),
        base={
            name: Base(erp=tuple(map(value_from_json, erp)), crm=tuple(map(value_from_json, crm)))
            for name, (erp, crm) in base.items()
        },
        stamps={Side(side): _stamp(*stamp) for side, stamp in row.stamps.items()},
    )


def _stamp(version: str, edited_at: Json) -> Stamp:
    at = value_from_json(edited_at)
    return Stamp(Version(version), at if isinstance(at, datetime) else None)
