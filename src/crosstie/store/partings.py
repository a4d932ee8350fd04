"""Couplings that ended, and the generation that each ERP record's next coupling has.

The generation is part of the id of a CRM row that we create, and must outlive the coupling: a row that was deleted must
never be created again under its old id.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import sqlalchemy as sa

from crosstie.model.coupling import Coupling
from crosstie.model.reason import ReasonCode
from crosstie.model.words import MappingName, RecordId, Side
from crosstie.store.session import Keyed, Session, excluded, mine
from crosstie.store.statement import among, arg
from crosstie.store.tables import coupling, next_generation, record_outcome

_KNOWN: sa.ColumnElement[int] = next_generation.c.generation
_GENERATIONS = Keyed(
    next_generation,
    {"generation": sa.case((excluded("generation") > _KNOWN, excluded("generation")), else_=_KNOWN)},
)
_OF_RECORDS = sa.select(next_generation).where(
    mine(next_generation), next_generation.c.mapping == arg("mapping"), among(next_generation.c.erp_id, "ids")
)
_END = sa.delete(coupling).where(
    mine(coupling),
    coupling.c.mapping == arg("mapping"),
    coupling.c.erp_id == arg("erp_id"),
    coupling.c.crm_id == arg("crm_id"),
)

_LEFT = sa.select(record_outcome.c.record_id).where(
    mine(record_outcome),
    record_outcome.c.mapping == arg("mapping"),
    record_outcome.c.side == arg("side"),
    among(record_outcome.c.record_id, "ids"),
    record_outcome.c.reason == ReasonCode.UNCOUPLED,
)


class SqlPartings:
    """Implements :class:`~crosstie.synch.ports.decisions.Partings`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def end(self, couplings: Sequence[Coupling]) -> None:
        """Drop couplings and raise the generations of their ERP records."""
        ended = {(one.mapping, one.erp_id): one for one in couplings}.values()
        with self._session.transaction():
            pairs = [{"mapping": one.mapping, "erp_id": one.erp_id, "crm_id": one.crm_id} for one in ended]
            self._session.run_for_each(_END, pairs)
            self._session.upsert(
                _GENERATIONS,
                [{"mapping": one.mapping, "erp_id": one.erp_id, "generation": one.generation + 1} for one in ended],
            )

    def generations(self, mapping: MappingName, erp_ids: Sequence[RecordId]) -> Mapping[RecordId, int]:
        """The generation of the next coupling, of the ERP records that were coupled before."""
        found = self._session.rows(_OF_RECORDS, mapping=mapping, ids=erp_ids) if erp_ids else ()
        return {RecordId(row.erp_id): int(row.generation) for row in found}

    def left(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> AbstractSet[RecordId]:
        """Which of these uncoupled records were left behind when their counterpart was deleted, for good."""
        found = self._session.rows(_LEFT, mapping=mapping, side=side, ids=ids) if ids else ()
        return {RecordId(row.record_id) for row in found}
