"""Couplings that ended: what outlives them, until another coupling of the same records ends.

The generation that each ERP record's next coupling has is part of the id of a CRM row that we create: a row that was
deleted must never be created again under its old id. Records that are to stay uncoupled, because a person took them
apart or their counterpart was deleted for good, are remembered with the reason.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from crosstie.model.coupling import Coupling
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.words import MappingName, RecordId, Side
from crosstie.store.session import Keyed, Session, excluded, mine
from crosstie.store.statement import among, arg
from crosstie.store.tables import coupling, kept_apart, next_generation

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

_APART = Keyed(kept_apart)
_OF_SIDE = (mine(kept_apart), kept_apart.c.mapping == arg("mapping"), kept_apart.c.side == arg("side"))
_LEFT = sa.select(kept_apart).where(*_OF_SIDE, among(kept_apart.c.record_id, "ids"))
_NO_LONGER_APART = sa.delete(kept_apart).where(*_OF_SIDE, kept_apart.c.record_id == arg("record_id"))


class SqlPartings:
    """Implements :class:`~crosstie.synch.ports.decisions.Partings`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def end(self, couplings: Sequence[Coupling], stays: Reason | None = None) -> None:
        """Drop couplings and raise the generations of their ERP records; ``stays``: why these stay uncoupled."""
        ended = {(one.mapping, one.erp_id): one for one in couplings}.values()
        with self._session.transaction():
            pairs = [{"mapping": one.mapping, "erp_id": one.erp_id, "crm_id": one.crm_id} for one in ended]
            self._session.run_for_each(_END, pairs)
            self._session.upsert(
                _GENERATIONS,
                [{"mapping": one.mapping, "erp_id": one.erp_id, "generation": one.generation + 1} for one in ended],
            )
            records = [
                {"mapping": one.mapping, "side": side, "record_id": one.id_on(side)} for one in ended for side in Side
            ]
            if stays is None:
                self._session.run_for_each(_NO_LONGER_APART, records)
            else:
                why = {"reason": stays.code, "reason_data": dict(stays.data)}
                self._session.upsert(_APART, [{**record, **why} for record in records])

    def generations(self, mapping: MappingName, erp_ids: Sequence[RecordId]) -> Mapping[RecordId, int]:
        """The generation of the next coupling, of the ERP records that were coupled before."""
        found = self._session.rows(_OF_RECORDS, mapping=mapping, ids=erp_ids) if erp_ids else ()
        return {RecordId(row.erp_id): int(row.generation) for row in found}

    def left(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> Mapping[RecordId, Reason]:
        """Those of these uncoupled records that are to stay so, and why."""
        found = self._session.rows(_LEFT, mapping=mapping, side=side, ids=ids) if ids else ()
        return {RecordId(row.record_id): Reason(ReasonCode(row.reason), row.reason_data) for row in found}
