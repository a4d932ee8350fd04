"""What the mass-change guard counts: coupled records that vanished or left a filter, deletes, blanked fields."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import sqlalchemy as sa

from crosstie.model.reason import ReasonCode
from crosstie.model.words import MappingName, RecordId, Side
from crosstie.store.session import Keyed, Session, mine
from crosstie.store.statement import among, arg
from crosstie.store.tables import change_inbox, coupling, guard_count, record_outcome

_OF_TABLE = (mine(change_inbox), change_inbox.c.side == arg("side"), change_inbox.c.table_name == arg("table"))


def _vanished(side: Side) -> sa.Select[int]:
    """Coupled records noted as gone in a range of the inbox that their mapping has not taken up yet."""
    id_ = coupling.c.erp_id if side is Side.ERP else coupling.c.crm_id
    version = coupling.c.erp_version if side is Side.ERP else coupling.c.crm_version
    both = change_inbox.join(
        coupling, sa.and_(mine(coupling), coupling.c.mapping == arg("mapping"), id_ == change_inbox.c.record_id)
    )
    return (
        sa.select(sa.func.count())
        .select_from(both)
        .where(
            *_OF_TABLE,
            change_inbox.c.seq > arg("after"),
            change_inbox.c.seq <= arg("upto"),
            change_inbox.c.version.is_(None),
            version.is_not(None),
        )
    )


def _never_listed(side: Side) -> sa.Select[str]:
    id_ = coupling.c.erp_id if side is Side.ERP else coupling.c.crm_id
    listed = sa.exists().where(*_OF_TABLE, change_inbox.c.record_id == id_)
    of = (mine(coupling), coupling.c.mapping == arg("mapping"))
    return sa.select(id_.label("record_id")).where(*of, sa.not_(listed)).limit(arg("limit"))


_NEVER_LISTED = {side: _never_listed(side) for side in Side}
_VANISHED = {side: _vanished(side) for side in Side}
_ANY_LISTED = sa.select(change_inbox.c.record_id).where(*_OF_TABLE, change_inbox.c.version.is_not(None)).limit(1)
_OF_MAPPING = (mine(guard_count), guard_count.c.mapping == arg("mapping"))
_COUNTED = sa.select(guard_count).where(*_OF_MAPPING)
_FORGET = sa.delete(guard_count).where(*_OF_MAPPING)
_COUNTS = Keyed(guard_count)
_LEFT_FILTER = sa.select(record_outcome.c.record_id).where(
    mine(record_outcome),
    record_outcome.c.mapping == arg("mapping"),
    among(record_outcome.c.record_id, "ids"),
    record_outcome.c.reason == ReasonCode.LEFT_FILTER,
)


class SqlMassChanges:
    """Implements :class:`~crosstie.synch.ports.decisions.MassChanges`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def vanished(self, mapping: MappingName, side: Side, table: str, *, after: int, upto: int) -> int:
        """How many coupled records of this range are gone and were not taken up yet."""
        found = self._session.scalar(_VANISHED[side], mapping=mapping, side=side, table=table, after=after, upto=upto)
        return int(found)

    def never_listed(self, mapping: MappingName, side: Side, table: str, limit: int) -> Sequence[RecordId]:
        """Coupled records that the feed of the table knows nothing of."""
        found = self._session.rows(_NEVER_LISTED[side], mapping=mapping, side=side, table=table, limit=limit)
        return [RecordId(row.record_id) for row in found]

    def is_empty(self, side: Side, table: str) -> bool:
        """Whether the feed lists no record of the table any more."""
        return not self._session.rows(_ANY_LISTED, side=side, table=table)

    def left_filter(self, mapping: MappingName, ids: Sequence[RecordId]) -> AbstractSet[RecordId]:
        """Which of these records, of either side, were outside the filter when they were last looked at."""
        found = self._session.rows(_LEFT_FILTER, mapping=mapping, ids=ids) if ids else ()
        return {RecordId(row.record_id) for row in found}

    def counted(self, mapping: MappingName) -> Mapping[tuple[Side, str], int]:
        """What was counted since a job of the mapping last finished, by side."""
        found = self._session.rows(_COUNTED, mapping=mapping)
        return {(Side(row.side), str(row.what)): int(row.records) for row in found}

    def note(self, mapping: MappingName, counted: Mapping[tuple[Side, str], int]) -> None:
        """Remember these counts; without any, forget them."""
        with self._session.transaction():
            self._session.run(_FORGET, mapping=mapping)
            self._session.upsert(
                _COUNTS,
                [
                    {"mapping": mapping, "side": side, "what": what, "records": records}
                    for (side, what), records in counted.items()
                ],
            )
