"""Reasons: why a record had the outcome it had, as a stable code and a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ReasonCode(StrEnum):
    """Every reason there is; the value is stored, the sentence is shown."""

    NEW_RECORD = "new_record"
    CHANGED = "changed"
    DIRECTION_CHOSEN = "direction_chosen"
    IN_STEP = "in_step"
    ECHO = "echo"
    MATCHED = "matched"
    COUPLED_BY_HAND = "coupled_by_hand"
    OWN_CREATE = "own_create"
    OUTSIDE_FILTER = "outside_filter"
    LEFT_FILTER = "left_filter"
    NOT_COUPLED = "not_coupled"
    WRONG_DIRECTION = "wrong_direction"
    GONE = "gone"
    BOTH_EDITED = "both_edited"
    NEVER_AGREED = "never_agreed"
    NEWEST_UNCLEAR = "newest_unclear"
    OUTCOME_AMBIGUOUS = "outcome_ambiguous"
    COUNTERPART_DELETED = "counterpart_deleted"
    SURVIVOR_EDITED = "survivor_edited"
    SURVIVOR_NEEDED = "survivor_needed"
    NOT_SHOWN = "not_shown"
    DELETED = "deleted"
    RESTORED = "restored"
    UNDONE = "undone"
    UNCOUPLED = "uncoupled"
    UNCOUPLED_BY_HAND = "uncoupled_by_hand"
    NEEDS_COUPLING = "needs_coupling"
    MATCH_AMBIGUOUS = "match_ambiguous"
    MATCH_RIVALS = "match_rivals"
    MATCH_TAKEN = "match_taken"
    NAME_MISSING = "name_missing"
    NO_EXCHANGE_RATE = "no_exchange_rate"
    VALUE_REFUSED = "value_refused"
    REFUSED_BY_SYSTEM = "refused_by_system"
    SYSTEM_BUSY = "system_busy"
    OUTCOME_UNKNOWN = "outcome_unknown"
    OUTCOME_HELD = "outcome_held"
    CREATE_UNCLEAR = "create_unclear"
    UNSETTLED = "unsettled"
    CHANGED_MEANWHILE = "changed_meanwhile"


SENTENCES: Mapping[ReasonCode, str] = {
    ReasonCode.NEW_RECORD: "It is new and takes part in the mapping.",
    ReasonCode.CHANGED: "Changed since both sides last agreed: {fields}.",
    ReasonCode.DIRECTION_CHOSEN: "A person had what the {side} holds carried over: {fields}.",
    ReasonCode.IN_STEP: "Both sides hold the same values.",
    ReasonCode.ECHO: "The change is the one that Crosstie wrote itself.",
    ReasonCode.MATCHED: "Exactly one uncoupled record on the other side has the same {fields}.",
    ReasonCode.COUPLED_BY_HAND: "A person coupled these two.",
    ReasonCode.OWN_CREATE: "Crosstie created it; the answer was lost and the effect came late.",
    ReasonCode.OUTSIDE_FILTER: "It does not meet the filter of the mapping: {filter}.",
    ReasonCode.LEFT_FILTER: "It is coupled but no longer meets the filter ({filter}); nothing is sent until it does.",
    ReasonCode.NOT_COUPLED: "The mapping synchronizes coupled records only, and this one is not coupled.",
    ReasonCode.WRONG_DIRECTION: "The mapping does not create records on the {side} side.",
    ReasonCode.GONE: "It no longer exists on either side.",
    ReasonCode.BOTH_EDITED: "The same field was edited on both sides: {fields}.",
    ReasonCode.NEVER_AGREED: "The sides were coupled with different values in {fields}.",
    ReasonCode.NEWEST_UNCLEAR: "Edited on both sides, and nobody can tell which edit is newer: {why} ({fields}).",
    ReasonCode.OUTCOME_AMBIGUOUS: (
        "Crosstie was interrupted while writing {fields}; the record changed since, and nobody can tell whether the"
        " write was undone by a person or never arrived."
    ),
    ReasonCode.COUNTERPART_DELETED: "Its counterpart was deleted on the {side} side.",
    ReasonCode.SURVIVOR_EDITED: (
        "Its counterpart was deleted on the {side} side, and it was edited since both sides last agreed: {fields}."
    ),
    ReasonCode.SURVIVOR_NEEDED: (
        "Its counterpart was deleted on the {side} side; it is deleted too as soon as no record of {mapping} belongs to"
        " it any more ({count} do)."
    ),
    ReasonCode.NOT_SHOWN: (
        "The {side} does not show its counterpart to Crosstie's user, and does not say that it was deleted either."
    ),
    ReasonCode.DELETED: "Its counterpart was deleted on the {side} side; it is deleted too.",
    ReasonCode.RESTORED: "Its counterpart was deleted on the {side} side; it is created there again.",
    ReasonCode.UNCOUPLED_BY_HAND: "A person uncoupled it; it stays so until a person couples it again.",
    ReasonCode.UNCOUPLED: "Its counterpart was deleted on the {side} side; the two are no longer coupled.",
    ReasonCode.UNDONE: (
        "Job {job} was undone here: the {side} holds again what it held before in {fields}. What the job had carried is"
        " sent again only after somebody edits it."
    ),
    ReasonCode.NEEDS_COUPLING: "It refers to {mapping} {value}, which is not coupled yet.",
    ReasonCode.MATCH_RIVALS: "Another record on this side has the same {fields}; choose by hand whose it is.",
    ReasonCode.MATCH_AMBIGUOUS: "{count} records on the other side have the same {fields}; choose one by hand.",
    ReasonCode.MATCH_TAKEN: "The record on the other side with the same {fields} is coupled to another one.",
    ReasonCode.NAME_MISSING: "It has no name, and a contact of the CRM needs a last name.",
    ReasonCode.NO_EXCHANGE_RATE: "The ERP has no exchange rate for it, and the CRM needs one.",
    ReasonCode.VALUE_REFUSED: "A value cannot be carried over: {why}.",
    ReasonCode.REFUSED_BY_SYSTEM: "The {side} refused it: {why}",
    ReasonCode.SYSTEM_BUSY: "The {side} was too busy or away: {why}",
    ReasonCode.OUTCOME_UNKNOWN: "The {side} did not answer a write; the next attempt looks before it writes.",
    ReasonCode.OUTCOME_HELD: (
        "A create in the ERP got no answer, and the table has no key to look it up by; nothing is sent again before"
        " {until}, when it must have arrived or failed."
    ),
    ReasonCode.CREATE_UNCLEAR: (
        "A create in the ERP got no answer, and {count} uncoupled there have the same {field}; nobody can tell whether"
        " one of them is it."
    ),
    ReasonCode.UNSETTLED: "A write to the {side} was interrupted, and must be settled before anything else.",
    ReasonCode.CHANGED_MEANWHILE: "It kept changing while Crosstie tried to write it.",
}


_GONE = (
    "Create it there again with 'crosstie resolve MAPPING RECORD --use restore', end the coupling with"
    " '--use uncouple', or delete what is left with '--use delete'."
)
_CHOOSE = (
    "Choose with 'crosstie resolve MAPPING RECORD --use erp' (or crm, newest, base), or make the values equal in one of"
    " the systems; then the conflict closes by itself."
)

NEXT_STEPS: Mapping[ReasonCode, str] = {
    ReasonCode.BOTH_EDITED: _CHOOSE,
    ReasonCode.NEVER_AGREED: _CHOOSE,
    ReasonCode.NEWEST_UNCLEAR: _CHOOSE,
    ReasonCode.OUTCOME_AMBIGUOUS: _CHOOSE,
    ReasonCode.COUNTERPART_DELETED: _GONE,
    ReasonCode.SURVIVOR_EDITED: _GONE,
    ReasonCode.SURVIVOR_NEEDED: (
        "Delete those records or give them another one to belong to; it is tried again by every run. Or end the"
        " coupling with 'crosstie resolve MAPPING RECORD --use uncouple'."
    ),
    ReasonCode.NOT_SHOWN: (
        "Give the integration user the rights that the set-up guide names, or look what became of the record; it is"
        " tried again by itself."
    ),
    ReasonCode.UNCOUPLED_BY_HAND: "Nothing; 'crosstie couple' ties it to a record again.",
    ReasonCode.UNCOUPLED: "Nothing; 'crosstie resolve MAPPING RECORD --use restore' creates it there again.",
    ReasonCode.NEEDS_COUPLING: (
        "Nothing, if that record is about to be synchronized: this one follows by itself. Else see why that one is not,"
        " with 'crosstie explain'."
    ),
    ReasonCode.MATCH_AMBIGUOUS: "Couple the right two with 'crosstie couple'.",
    ReasonCode.MATCH_RIVALS: "Couple the right two with 'crosstie couple', or give one of them another value.",
    ReasonCode.MATCH_TAKEN: "Couple the right two with 'crosstie couple', or change one of the values.",
    ReasonCode.NAME_MISSING: "Give it a name in the ERP; it is taken up by itself then.",
    ReasonCode.NO_EXCHANGE_RATE: "Enter an exchange rate in the ERP; it is taken up by itself then.",
    ReasonCode.SYSTEM_BUSY: "Nothing; it is tried again by itself.",
    ReasonCode.OUTCOME_UNKNOWN: "Nothing; the next run looks before it writes.",
    ReasonCode.OUTCOME_HELD: "Nothing; it is looked up then, and adopted, created, or asked about.",
    ReasonCode.CREATE_UNCLEAR: (
        "Couple the right two with 'crosstie couple'. If it is none of them, rename or delete those in the ERP; then"
        " 'crosstie retry' creates it."
    ),
    ReasonCode.UNSETTLED: "Run 'crosstie synch', which looks what became of it first; then plan again.",
    ReasonCode.CHANGED_MEANWHILE: "Nothing; it is tried again by itself.",
}
"""What a person can do, for the reasons that ask for something."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason with its data; ``str()`` is the sentence that people read."""

    code: ReasonCode
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def next_step(self) -> str:
        """What a person can do about it; blank where nothing is to be done."""
        return NEXT_STEPS.get(self.code, "")

    def __str__(self) -> str:
        """The sentence.

        >>> str(Reason(ReasonCode.CHANGED, {"fields": "displayName=name"}))
        'Changed since both sides last agreed: displayName=name.'
        """
        return SENTENCES[self.code].format_map(self.data)
