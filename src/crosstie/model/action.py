"""Decisions: what is to happen to one record, and why. Made by the engine, printed by a plan, carried out by a job."""

from dataclasses import dataclass, field

from crosstie.model.reason import Reason
from crosstie.model.record import Record
from crosstie.model.value import Value, Values
from crosstie.model.words import ActionKind, MappingName, Side, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldConflict:
    """A group or field that both sides hold differently and no rule may decide."""

    unit: str
    fields: tuple[str, ...]
    erp: tuple[Value, ...]
    crm: tuple[Value, ...]
    base_erp: tuple[Value, ...] | None
    base_crm: tuple[Value, ...] | None
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person decided about a conflict, and the values they saw; it holds for these values only."""

    use: Use
    erp: tuple[Value, ...]
    crm: tuple[Value, ...]

    def fits(self, conflict: FieldConflict) -> bool:
        """Whether the conflict is still the one that was answered."""
        return (conflict.erp, conflict.crm) == (self.erp, self.crm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A reference that cannot be translated yet: the record of ``mapping`` that must be coupled first."""

    mapping: MappingName
    side: Side
    """The side on which the key is known."""
    key: str
    """``id`` or ``number``."""
    value: str
    field: str
    is_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SynchAction:
    """The decision for one record or pair, with its reason."""

    kind: ActionKind
    reason: Reason
    erp: Record | None = None
    crm: Record | None = None
    to_erp: Values = field(default_factory=dict)
    """Columns to write to the ERP; empty: nothing to write there."""
    to_crm: Values = field(default_factory=dict)
    erp_fields: tuple[str, ...] = ()
    """Names of the field mappings whose values ``to_erp`` carries."""
    crm_fields: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    """Field mappings on which both sides agree now: their values become base."""
    conflicts: tuple[FieldConflict, ...] = ()
    needs: tuple[Need, ...] = ()
    deletes_on: Side | None = None
    """The side on which the record that is left is deleted."""
    truncated: tuple[str, ...] = ()
    """Columns whose text does not fit and is cut at the destination."""
    notes: tuple[str, ...] = ()
    """What people should know of values that were left alone."""

    @property
    def writes(self) -> bool:
        """Whether anything is to be sent."""
        return bool(self.to_erp or self.to_crm) or self.deletes_on is not None

    def to(self, side: Side) -> Values:
        """Columns to write to ``side``."""
        return self.to_erp if side is Side.ERP else self.to_crm

    def fields_to(self, side: Side) -> tuple[str, ...]:
        """Field mappings whose values go to ``side``."""
        return self.erp_fields if side is Side.ERP else self.crm_fields

    def record(self, side: Side) -> Record | None:
        """The record of ``side`` as it was read."""
        return self.erp if side is Side.ERP else self.crm
