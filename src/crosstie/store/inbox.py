"""The change inbox: one row per record of a table, its latest version, and its place in the order of changes.

A whole pass lists every record; what it did not list is noted as gone (``version`` NULL), to be believed only after a
read by key. A mapping's cursor is a place; records after it are what the mapping has to look at.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from crosstie.model.record import Change
from crosstie.model.value import values_from_json, values_to_json
from crosstie.model.words import MappingName, RecordId, Side
from crosstie.store.couplings import coupling_from_row
from crosstie.store.session import Session
from crosstie.store.tables import change_feed, change_inbox, coupling, inbox_cursor, inbox_place
from crosstie.synch.ports.store import Feed, Pending

_GONE_PER_PAGE = 1000


class SqlChangeInbox:
    """Implements :class:`~crosstie.synch.ports.store.ChangeInbox`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def feed(self, side: Side, table: str) -> Feed | None:
        """Where the feed of the table stands; ``None``: never read."""
        rows = self._session.rows(sa.select(change_feed).where(self._of_feed(side, table)))
        if not rows:
            return None
        return Feed(columns=tuple(rows[0].columns), token=rows[0].token, number=rows[0].pass_number)

    def begin_pass(self, side: Side, table: str, columns: Sequence[str]) -> int:
        """Start a pass; other columns than before make the old token worthless."""
        row = {"side": side, "table_name": table, "columns": list(columns)}
        with self._session.transaction():
            known = self._session.hold(change_feed, {**row, "token": None, "pass_number": 0})
            number = int(known.pass_number) + 1
            token = known.token if known.columns == list(columns) else None
            self._session.upsert(change_feed, [{**row, "token": token, "pass_number": number}])
        return number

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
        newest = sa.and_(self._of_feed(side, table), change_feed.c.pass_number == number)
        with self._session.transaction():
            if is_complete_set:
                self._note_gone(side, table, number)
            self._session.run(sa.update(change_feed).where(newest).values(token=token))

    def cursor(self, mapping: MappingName, side: Side) -> int:
        """Up to where the mapping has looked at the changes of a side."""
        where = (self._session.mine(inbox_cursor), inbox_cursor.c.mapping == mapping, inbox_cursor.c.side == side)
        return int(self._session.scalar(sa.select(inbox_cursor.c.seq).where(*where)) or 0)

    def move_cursor(self, mapping: MappingName, side: Side, seq: int) -> None:
        """Remember how far the mapping has looked."""
        self._session.upsert(inbox_cursor, [{"mapping": mapping, "side": side, "seq": seq}])

    def horizon(self, side: Side, table: str) -> int:
        """The place of the newest change."""
        where = sa.and_(*self._of_table(side, table))
        return int(self._session.scalar(sa.select(sa.func.max(change_inbox.c.seq)).where(where)) or 0)

    def echoes(self, mapping: MappingName, side: Side, table: str, *, after: int, upto: int) -> int:
        """How many records in this range hold the version that was last remembered."""
        joined, seen = self._joined(mapping, side)
        statement = sa.select(sa.func.count()).select_from(joined)
        return int(self._session.scalar(statement.where(*self._range(side, table, after, upto), seen)))

    def count_pending(self, mapping: MappingName, side: Side, table: str, *, after: int, upto: int) -> int:
        """How many records of this range are not echoes."""
        joined, seen = self._joined(mapping, side)
        statement = sa.select(sa.func.count()).select_from(joined)
        return int(self._session.scalar(statement.where(*self._range(side, table, after, upto), sa.not_(seen))))

    def pending(
        self, mapping: MappingName, side: Side, table: str, *, after: int, upto: int, limit: int
    ) -> Sequence[Pending]:
        """The next records of this range that are not echoes, in order."""
        joined, seen = self._joined(mapping, side)
        wanted = (change_inbox.c.record_id, change_inbox.c.seq, change_inbox.c.version, change_inbox.c.filter_values)
        own = (column for column in coupling.c if column.name != "connection_id")
        statement = (
            sa.select(*(column.label(f"inbox_{column.name}") for column in wanted), *own)
            .select_from(joined)
            .where(*self._range(side, table, after, upto), sa.not_(seen))
            .order_by(change_inbox.c.seq)
            .limit(limit)
        )
        return [
            Pending(
                id=RecordId(row.inbox_record_id),
                seq=row.inbox_seq,
                is_gone=row.inbox_version is None,
                values=values_from_json(row.inbox_filter_values),
                coupling=None if row.erp_id is None else coupling_from_row(row),
            )
            for row in self._session.rows(statement)
        ]

    def _put(self, rows: list[dict[str, object]]) -> None:
        with self._session.transaction():
            place = self._take_places(len(rows))
            for offset, row in enumerate(rows):
                row["seq"] = place + offset
            moved = sa.literal_column("excluded.version").is_distinct_from(change_inbox.c.version)
            seq = sa.case((moved, sa.literal_column("excluded.seq")), else_=change_inbox.c.seq)
            # A late page of a pass that was overtaken must not hide that the newer pass listed the record.
            listed: sa.ColumnElement[int] = sa.literal_column("excluded.pass_number")
            number = sa.case((listed > change_inbox.c.pass_number, listed), else_=change_inbox.c.pass_number)
            self._session.upsert(change_inbox, rows, {"seq": seq, "pass_number": number})

    def _take_places(self, count: int) -> int:
        """Reserve places; returns the first one. The row lock makes the order of places the order of commits."""
        before = int(self._session.scalar(sa.select(inbox_place.c.seq).where(self._session.mine(inbox_place))) or 0)
        self._session.upsert(inbox_place, [{"seq": before + count}], {"seq": inbox_place.c.seq + count})
        after = int(self._session.scalar(sa.select(inbox_place.c.seq).where(self._session.mine(inbox_place))))
        return after - count + 1

    def _note_gone(self, side: Side, table: str, number: int) -> None:
        missed = (
            sa.select(change_inbox.c.record_id, change_inbox.c.filter_values)
            .where(*self._of_table(side, table), change_inbox.c.pass_number < number)
            .where(change_inbox.c.version.is_not(None))
            .limit(_GONE_PER_PAGE)
        )
        while rows := self._session.rows(missed):
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

    def _of_feed(self, side: Side, table: str) -> sa.ColumnElement[bool]:
        return sa.and_(self._session.mine(change_feed), change_feed.c.side == side, change_feed.c.table_name == table)

    def _of_table(self, side: Side, table: str) -> tuple[sa.ColumnElement[bool], ...]:
        return self._session.mine(change_inbox), change_inbox.c.side == side, change_inbox.c.table_name == table

    def _range(self, side: Side, table: str, after: int, upto: int) -> tuple[sa.ColumnElement[bool], ...]:
        return *self._of_table(side, table), change_inbox.c.seq > after, change_inbox.c.seq <= upto

    def _joined(self, mapping: MappingName, side: Side) -> tuple[sa.Join, sa.ColumnElement[bool]]:
        """Inbox beside couplings, and the condition that the remembered version is the one listed."""
        id_ = coupling.c.erp_id if side is Side.ERP else coupling.c.crm_id
        version = coupling.c.erp_version if side is Side.ERP else coupling.c.crm_version
        on = sa.and_(self._session.mine(coupling), coupling.c.mapping == mapping, id_ == change_inbox.c.record_id)
        seen = sa.and_(coupling.c.erp_id.is_not(None), change_inbox.c.version.is_not_distinct_from(version))
        return change_inbox.outerjoin(coupling, on), seen
