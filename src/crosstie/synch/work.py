"""Work: one record that a page has to decide about, with everything gathered for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crosstie.model.action import Answer, SynchAction
from crosstie.model.coupling import Coupling
from crosstie.model.intent import Intent
from crosstie.model.reason import Reason
from crosstie.model.record import LastEdit, Record
from crosstie.model.words import OnDeletion, RecordId, Side


@dataclass(slots=True, kw_only=True)
class Work:
    """A changed record, its coupling and counterpart, the decision, and what became of it."""

    side: Side
    id: RecordId
    record: Record | None = None
    coupling: Coupling | None = None
    counterpart: Record | None = None
    generation: int = 0
    """Of the coupling that a new counterpart of an ERP record would get."""
    coupled_because: Reason | None = None
    """Why the two were coupled on this page; ``None`` for an older coupling."""
    landed_late: str | None = None
    """The id of the intent whose late effect this record is."""
    action: SynchAction | None = None
    edits: Mapping[Side, LastEdit] = field(default_factory=dict)
    """Of a pair in conflict: who edited each side last."""
    parting: OnDeletion | None = None
    """Why this coupling ends: its counterpart was deleted, and is created again or not, or the other deleted too."""
    hidden: Side | None = None
    """The side that neither shows the coupled record nor says that it is gone."""
    is_deleted: bool = False
    """The delete of the record that was left has landed."""
    intents: list[Intent] = field(default_factory=list)
    answers: dict[Side, Record] = field(default_factory=dict)
    """The answers of the writes that landed, by destination."""
    refused: Reason | None = None
    """Why a write did not land."""
    detail: str = ""
    next_step: str = ""
    is_retried: bool = False
    """To be read and decided again on this page."""

    @property
    def parts(self) -> bool:
        """Whether the coupling ends with this page."""
        return self.parting is not None and (self.parting is not OnDeletion.DELETE or self.is_deleted)

    def id_on(self, side: Side) -> RecordId:
        """The id of the coupled record of ``side``."""
        if self.coupling is None:
            raise ValueError(f"{self.id} is not coupled")
        return self.coupling.id_on(side)

    def on(self, side: Side) -> Record | None:
        """The record of ``side``, where it is known."""
        return self.record if side is self.side else self.counterpart


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What persons decided about the records of a page; nothing, when a job runs by itself."""

    units: Mapping[RecordId, Mapping[str, Answer]] = field(default_factory=dict)
    """By ERP id and unit."""
    on_deletion: OnDeletion | None = None
    """In place of the mapping's own strategy."""
    destination: Side | None = None
    """The side to be written, over whatever was edited there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Records of the other side with equal match fields, by the work's record id."""

    by_id: Mapping[RecordId, tuple[Record, ...]]
    rivals: frozenset[RecordId]
    """Records that share their match value with another record of their own side."""
