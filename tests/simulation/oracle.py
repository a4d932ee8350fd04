"""The oracle: knows every edit that users made, and says which promise a write or a state of the two systems breaks.

Per record and unit of merging it tracks on which side users edited since both sides last agreed. Edited on one side:
the other side must get it. Edited on both: a person, or the mapping's rule, must have chosen.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.simulation.systems import Row, Sent, SimulatedSystem
from tests.simulation.tables import TABLE, UNITS, agree, mapping_of, takes_part

from crosstie.model.words import ConflictResolution, MappingName, OnDeletion, RecordId, Side

UNSURE = timedelta(seconds=5)
"""Edits closer together than this may be taken either way, or asked about."""


class ViolationError(AssertionError):
    """A promise was broken."""


Rows = Mapping[Side, Row | None]


@dataclass(slots=True)
class UnitLog:
    """What users did to one unit of one record since both sides agreed."""

    agreed: dict[Side, tuple[object, ...]] = field(default_factory=dict)
    edited: set[Side] = field(default_factory=set)
    ever_edited: set[Side] = field(default_factory=set)
    typed: dict[Side, tuple[object, ...]] = field(default_factory=dict)
    """What users left on each side, or saw arrive there."""
    may_have_met: bool = False
    """Users made both sides equal; nobody knows whether the product looked while they were."""
    differs_on_purpose: bool = False
    """An undo put one side back; the other keeps what the undone job had carried."""

    def agree(self, rows: Rows, columns: tuple[str, ...]) -> None:
        """Both sides hold the same now."""
        self.agreed = {side: values_of(rows[side], columns) for side in Side}
        self.typed = dict(self.agreed)
        self.edited.clear()
        self.may_have_met = self.differs_on_purpose = False


@dataclass
class Oracle:
    """Watches users and the product."""

    systems: Mapping[Side, SimulatedSystem]
    mappings: Sequence[MappingName]
    on_deletion: OnDeletion
    on_conflict: ConflictResolution
    now: Callable[[], datetime]
    logs: dict[tuple[str, str], UnitLog] = field(default_factory=dict)
    deleted: dict[str, set[Side]] = field(default_factory=dict)
    """Origins that users deleted, with the sides."""
    undone: set[str] = field(default_factory=set)
    """Origins that an undo wrote to: their numbers may differ on purpose, too."""
    edited_at: dict[tuple[str, Side], datetime] = field(default_factory=dict)
    answered: dict[tuple[str, str], tuple[tuple[object, ...], tuple[object, ...]]] = field(default_factory=dict)
    """By origin and unit: the values that a person saw when choosing last; what was sent then may arrive late."""

    # -- what users do ---------------------------------------------------------------------------

    def user_wrote(self, mapping: MappingName, side: Side, origin: str, written: Collection[str]) -> None:
        """A user created a record or edited some of its columns; other units hold what they held."""
        rows = self.rows(mapping, origin)
        for unit, columns in UNITS.items():
            if set(columns).isdisjoint(written):
                continue
            log = self.logs.setdefault((origin, unit), UnitLog())
            values = values_of(rows[side], columns)
            if values == log.typed.get(side):
                continue
            log.typed[side] = values
            log.ever_edited.add(side)
            if values == log.agreed.get(side):
                log.edited.discard(side)
            else:
                log.edited.add(side)
            log.may_have_met |= are_equal(rows, columns)

    def user_touched(self, side: Side, origin: str) -> None:
        """A user changed something, be it a column that nobody synchronizes."""
        self.edited_at[origin, side] = self.now()

    def user_deletes(self, mapping: MappingName, side: Side, origin: str) -> None:
        """A user is about to delete a record of one side."""
        if self.on_deletion is not OnDeletion.RESTORE:
            self.deleted.setdefault(origin, set()).add(side)
            return
        rows = self.rows(mapping, origin)
        for unit, columns in UNITS.items():  # what is created again agrees with what is left then
            log = self.logs.setdefault((origin, unit), UnitLog())
            left = values_of(rows[side.other], columns)
            self.logs[origin, unit] = UnitLog(typed={side.other: left}, ever_edited=log.ever_edited)

    def user_restores(self, origin: str) -> None:
        """A user brought a record back."""
        self.deleted.pop(origin, None)

    # -- what the product does -------------------------------------------------------------------

    def product_writes(self, side: Side, sent: Sent) -> None:
        """Before a write has its effect: it must be one that the product may make."""
        write, id_ = sent.write, sent.write.id
        if write.version is None:
            self._check_create(side, sent)
            return
        row = None if id_ is None else self.systems[side].rows(sent.table).get(id_)
        mapping = None if row is None else mapping_of(sent.table, row.values)
        if row is None or mapping is None or not takes_part(mapping, side, row.values):
            if not write.is_delete and sent.purpose != "undo":
                raise ViolationError(f"{id_} was written, though it no longer meets the filter of its side")
            return
        if write.is_delete:
            self._check_delete(mapping, side, str(row.values["origin"]))
        if sent.purpose == "undo":
            self._check_undo(side, str(row.values["origin"]), write.values)

    def _check_create(self, side: Side, sent: Sent) -> None:
        """A child comes after its parent; what a user deleted does not come back unless it is to be restored."""
        values = sent.write.values
        if sent.table in {"contacts", "contact"} and values.get("parent") is None:
            raise ViolationError("a contact was created before the account that it belongs to")
        if side in self.deleted.get(str(values["origin"]), ()):
            raise ViolationError(f"{values['origin']} was deleted by a user and came back")

    def _check_delete(self, mapping: MappingName, side: Side, origin: str) -> None:
        if self.on_deletion is not OnDeletion.DELETE or self.rows(mapping, origin)[side.other] is not None:
            raise ViolationError(f"{origin} was deleted on the {side} side, and nobody asked for it")
        edited = [unit for unit in UNITS if (log := self.logs.get((origin, unit))) and log.edited - {side.other}]
        if edited:
            raise ViolationError(f"{origin} was deleted, though {edited} had been edited on the {side} side")

    def _check_undo(self, side: Side, origin: str, written: Collection[str]) -> None:
        """An undo leaves alone what somebody edited since."""
        for unit, columns in UNITS.items():
            log = self.logs.get((origin, unit))
            if log is not None and side in log.edited and not set(columns).isdisjoint(written):
                raise ViolationError(f"{origin}.{unit} was edited on the {side} side, and an undo took that back")

    def product_wrote(self, side: Side, sent: Sent, id_: RecordId) -> None:
        """After a write: whatever agrees now must not have been decided over a user's head."""
        row = self.systems[side].rows(sent.table).get(id_)
        mapping = None if row is None else mapping_of(sent.table, row.values)
        if row is None or mapping is None:
            return
        origin = str(row.values["origin"])
        if sent.purpose == "undo":
            self.undone.add(origin)
        if origin in self.deleted:
            return
        rows = self.rows(mapping, origin)
        for unit, columns in UNITS.items():
            log = self.logs.setdefault((origin, unit), UnitLog())
            if sent.purpose == "undo" and not set(columns).isdisjoint(sent.write.values):
                log.agreed[side] = log.typed[side] = values_of(rows[side], columns)
                log.edited.discard(side)
                log.differs_on_purpose = True
            if are_equal(rows, columns):
                self._check_agreement(log, rows, (origin, unit), sent)
                log.agree(rows, columns)
            for one in Side:  # what the product made is no edit, not even when a user types it again
                log.typed.setdefault(one, values_of(rows[one], columns))

    def _check_agreement(self, log: UnitLog, rows: Rows, what: tuple[str, str], sent: Sent) -> None:
        columns = UNITS[what[1]]
        if sent.purpose == "answer" and self._is_answered(log, what):
            return
        if log.edited == set(Side) and log.agreed:
            self._check_choice(log, rows, what)
            return
        if log.may_have_met and any(
            same(columns, values_of(rows[Side.ERP], columns), one) for one in log.typed.values()
        ):
            return
        for side in log.edited or log.agreed:
            held, typed = values_of(rows[side], columns), log.typed[side]
            if not same(columns, held, typed):
                raise ViolationError(f"{what}: {typed} was left on the {side} side, and now it is {held}")

    def _is_answered(self, log: UnitLog, what: tuple[str, str]) -> bool:
        """Whether a person chose: a choice holds for the values that were seen, and for no others."""
        saw, left = self.answered.get(what), (log.typed[Side.ERP], log.typed[Side.CRM])
        return saw is not None and all(same(UNITS[what[1]], *pair) for pair in zip(saw, left, strict=True))

    def _check_choice(self, log: UnitLog, rows: Rows, what: tuple[str, str]) -> None:
        """Both sides were edited, and agree now: the mapping's rule must have chosen."""
        columns = UNITS[what[1]]
        held = values_of(rows[Side.ERP], columns)
        winner = set(Side) if log.may_have_met else self._winner(what[0])
        if winner is None:
            raise ViolationError(f"{what}: edited on both sides, and the product chose")
        if not any(same(columns, held, log.typed[side]) for side in winner):
            raise ViolationError(f"{what}: {log.typed} was left, {winner} wins, and now it is {held}")

    def _winner(self, origin: str) -> set[Side] | None:
        """The side that wins by the mapping's rule; both where it is too close to tell; ``None``: a person is asked."""
        match self.on_conflict:
            case ConflictResolution.NONE:
                return None
            case ConflictResolution.SEND_UPDATE:
                return {Side.ERP}
            case ConflictResolution.GET_UPDATE:
                return {Side.CRM}
            case ConflictResolution.NEWEST:
                erp, crm = self.edited_at[origin, Side.ERP], self.edited_at[origin, Side.CRM]
                return set(Side) if abs(erp - crm) <= UNSURE else {Side.ERP if erp > crm else Side.CRM}

    # -- looking ---------------------------------------------------------------------------------

    def is_on(self, mapping: MappingName, side: Side, origin: str) -> bool:
        """Whether a side has the record."""
        return self.rows(mapping, origin)[side] is not None

    def is_on_both(self, mapping: MappingName, origin: str) -> bool:
        """Whether both sides have the record."""
        return None not in self.rows(mapping, origin).values()

    def was_deleted_by_a_user(self, origin: str) -> bool:
        """Whether a user deleted it, and nobody brought it back."""
        return origin in self.deleted

    def members(self, mapping: MappingName, side: Side) -> dict[RecordId, Row]:
        """The rows of a mapping."""
        table = TABLE[mapping][side]
        rows = self.systems[side].rows(table)
        return {id_: row for id_, row in rows.items() if mapping_of(table, row.values) == mapping}

    def rows(self, mapping: MappingName, origin: str) -> Rows:
        """The record on both sides, whether or not it still takes part."""
        return {
            side: next(
                (
                    row
                    for row in self.systems[side].rows(TABLE[mapping][side]).values()
                    if row.values["origin"] == origin
                ),
                None,
            )
            for side in Side
        }


def values_of(row: Row | None, columns: tuple[str, ...]) -> tuple[object, ...]:
    """What a row holds in some columns."""
    return () if row is None else tuple(row.values[column] for column in columns)


def same(columns: tuple[str, ...], one: Sequence[object], other: Sequence[object]) -> bool:
    """Whether two sides' values of some columns are the same, each in its own form."""
    return len(one) == len(other) and all(agree(*three) for three in zip(columns, one, other, strict=True))


def are_equal(rows: Rows, columns: tuple[str, ...]) -> bool:
    """Whether both sides are there and hold the same."""
    erp, crm = rows[Side.ERP], rows[Side.CRM]
    if erp is None or crm is None:
        return False
    return all(agree(column, erp.values[column], crm.values[column]) for column in columns)
