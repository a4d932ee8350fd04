"""Integration table mappings and their field mappings: data, read from ``defaults/*.toml``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from crosstie.model.value import Value
from crosstie.model.words import ConflictResolution, Direction, MappingName, OnDeletion, Side


class Operator(StrEnum):
    """Comparison of a filter condition."""

    EQUALS = "eq"
    DIFFERS = "ne"
    IS_SET = "set"
    """The column is not blank; the condition's value is ignored."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a table filter; all conditions of a filter must hold."""

    column: str
    operator: Operator
    value: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A field that points to a record of another mapping, translated through its couplings."""

    mapping: MappingName
    key: str = "id"
    """Which ERP column of the referenced record the ERP field holds: ``id``, or a natural key as ``code``."""
    is_required: bool = False
    """Required: the record waits until the other is coupled. Optional: written blank now, completed later."""
    blank_means: str | None = None
    """Name of the connection fact that stands for blank (an ERP blank currency is the local currency)."""


RuleArgument: TypeAlias = str | int | tuple[tuple[str, str | int], ...]
"""A text, a number, or the pairs of a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One transformation rule of a field mapping; :mod:`crosstie.engine.transform` carries it out."""

    name: str
    direction: Direction
    """The ways that it is applied on; both ways means that it is undone towards the ERP."""
    arguments: tuple[tuple[str, RuleArgument], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMapping:
    """One integration field mapping: ERP column(s), CRM column(s), direction and rules."""

    erp: tuple[str, ...]
    crm: tuple[str, ...]
    direction: Direction
    conversion: str = "copy"
    """Name of a conversion of :mod:`crosstie.engine.convert`; ``copy`` keeps the value."""
    reference: Reference | None = None
    constant: Value = None
    """Written to the destination in place of a source value (when a record is created)."""
    is_not_null: bool = False
    """A blank source leaves the destination as it is."""
    group: str | None = None
    """Fields of one group merge as one."""
    on_conflict: ConflictResolution | None = None
    """Overrides the mapping's own resolution."""
    insert_only: bool = False
    """Given when a record is created, left alone afterwards."""
    rules: tuple[Rule, ...] = ()
    """Transformation rules: applied to the source's value before it is fitted to the destination."""
    clears_on_failed_synch: bool = False
    """A reference to a record that is not coupled clears the destination instead of waiting."""

    @property
    def name(self) -> str:
        """The pair as people read it: ``displayName=name``."""
        return f"{'+'.join(self.erp)}={'+'.join(self.crm)}"

    @property
    def merges(self) -> bool:
        """Whether the field is kept in step afterwards, rather than given at creation only."""
        return self.constant is None and not self.insert_only

    def columns(self, side: Side) -> tuple[str, ...]:
        """The columns on ``side``; empty for a constant's source."""
        return self.erp if side is Side.ERP else self.crm


@dataclass(frozen=True, slots=True, kw_only=True)
class TableMapping:
    """One integration table mapping: two tables, direction, filters, fields."""

    name: MappingName
    title: str
    erp_table: str
    crm_table: str
    direction: Direction
    fields: tuple[FieldMapping, ...]
    only_coupled: bool = False
    """Synch. Only Coupled Records: a job creates nothing, except a full synchronization."""
    creates: bool = True
    """Whether even a full synchronization may create records."""
    erp_filter: tuple[Condition, ...] = ()
    crm_filter: tuple[Condition, ...] = ()
    depends_on: tuple[MappingName, ...] = ()
    match_on: tuple[str, ...] = ()
    """Names of the fields by which uncoupled records are coupled; one candidate or none."""
    on_conflict: ConflictResolution = ConflictResolution.NONE
    on_deletion: OnDeletion = OnDeletion.ASK
    create_number: str | None = None
    """Pattern of the ERP numbers reserved for records that we create, as ``CRM{:06d}``."""
    version: int = 1
    disabled_fields: tuple[FieldMapping, ...] = ()
    """Field mappings that are kept for later and take no part."""
    erp_extra: tuple[str, ...] = ()
    """Further ERP columns that rules need."""
    crm_extra: tuple[str, ...] = ()
    """Further CRM columns that rules need."""

    def table(self, side: Side) -> str:
        """The table on ``side``."""
        return self.erp_table if side is Side.ERP else self.crm_table

    def filter(self, side: Side) -> tuple[Condition, ...]:
        """The table filter (ERP) or integration table filter (CRM)."""
        return self.erp_filter if side is Side.ERP else self.crm_filter

    def columns(self, side: Side) -> tuple[str, ...]:
        """Every column of ``side`` that a decision about a record needs, sorted."""
        wanted = {column for field_ in self.fields for column in field_.columns(side)}
        wanted |= {condition.column for condition in self.filter(side)}
        wanted |= set(self.erp_extra if side is Side.ERP else self.crm_extra)
        return tuple(sorted(wanted))

    def filter_columns(self, side: Side) -> tuple[str, ...]:
        """The columns that decide whether a record takes part, sorted."""
        return tuple(sorted({condition.column for condition in self.filter(side)}))

    def field_named(self, name: str) -> FieldMapping:
        """The field mapping of that name."""
        return next(field_ for field_ in self.fields if field_.name == name)
