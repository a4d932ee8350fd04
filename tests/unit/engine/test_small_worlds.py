"""Every decision in a small world: three values, every base, direction and resolution, every choice of a person.

The rule is written down a second time here, as people state it, and the engine must say the same of every case. What
it says is then carried out, and the pair must be quiet afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from tests.unit.engine.builders import (
    BOTH,
    CITY,
    CURRENCY,
    FROM,
    NAME,
    STREET,
    TO,
    coupling,
    crm,
    erp,
    field,
    mapping,
    setting,
)

from crosstie.engine.convert import References
from crosstie.engine.decide import decide_pair, decide_uncoupled
from crosstie.model.action import SynchAction
from crosstie.model.coupling import Base, Coupling
from crosstie.model.mapping import Condition, FieldMapping, Operator, Reference, TableMapping
from crosstie.model.reason import ReasonCode
from crosstie.model.record import Record
from crosstie.model.value import Value
from crosstie.model.words import ActionKind, ConflictResolution, Direction, MappingName, RecordId, Side

VALUES: tuple[Value, ...] = (None, "a", "b")
NEVER: tuple[Value, Value] | None = None
BASES = (NEVER, (None, None), ("a", "a"), ("b", "b"), ("a", "b"))
"""What the sides last agreed on: nothing yet, the same, or a value that one side normalized into another."""
ERP_WINS, CRM_WINS = ConflictResolution.SEND_UPDATE, ConflictResolution.GET_UPDATE


@dataclass(frozen=True)
class Unit:
    """What both sides hold of one field, and what they last agreed on."""

    erp: Value
    crm: Value
    base: tuple[Value, Value] | None

    @property
    def edited(self) -> tuple[bool, bool]:
        """Whether the ERP's and whether the CRM's value is another one than its base."""
        was = self.base or (None, None)
        return self.erp != was[0], self.crm != was[1]


UNITS = [Unit(*case) for case in product(VALUES, VALUES, BASES)]


def wanted(units: tuple[Unit, ...], direction: Direction, resolution: ConflictResolution) -> str:
    """The rule in words: what becomes of fields that merge as one."""
    if all(unit.erp == unit.crm for unit in units):
        return "settled"
    erp_edited, crm_edited = (any(unit.edited[side] for unit in units) for side in (0, 1))
    if direction is TO:
        return "to crm" if erp_edited else "leave"
    if direction is FROM:
        return "to erp" if crm_edited else "leave"
    if erp_edited and crm_edited:
        return {ERP_WINS: "to crm", CRM_WINS: "to erp"}.get(resolution, "conflict")
    return "to crm" if erp_edited else "to erp" if crm_edited else "leave"


def said(action: SynchAction, fields: tuple[FieldMapping, ...]) -> str:
    """What the engine decided about these fields."""
    names = {one.name for one in fields}
    found = [
        word
        for word, of in {
            "settled": action.settled,
            "to crm": action.crm_fields,
            "to erp": action.erp_fields,
            "conflict": [name for conflict in action.conflicts for name in conflict.fields],
        }.items()
        if names & set(of)
    ]
    assert len(found) <= 1, action
    return found[0] if found else "leave"


def carried_out(action: SynchAction, tie: Coupling, of: TableMapping) -> SynchAction:
    """The decision about the pair once the action was carried out and what was agreed on became base."""
    assert action.erp is not None
    assert action.crm is not None
    held_erp = replace(action.erp, values={**action.erp.values, **action.to_erp})
    held_crm = replace(action.crm, values={**action.crm.values, **action.to_crm})
    agreed = {*action.settled, *action.crm_fields, *action.erp_fields}
    base = {
        one.name: Base(
            erp=tuple(held_erp.values.get(name) for name in one.erp),
            crm=tuple(held_crm.values.get(name) for name in one.crm),
        )
        for one in of.fields
        if one.name in agreed
    }
    return decide_pair(setting(of), replace(tie, base={**tie.base, **base}), held_erp, held_crm)


def decide(of: TableMapping, fields: tuple[FieldMapping, ...], units: tuple[Unit, ...]) -> tuple[SynchAction, Coupling]:
    """The decision about a pair that holds these units."""
    pairs = list(zip(fields, units, strict=True))
    tie = coupling({one: unit.base for one, unit in pairs if unit.base is not None})
    held_erp = erp(**{one.erp[0]: unit.erp for one, unit in pairs})
    held_crm = crm(**{one.crm[0]: unit.crm for one, unit in pairs})
    return decide_pair(setting(of), tie, held_erp, held_crm), tie


def single_worlds() -> Iterator[tuple[Unit, Direction, ConflictResolution]]:
    """One field, alone."""
    yield from product(UNITS, Direction, ConflictResolution)


def test_every_decision_about_one_field_is_the_one_that_people_would_make() -> None:
    """And every outcome, kind and reason of a pair that is there is reached on the way."""
    outcomes, reasons = set(), set()
    for unit, direction, resolution in single_worlds():
        one = replace(NAME, direction=direction)
        action, _ = decide(mapping(one, on_conflict=resolution), (one,), (unit,))
        outcome = wanted((unit,), direction, resolution)

        assert said(action, (one,)) == outcome, (unit, direction, resolution)
        assert action.to_crm == ({"name": unit.erp} if outcome == "to crm" else {})
        assert action.to_erp == ({"name": unit.crm} if outcome == "to erp" else {})
        outcomes.add(outcome)
        reasons.add((action.kind, action.reason.code))

    assert outcomes == {"settled", "to crm", "to erp", "leave", "conflict"}
    assert reasons == {
        (ActionKind.UNCHANGED, ReasonCode.IN_STEP),
        (ActionKind.MODIFY, ReasonCode.CHANGED),
        (ActionKind.CONFLICT, ReasonCode.BOTH_EDITED),
        (ActionKind.CONFLICT, ReasonCode.NEVER_AGREED),
        (ActionKind.CONFLICT, ReasonCode.NEWEST_UNCLEAR),
    }


def test_what_was_carried_out_is_quiet() -> None:
    """The next decision sends nothing and asks nothing new."""
    for unit, direction, resolution in single_worlds():
        one = replace(NAME, direction=direction)
        of = mapping(one, on_conflict=resolution)
        action, tie = decide(of, (one,), (unit,))

        after = carried_out(action, tie, of)

        assert (after.to_erp, after.to_crm) == ({}, {}), (unit, direction, resolution)
        assert after.conflicts == action.conflicts


def test_a_group_is_one_sides_or_a_question() -> None:
    """Street and city of both sides are afterwards what one side held, whole; a mixture that nobody entered never."""
    for street, city, direction, resolution in product(UNITS, UNITS, Direction, (ConflictResolution.NONE, ERP_WINS)):
        fields = (replace(STREET, direction=direction), replace(CITY, direction=direction))
        action, _ = decide(mapping(*fields, on_conflict=resolution), fields, (street, city))
        outcome = wanted((street, city), direction, resolution)

        assert said(action, fields) == outcome, (street, city, direction, resolution)
        theirs, ours = (street.erp, city.erp), (street.crm, city.crm)
        in_erp = (action.to_erp.get("street", theirs[0]), action.to_erp.get("city", theirs[1]))
        in_crm = (action.to_crm.get("line1", ours[0]), action.to_crm.get("town", ours[1]))
        assert in_erp == (ours if outcome == "to erp" else theirs)
        assert in_crm == (theirs if outcome == "to crm" else ours)


def test_fields_that_are_no_group_do_not_know_each_other() -> None:
    """The decision about two fields is the two decisions about one."""
    other = field("phone", "telephone")
    for first, second in product(UNITS, UNITS):
        action, _ = decide(mapping(NAME, other), (NAME, other), (first, second))

        assert said(action, (NAME,)) == wanted((first,), BOTH, ConflictResolution.NONE)
        assert said(action, (other,)) == wanted((second,), BOTH, ConflictResolution.NONE)


def test_a_frozen_field_is_settled_by_equality_or_a_person_only() -> None:
    """Nobody knows whether its last write landed: it is never sent, and asks unless both sides hold the same."""
    for unit, direction, resolution in single_worlds():
        one = replace(NAME, direction=direction)
        tie = coupling({one: unit.base} if unit.base is not None else {})
        of = setting(mapping(one, on_conflict=resolution))

        action = decide_pair(of, tie, erp(name=unit.erp), crm(name=unit.crm), frozenset({one.name}))

        assert (action.to_erp, action.to_crm) == ({}, {})
        assert said(action, (one,)) == ("settled" if unit.erp == unit.crm else "conflict")


def test_a_side_chosen_by_a_person_gets_what_the_other_holds() -> None:
    """Whatever was edited there; against a field's direction nothing goes."""
    for unit, direction, chosen in product(UNITS, Direction, Side):
        one = replace(NAME, direction=direction)
        tie = coupling({one: unit.base} if unit.base is not None else {})

        action = decide_pair(setting(mapping(one)), tie, erp(name=unit.erp), crm(name=unit.crm), chosen=chosen)

        if unit.erp == unit.crm:
            expected = "settled"
        elif direction.writes(chosen):
            expected = f"to {chosen}"
        else:
            expected = wanted((unit,), direction, ConflictResolution.NONE)
        assert said(action, (one,)) == expected, (unit, direction, chosen)


