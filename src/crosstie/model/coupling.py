"""Couplings and their bases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crosstie.model.value import Value
from crosstie.model.words import MappingName, RecordId, Side, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What one field mapping's columns held, per side, when both sides last agreed."""

    erp: tuple[Value, ...]
    crm: tuple[Value, ...]

    def on(self, side: Side) -> tuple[Value, ...]:
        """The values of ``side``."""
        return self.erp if side is Side.ERP else self.crm


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is known of the last edit by others of a record that our own write moved: its time of modification is ours.

    It holds while the record has this version.
    """

    version: Version
    edited_at: datetime | None
    """``None``: not known, or nobody but us ever wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupling:
    """The lasting tie between one ERP record and one CRM row within a table mapping."""

    mapping: MappingName
    erp_id: RecordId
    crm_id: RecordId
    generation: int = 0
    """How often this ERP record was coupled before; part of the id of a row that we create."""
    erp_number: str | None = None
    """The ERP record's natural key (number or code), by which other ERP records refer to it."""
    erp_version: Version | None = None
    """The ERP version that was last compared and remembered."""
    crm_version: Version | None = None
    base: Mapping[str, Base] = field(default_factory=dict)
    """By field mapping name; a field without an entry has no base."""
    stamps: Mapping[Side, Stamp] = field(default_factory=dict)
    """Of the sides that we wrote to."""

    def id_on(self, side: Side) -> RecordId:
        """The coupled record's id on ``side``."""
        return self.erp_id if side is Side.ERP else self.crm_id

    def version_on(self, side: Side) -> Version | None:
        """The version of ``side`` that was last remembered."""
        return self.erp_version if side is Side.ERP else self.crm_version
