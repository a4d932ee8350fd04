"""The change inbox: one row per record of a table, its latest version, and its place in the order of changes.

A whole pass lists every record; what it did not list is noted as gone (``version`` NULL), to be believed only after a
read by key. A mapping's cursor is a place; records after it are what the mapping has to look at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crosstie.model.record import Change
from crosstie.model.value import values_from_json, values_to_json
from crosstie.model.words import MappingName, RecordId, Side
from crosstie.store.couplings import coupling_from_row
from crosstie.store.session import Keyed, Session, excluded, mine
from crosstie.store.statement import among, arg
from crosstie.store.tables import change_feed, change_inbox, coupling, inbox_cursor, inbox_place
from crosstie.synch.ports.store import Ahead, Pass, Pending

_GONE_PER_PAGE = 1000

_HAS_MOVED = excluded("version").is_distinct_from(change_inbox.c.version)
# A late page of a pass that was overtaken must not hide that the newer pass listed the record.
_IS_NEWER_PASS = excluded("pass_number") > change_inbox.c.pass_number
_RECORDS = Keyed(
    change_inbox,
    {
        "seq": sa.case((_HAS_MOVED, excluded("seq")), else_=change_inbox.c.seq),
        "pass_number": sa.case((_IS_NEWER_PASS, excluded("pass_number")), else_=change_inbox.c.pass_number),
    },
)
_CURSORS = Keyed(inbox_cursor)
# Columns are compared as they are stored: PostgreSQL's JSON type knows no equality.
_IS_SAME_COLUMNS = sa.cast(excluded("columns"), sa.Text) == sa.cast(change_feed.c.columns, sa.Text)
_FEEDS = Keyed(
    change_feed,
    {
        "columns": excluded("columns"),
        "token": sa.case((_IS_SAME_COLUMNS, change_feed.c.token)),
        "pass_number": change_feed.c.pass_number + 1,
    },
)
_PLACES = Keyed(inbox_place, {"seq": inbox_place.c.seq + excluded("seq")})

_OF_FEED = sa.and_(mine(change_feed), change_feed.c.side == arg("side"), change_feed.c.table_name == arg("table"))
_MOVE_FEED = (
    sa.update(change_feed).where(_OF_FEED, change_feed.c.pass_number == arg("number")).values(token=arg("token"))
)
_CURSOR = sa.select(inbox_cursor.c.seq).where(
    mine(inbox_cursor), inbox_cursor.c.mapping == arg("mapping"), inbox_cursor.c.side == arg("side")
)
_OF_TABLE = sa.and_(mine(change_inbox), change_inbox.c.side == arg("side"), change_inbox.c.table_name == arg("table"))
_HORIZON = sa.select(sa.func.max(change_inbox.c.seq)).where(_OF_TABLE)
_MISSED = (
    sa.select(change_inbox.c.record_id, change_inbox.c.filter_values)
    .where(_OF_TABLE, change_inbox.c.pass_number < arg("number"), change_inbox.c.version.is_not(None))
    .limit(_GONE_PER_PAGE)
)


@dataclass(frozen=True, slots=True)
class _Queries:
    """The queries on a range of the inbox of one side, each record beside its coupling."""

    ahead: sa.Select[Any, int, int]
    pending: sa.Select[Any]
    pending_of: sa.Select[Any]


def _queries(id_: sa.Column[Any], version: sa.Column[Any]) -> _Queries:
    """``id_`` and ``version`` are the coupling's columns of the side."""
    on = sa.and_(mine(coupling), coupling.c.mapping == arg("mapping"), id_ == change_inbox.c.record_id)
    is_echo = sa.and_(coupling.c.erp_id.is_not(None), change_inbox.c.version.is_not_distinct_from(version))
    wanted = (change_inbox.c.record_id, change_inbox.c.seq, change_inbox.c.version, change_inbox.c.filter_values)
    own = (column for column in coupling.c if column.name != "connection_id")

    def in_range(*columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        within = (_OF_TABLE, change_inbox.c.seq > arg("after"), change_inbox.c.seq <= arg("upto"))
        return sa.select(*columns).select_from(change_inbox.outerjoin(coupling, on)).where(*within)

    pending = in_range(*(column.label(f"inbox_{column.name}") for column in wanted), *own).where(sa.not_(is_echo))
    return _Queries(
        ahead=sa.select(
            sa.func.max(change_inbox.c.seq).label("upto"),
            sa.func.count().filter(is_echo).label("echoes"),
            sa.func.count().filter(sa.not_(is_echo)).label("pending"),
        )
        .select_from(change_inbox.outerjoin(coupling, on))
        .where(_OF_TABLE, change_inbox.c.seq > arg("after")),
        pending=pending.order_by(change_inbox.c.seq).limit(arg("limit")),
        pending_of=in_range(change_inbox.c.record_id).where(sa.not_(is_echo), among(change_inbox.c.record_id, "ids")),
    )


_BY_SIDE = {
    Side.ERP: _queries(coupling.c.erp_id, coupling.c.erp_version),
    Side.CRM: _queries(coupling.c.crm_id, coupling.c.crm_version),
}


class SqlChangeInbox:
    """Implements :class:`~crosstie.synch.ports.store.ChangeInbox`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin_pass(self, side: Side, table: str, columns: Sequence[str]) -> Pass:
        """Start a pass; other columns than before make the old token worthless."""
        row = {"side": side, "table_name": table, "columns": list(columns), "token": None, "pass_number": 1}
        begun = self._session.hold(_FEEDS, row)
        return Pass(number=int(begun.pass_number), token=begun.token)

    def add(self, side: Side, table: str, number: int, changes: Sequence[Change]) -> None:
        """Note changes; a version that is known already keeps its place."""
        latest = {change.id: change for change in changes}
        rows: list[dict[str, object]] = [
            {
                "side": side,
                "table_name": table,
                "record_id": change.id,
                "version": change.version,
                "filter_values": values_to_json(change.values),
                "pass_number": number,
            }
            for change in latest.values()
        ]
        if rows:
            self._put(rows)

    def finish_pass(self, side: Side, table: str, number: int, token: str, *, is_complete_set: bool) -> None:
        """Move the feed on; what a complete set did not list is noted as gone.

        A pass that was overtaken leaves the token alone: the newer one may have been read with other columns.
        """
        with self._session.transaction():
            if is_complete_set:
                self._note_gone(side, table, number)
            self._session.run(_MOVE_FEED, side=side, table=table, number=number, token=token)

    def cursor(self, mapping: MappingName, side: Side) -> int:
        """Up to where the mapping has looked at the changes of a side."""
        return int(self._session.scalar(_CURSOR, mapping=mapping, side=side) or 0)

    def move_cursor(self, mapping: MappingName, side: Side, seq: int) -> None:
        """Remember how far the mapping has looked."""
        self._session.upsert(_CURSORS, [{"mapping": mapping, "side": side, "seq": seq}])

    def horizon(self, side: Side, table: str) -> int:
        """The place of the newest change."""
        return int(self._session.scalar(_HORIZON, side=side, table=table) or 0)

    def ahead(self, mapping: MappingName, side: Side, table: str, *, after: int) -> Ahead:
        """What lies after a place: up to where, how many echoes, how many records to look at."""
        found = self._session.rows(_BY_SIDE[side].ahead, mapping=mapping, side=side, table=table, after=after)[0]
        upto = after if found.upto is None else int(found.upto)
        return Ahead(after=after, upto=upto, echoes=int(found.echoes), pending=int(found.pending))

    def pending(
        self, mapping: MappingName, side: Side, table: str, *, after: int, upto: int, limit: int
    ) -> Sequence[Pending]:
        """The next records of this range that are not echoes, in order."""
        where = {"mapping": mapping, "side": side, "table": table, "after": after, "upto": upto}
        return [
            Pending(
                id=RecordId(row.inbox_record_id),
                seq=row.inbox_seq,
                is_gone=row.inbox_version is None,
                values=values_from_json(row.inbox_filter_values),
                coupling=None if row.erp_id is None else coupling_from_row(row),
            )
            for row in self._session.rows(_BY_SIDE[side].pending, **where, limit=limit)
        ]

    def pending_among(
        self, mapping: MappingName, side: Side, table: str, ids: Sequence[RecordId], *, after: int, upto: int
    ) -> frozenset[RecordId]:
        """Which of these records :meth:`pending` would list in this range."""
        if not ids:
            return frozenset()
        where = {"mapping": mapping, "side": side, "table": table, "after": after, "upto": upto}
        rows = self._session.rows(_BY_SIDE[side].pending_of, **where, ids=ids)
        return frozenset(RecordId(row.record_id) for row in rows)

    def _put(self, rows: list[dict[str, object]]) -> None:
        with self._session.transaction():
            place = self._take_places(len(rows))
            for offset, row in enumerate(rows):
                row["seq"] = place + offset
            self._session.upsert(_RECORDS, rows)

    def _take_places(self, count: int) -> int:
        """Reserve places; returns the first one. The row lock makes the order of places the order of commits."""
        return int(self._session.hold(_PLACES, {"seq": count}).seq) - count + 1

    def _note_gone(self, side: Side, table: str, number: int) -> None:
        while rows := self._session.rows(_MISSED, side=side, table=table, number=number):
            self._put(
                [
                    {
                        "side": side,
                        "table_name": table,
                        "record_id": row.record_id,
                        "version": None,
                        "filter_values": row.filter_values,
                        "pass_number": number,
                    }
                    for row in rows
                ]
            )