def test_every_decision_about_an_uncoupled_record_is_the_one_that_people_would_make() -> None:
    """Outside the filter, against the direction or among coupled records only: left aside; else created or waiting."""
    kinds = set()
    for side, takes_part, direction, creates, required, known in product(
        Side, (True, False), Direction, (True, False), (True, False), ("blank", "coupled", "uncoupled")
    ):
        record, to = record_of(side, takes_part=takes_part, known=known), side.other
        money = replace(CURRENCY, reference=Reference(mapping=MappingName("CURRENCY"), is_required=required))
        of = setting(
            mapping(NAME, money, direction=direction, crm_filter=(Condition("state", Operator.EQUALS, None),)),
            CURRENCIES,
            creates=creates,
        )

        action = decide_uncoupled(of, record, side)

        case = (side, takes_part, direction, creates, required, known)
        reason = refusal(to, takes_part=takes_part, direction=direction, creates=creates)
        sent = action.to_crm if side is Side.ERP else action.to_erp
        waits = known == "uncoupled"
        if reason is not None:
            assert (action.kind, action.reason.code, sent) == (ActionKind.IGNORE, reason, {}), case
        elif waits and required:
            assert (action.kind, action.reason.code, sent) == (ActionKind.WAIT, ReasonCode.NEEDS_COUPLING, {}), case
        else:
            column = money.columns(to)[0]
            carried = {} if known != "coupled" else {column: "crm-eur" if side is Side.ERP else "erp-eur"}
            assert (action.kind, sent) == (ActionKind.INSERT, {"name": "Adatum", **carried}), case
        assert bool(action.needs) == (reason is None and waits), case
        kinds.add(action.kind)
    assert kinds == {ActionKind.INSERT, ActionKind.IGNORE, ActionKind.WAIT}


