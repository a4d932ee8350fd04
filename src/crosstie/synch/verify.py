"""Verify: compare both sides of a mapping completely, and write nothing.

Couplings are taken a page at a time and both records are read fresh by key; what is remembered of them is counts and a
few examples, so memory does not grow with the number of records. The change inbox, brought up to date first, tells what
takes part in the mapping and is not coupled.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from crosstie.engine.decide import Setting, differing_fields
from crosstie.engine.filter import meets
from crosstie.model.coupling import Coupling
from crosstie.model.mapping import FieldMapping, TableMapping
from crosstie.model.record import Record
from crosstie.model.value import Value
from crosstie.model.words import Direction, MappingName, RecordId, Side
from crosstie.synch.detect import detect
from crosstie.synch.gather import gather, with_references
from crosstie.synch.ports.environment import Environment
from crosstie.synch.tables import Tables, describe
from crosstie.synch.work import Work

EXAMPLES = 10
"""How many examples of each finding are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One pair that holds different values in one field."""

    erp_id: RecordId
    crm_id: RecordId
    label: str
    erp: tuple[Value, ...]
    crm: tuple[Value, ...]


@dataclass(slots=True)
class FieldDrift:
    """How many pairs differ in one field."""

    direction: Direction
    """A field that goes one way may differ for good: an edit at its destination is left alone."""
    pairs: int = 0
    """Without those whose conflict is open."""
    in_conflict: int = 0
    examples: list[Difference] = field(default_factory=list)


@dataclass(slots=True)
class Some:
    """A count, and the first few of what was counted."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        """Count one."""
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


def _by_side() -> dict[Side, Some]:
    return {side: Some() for side in Side}


@dataclass(slots=True, kw_only=True)
class Findings:
    """What a comparison of one mapping found."""

    mapping: MappingName
    pairs: int = 0
    """Couplings compared."""
    fields: dict[str, FieldDrift] = field(default_factory=dict)
    gone: dict[Side, Some] = field(default_factory=_by_side)
    """Couplings whose record no longer exists on that side."""
    hidden: dict[Side, Some] = field(default_factory=_by_side)
    """Couplings whose record exists on that side but is not shown to us: nothing can be said of it."""
    gone_on_both: Some = field(default_factory=Some)
    outside: Some = field(default_factory=Some)
    """Coupled pairs of which one no longer meets the filter; compared like any other."""
    uncoupled: dict[Side, Some] = field(default_factory=_by_side)
    """Records of that side which meet the filter and have no counterpart."""
    creates_on: frozenset[Side] = frozenset()
    """Sides on which an ordinary synchronization creates counterparts; there, an uncoupled record is a finding."""
    conflicts: int = 0
    """Fields of pairs whose open conflict explains the difference."""

    @property
    def is_ok(self) -> bool:
        """Nothing differs that is not an open conflict."""
        drifted = any(one.pairs for one in self.fields.values())
        missing = any(self.uncoupled[side.other].count for side in self.creates_on)
        unseen = any(self.gone[side].count or self.hidden[side].count for side in Side)
        return not (drifted or missing or self.gone_on_both.count or unseen)


async def verify(env: Environment, name: MappingName) -> Findings:
    """Compare both sides of a mapping."""
    mapping = env.mappings[name]
    tables = await describe(env, mapping)
    for side in Side:
        await detect(env, side, tables.on(side), whole_table=True)
    creates = mapping.creates and not mapping.only_coupled
    sides = frozenset(side for side in Side if creates and mapping.direction.writes(side))
    found = Findings(mapping=name, creates_on=sides)
    for page in _pages(env.store.couplings.all(name), env.page_size):
        await _compare(env, tables, page, found)
    for side in Side:
        _count_uncoupled(env, mapping, side, found)
    return found


def _pages(couplings: Iterable[Coupling], size: int) -> Iterator[list[Coupling]]:
    rest = iter(couplings)
    while page := list(islice(rest, size)):
        yield page


async def _compare(env: Environment, tables: Tables, page: Sequence[Coupling], found: Findings) -> None:
    works = [Work(side=Side.ERP, id=one.erp_id, coupling=one) for one in page]
    await gather(env, tables.mapping, works)
    setting = with_references(env, tables.setting(creates=False), works, tables.facts)
    conflicts = env.store.outcomes.conflicts(tables.mapping.name, [one.erp_id for one in page])
    in_conflict = {(one.erp_id, name) for one in conflicts for name in one.conflict.fields}
    for work in works:
        # A pair that was uncoupled since the page was taken is no pair any more.
        if work.coupling is not None:
            found.pairs += 1
            _compare_pair(tables, setting, work.coupling, work, in_conflict=in_conflict, found=found)


def _compare_pair(
    tables: Tables,
    setting: Setting,
    coupling: Coupling,
    work: Work,
    *,
    in_conflict: set[tuple[RecordId, str]],
    found: Findings,
) -> None:
    erp, crm = work.on(Side.ERP), work.on(Side.CRM)
    if work.hidden is not None:
        found.hidden[work.hidden].add(
            tables.label_of(Side.ERP, erp) or tables.label_of(Side.CRM, crm) or coupling.erp_id
        )
        return
    if erp is None or crm is None:
        _note_gone(tables, coupling, erp, crm, found)
        return
    label = tables.label_of(Side.ERP, erp)
    if not all(meets(one.values, tables.mapping.filter(side)) for side, one in ((Side.ERP, erp), (Side.CRM, crm))):
        found.outside.add(label or coupling.erp_id)
    for one in differing_fields(setting, coupling, erp, crm):
        drift = found.fields.setdefault(one.name, FieldDrift(one.direction))
        if (coupling.erp_id, one.name) in in_conflict:
            drift.in_conflict += 1
            found.conflicts += 1
            continue
        drift.pairs += 1
        if len(drift.examples) < EXAMPLES:
            drift.examples.append(_difference(tables, coupling, one, erp, crm))


def _note_gone(tables: Tables, coupling: Coupling, erp: Record | None, crm: Record | None, found: Findings) -> None:
    label = tables.label_of(Side.ERP, erp) or tables.label_of(Side.CRM, crm) or coupling.erp_number or coupling.erp_id
    if erp is None and crm is None:
        found.gone_on_both.add(label)
    else:
        found.gone[Side.ERP if erp is None else Side.CRM].add(label)


def _difference(tables: Tables, coupling: Coupling, one: FieldMapping, erp: Record, crm: Record) -> Difference:
    read = tables.translation.read
    return Difference(
        erp_id=coupling.erp_id,
        crm_id=coupling.crm_id,
        label=tables.label_of(Side.ERP, erp),
        erp=read(one, Side.ERP, erp.values),
        crm=read(one, Side.CRM, crm.values),
    )


def _count_uncoupled(env: Environment, mapping: TableMapping, side: Side, found: Findings) -> None:
    """Records that the feed lists, that meet the filter as listed, and that no coupling names."""
    inbox, table = env.store.inbox, mapping.table(side)
    after, upto = 0, inbox.horizon(side, table)
    while page := inbox.pending(mapping.name, side, table, after=after, upto=upto, limit=env.page_size):
        after = page[-1].seq
        free = [one for one in page if one.coupling is None and not one.is_gone]
        for one in free:
            if meets(one.values, mapping.filter(side)):
                found.uncoupled[side].add(one.id)
