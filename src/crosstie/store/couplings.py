"""Couplings and bases in the database."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crosstie.model.coupling import Base, Coupling
from crosstie.model.errors import UsageError
from crosstie.model.value import Json, value_from_json, value_to_json
from crosstie.model.words import JobId, MappingName, RecordId, Side, Version
from crosstie.store.session import Session
from crosstie.store.tables import coupling

_PAGE = 1000


class SqlCouplings:
    """Implements :class:`~crosstie.synch.ports.store.CouplingStore`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_id(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> Mapping[RecordId, Coupling]:
        """Couplings of these records, by the id on ``side``."""
        column = coupling.c.erp_id if side is Side.ERP else coupling.c.crm_id
        found = self._select(mapping, column.in_(ids)) if ids else []
        return {one.id_on(side): one for one in found}

    def by_key(self, mapping: MappingName, key: str, values: Sequence[str]) -> Sequence[Coupling]:
        """Couplings whose ERP ``id`` or ``number`` is one of ``values``."""
        column = coupling.c.erp_id if key == "id" else coupling.c.erp_number
        return self._select(mapping, column.in_(values)) if values else []

    def put(self, couplings: Iterable[Coupling], *, job: JobId, at: datetime) -> None:
        """Insert or replace; a record that is coupled to another one is refused by the database itself."""
        rows = [coupling_to_row(one) | {"coupled_at": at, "synchronized_at": at, "job_id": job} for one in couplings]
        try:
            # A savepoint: a refusal takes back the rows before the refused one, not what the transaction did earlier.
            with self._session.transaction() as connection, connection.begin_nested():
                self._session.upsert(coupling, rows, {"coupled_at": coupling.c.coupled_at})
        except sa.exc.IntegrityError as error:
            raise UsageError(
                "A CRM row is coupled to another ERP record already; nothing was coupled.",
                "Uncouple the other record first, or choose another row.",
                str(error.orig),
            ) from error

    def count(self, mapping: MappingName) -> int:
        """How many couplings a mapping has."""
        where = sa.and_(self._session.mine(coupling), coupling.c.mapping == mapping)
        return int(self._session.scalar(sa.select(sa.func.count()).select_from(coupling).where(where)))

    def all(self, mapping: MappingName) -> Iterator[Coupling]:
        """Every coupling of a mapping, a page at a time."""
        last = ""
        while page := self._select(mapping, coupling.c.erp_id > last, limit=_PAGE):
            yield from page
            last = page[-1].erp_id

    def recent(self, limit: int) -> Sequence[tuple[datetime, Coupling]]:
        """The couplings that were synchronized last, of all mappings, with the time."""
        number = coupling.c.erp_number.nulls_last()
        newest = (coupling.c.synchronized_at.desc(), coupling.c.mapping, number, coupling.c.erp_id)
        statement = sa.select(coupling).where(self._session.mine(coupling)).order_by(*newest).limit(limit)
        return [(row.synchronized_at, coupling_from_row(row)) for row in self._session.rows(statement)]

    def _select(
        self, mapping: MappingName, where: sa.ColumnElement[bool], limit: int | None = None
    ) -> Sequence[Coupling]:
        statement = sa.select(coupling).where(self._session.mine(coupling), coupling.c.mapping == mapping, where)
        return [
            coupling_from_row(row) for row in self._session.rows(statement.order_by(coupling.c.erp_id).limit(limit))
        ]


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
    }


def coupling_from_row(row: sa.Row[Any]) -> Coupling:
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
    )