CURRENCIES = References(
    crm_ids={(MappingName("CURRENCY"), "id", "erp-eur"): RecordId("crm-eur")},
    erp_keys={(MappingName("CURRENCY"), "id", "crm-eur"): "erp-eur"},
)


def record_of(side: Side, *, takes_part: bool, known: str) -> Record:
    """A record with a name and a currency that is blank, coupled or not coupled."""
    currency = None if known == "blank" else f"{side}-{'eur' if known == 'coupled' else 'usd'}"
    state = None if takes_part else "All"
    if side is Side.ERP:
        return erp(name="Adatum", currency=currency, blocked=state)
    return crm(name="Adatum", money=currency, state=state)


def refusal(to: Side, *, takes_part: bool, direction: Direction, creates: bool) -> ReasonCode | None:
    """Why a record is left aside, the first question first."""
    if not takes_part:
        return ReasonCode.OUTSIDE_FILTER
    if not direction.writes(to):
        return ReasonCode.WRONG_DIRECTION
    return None if creates else ReasonCode.NOT_COUPLED


def test_a_decision_about_a_pair_of_which_one_is_gone_is_a_question() -> None:
    """Nothing is sent and nothing deleted by the decision itself; with both gone there is nothing to ask."""
    tie = coupling({NAME: ("a", "a")})
    for left_erp, left_crm in product((None, "a", "b"), repeat=2):
        if left_erp is not None and left_crm is not None:
            continue
        action = decide_pair(
            setting(mapping(NAME)),
            tie,
            None if left_erp is None else erp(name=left_erp),
            None if left_crm is None else crm(name=left_crm),
        )
        left = left_erp or left_crm
        expected = {
            None: (ActionKind.IGNORE, ReasonCode.GONE),
            "a": (ActionKind.CONFLICT, ReasonCode.COUNTERPART_DELETED),
            "b": (ActionKind.CONFLICT, ReasonCode.SURVIVOR_EDITED),
        }[left]

        assert (action.kind, action.reason.code) == expected
        assert (action.to_erp, action.to_crm, action.deletes_on) == ({}, {}, None)
