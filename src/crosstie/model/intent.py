"""Intents: writes that are about to be made, committed before they are sent, settled before anything else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crosstie.model.value import Value, Values
from crosstie.model.words import JobId, MappingName, RecordId, Side, Version


class IntentState(StrEnum):
    """What became of an intent."""

    OPEN = "open"
    LANDED = "landed"
    NOT_LANDED = "not landed"
    NOT_SEEN = "not seen"
    """Not there when it was looked for, soon after it was sent. The request may still be under way, and land as long as
    the record has the version that it names; once the record has moved, or time has passed, it is looked for again."""
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One write to one side, with the before-image and everything that must be remembered once it landed."""

    id: str
    mapping: MappingName
    job: JobId
    destination: Side
    is_insert: bool
    erp_id: RecordId | None
    """``None``: an ERP record to be created; the ERP will number its id."""
    crm_id: RecordId
    generation: int
    number: str | None
    """The ERP number from the range reserved for us, when an ERP record is created."""
    values: Values
    """What is sent, by column of the destination."""
    before: Values
    """What the destination held, in every column of the fields that are sent."""
    version: Version | None
    """The destination's version that was read; ``None``: an insert."""
    source_version: Version
    """The version of the other side's record that the values come from; blank for a delete, which has none."""
    source_number: str | None
    """The natural key of the ERP record, where the ERP is the source."""
    source: Mapping[str, tuple[Value, ...]]
    """By field mapping: the source's values, which become base together with what landed."""
    state: IntentState = IntentState.OPEN
    intended_at: datetime | None = field(default=None, compare=False)
    """When it was committed; ``None``: it was not yet."""
    is_delete: bool = False
    """The destination's record is deleted; ``before`` is all that it held, ``source`` and ``values`` are empty."""
