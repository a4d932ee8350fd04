"""Defects of detection: changes, deletions and waiting records that are overlooked or misread."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.simulation.defects.planting import ASKS, STORM, Defect
from tests.simulation.history import Fixed
from tests.simulation.tables import CONTACT, CUSTOMER

from crosstie.engine import decide
from crosstie.model.record import Change
from crosstie.model.words import ActionKind, MappingName, OnDeletion, RecordId, Side
from crosstie.store.inbox import SqlChangeInbox
from crosstie.store.mass_changes import SqlMassChanges
from crosstie.store.outcomes import SqlOutcomes
from crosstie.synch import decide_page

_add = SqlChangeInbox.add
_ahead = SqlChangeInbox.ahead
_pending = SqlChangeInbox.pending
_finish_pass = SqlChangeInbox.finish_pass
_put_outcomes = SqlOutcomes.put
_decide_pair = decide.decide_pair


def _without_deletions(self: SqlChangeInbox, side: Side, table: str, number: int, changes: Sequence[Change]) -> None:
    _add(self, side, table, number, [one for one in changes if one.version is not None])


def _without_the_last(self: SqlChangeInbox, side: Side, table: str, number: int, changes: Sequence[Change]) -> None:
    _add(self, side, table, number, changes[:-1] if len(changes) > 2 else changes)


def _incomplete(self: SqlChangeInbox, *key: Any, is_complete_set: bool) -> None:
    del is_complete_set
    _finish_pass(self, *key, is_complete_set=False)


def _moved_first(self: SqlChangeInbox, mapping: MappingName, side: Side, table: str, **where: Any) -> Any:
    found = _pending(self, mapping, side, table, **where)
    if found:
        self.move_cursor(mapping, side, found[-1].seq)
    return found


def _short_of_one(self: SqlChangeInbox, mapping: MappingName, side: Side, table: str, **where: Any) -> Any:
    found = _pending(self, mapping, side, table, **where)
    return found[:-1] if len(found) > 1 else found


def _echoes_only(self: SqlChangeInbox, mapping: MappingName, side: Side, table: str, **where: Any) -> Any:
    found = _ahead(self, mapping, side, table, **where)
    return found if side is Side.ERP else replace(found, pending=0)


def _not_due(self: SqlOutcomes, outcomes: Sequence[Any]) -> None:
    _put_outcomes(
        self, [replace(one, due_at=None) if one.kind in (ActionKind.FAIL, ActionKind.SKIP) else one for one in outcomes]
    )


def _never_due(*_: object, **__: object) -> list[RecordId]:
    return []


def _waits_for_nothing(self: SqlOutcomes, outcomes: Sequence[Any]) -> None:
    _put_outcomes(self, [replace(one, needs=()) for one in outcomes])


def _exit_is_deletion(setting: Any, coupling: Any, erp: Any, crm: Any, *more: Any, **answers: Any) -> Any:
    outside = [
        side
        for side, record in ((Side.ERP, erp), (Side.CRM, crm))
        if record is not None and not decide.meets(record.values, setting.mapping.filter(side))
    ]
    erp, crm = (None if side in outside else record for side, record in ((Side.ERP, erp), (Side.CRM, crm)))
    return _decide_pair(setting, coupling, erp, crm, *more, **answers)


def _later(self: SqlOutcomes, *_: object, now: datetime) -> None:
    del self, now


DETECTING = (
    Defect(
        "a deletion is dropped",
        ((SqlChangeInbox, "add", _without_deletions), (SqlMassChanges, "never_listed", _never_due)),
        ASKS,
    ),
    Defect("what a whole pass did not list is not noted", ((SqlChangeInbox, "finish_pass", _incomplete),), ASKS),
    Defect(
        "what was created and deleted before it was listed is not noted",
        ((SqlMassChanges, "never_listed", _never_due),),
        Fixed(deletions=OnDeletion.ASK, chance=0.06),
        is_rare=True,
    ),
    Defect("the last change of a page is lost", ((SqlChangeInbox, "add", _without_the_last),), first=130),
    Defect("the cursor moves before the page is remembered", ((SqlChangeInbox, "pending", _moved_first),), STORM),
    Defect("a page leaves out its last record", ((SqlChangeInbox, "pending", _short_of_one),)),
    Defect("changes of the CRM are taken for echoes", ((SqlChangeInbox, "ahead", _echoes_only),)),
    Defect("a failed record is not tried again", ((SqlOutcomes, "put", _not_due),), STORM),
    Defect("what is due is not taken up", ((SqlOutcomes, "due", _never_due),)),
    Defect("nobody wakes what waits", ((SqlOutcomes, "wake", _later),), Fixed(names=(CUSTOMER, CONTACT), chance=0.06)),
    Defect(
        "it is forgotten what a record waits for",
        ((SqlOutcomes, "put", _waits_for_nothing),),
        Fixed(names=(CUSTOMER, CONTACT), chance=0.06),
    ),
    Defect(
        "a record that left its filter counts as deleted",
        ((decide_page, "decide_pair", _exit_is_deletion),),
        Fixed(deletions=OnDeletion.DELETE),
    ),
    Defect("filters are not looked at", ((decide, "meets", lambda *_: True),)),
)
