"""Watches a job for mass changes and stops it before they are carried over.

What vanished is counted by one query before the first page; blanked fields, deletes of ours and records that leave the
filter are counted page by page, before each is sent. The counts are kept until a job goes through: one that is run
again and again asks again, rather than carrying over a little more every time. A plan asks the same questions and
keeps nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from crosstie.engine.filter import describe_filter, meets
from crosstie.engine.guard import (
    Limits,
    MassChange,
    judge_blanked,
    judge_deletes,
    judge_leavers,
    judge_vanished,
)
from crosstie.model.errors import MassChangeError
from crosstie.model.reason import ReasonCode
from crosstie.model.words import Side
from crosstie.synch.ports.environment import Environment
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work

DELETES, LEAVERS = "deletes", "leavers"
"""What is counted besides blanked fields, whose names have an ``=`` in them."""


class Guard:
    """One job's watch over one mapping; ``is_accepted``: a person has looked, this run goes through."""

    def __init__(self, env: Environment, tables: Tables, *, is_accepted: bool, limits: Limits) -> None:
        self._env = env
        self._tables = tables
        self._is_accepted = is_accepted
        self._limits = limits
        self._counted = dict(env.store.mass_changes.counted(tables.mapping.name))
        self._noted = self._counted

    @cached_property
    def _couplings(self) -> int:
        return self._env.store.couplings.count(self._tables.mapping.name)

    def look_ahead(self, after: Mapping[Side, int], upto: Mapping[Side, int]) -> None:
        """Stop if too many coupled records vanished from a side."""
        _stop(self.foresee_vanished(after, upto))

    def look(self, works: Sequence[Work]) -> None:
        """Stop if this page, on top of those before, would change too many records in one way."""
        self._note(self._counted)
        _stop(self.foresee(works))

    def finish(self) -> None:
        """The job went through: counting starts anew."""
        self._note({})

    def foresee_vanished(self, after: Mapping[Side, int], upto: Mapping[Side, int]) -> MassChange | None:
        """Why a job would stop before its first page, if it would."""
        store, mapping = self._env.store, self._tables.mapping
        for side in Side:
            table = mapping.table(side)
            vanished = store.mass_changes.vanished(mapping.name, side, table, after=after[side], upto=upto[side])
            if not vanished:
                continue
            is_empty = store.mass_changes.is_empty(side, table)
            found = judge_vanished(
                mapping.name,
                side,
                couplings=self._couplings,
                vanished=vanished,
                is_empty=is_empty,
                limits=self._limits,
            )
            if found is not None and not self._is_accepted:
                return found
        return None

    def foresee(self, works: Sequence[Work]) -> MassChange | None:
        """Count a page; why a job would stop before sending it, if it would."""
        counted = dict(self._counted)
        for key in self._noticed(works):
            counted[key] = counted.get(key, 0) + 1
        if not self._is_accepted:
            for (side, what), records in counted.items():
                found = self._judge(side, what, records)
                if found is not None:
                    return found
        self._counted = counted
        return None

    def _judge(self, side: Side, what: str, records: int) -> MassChange | None:
        mapping, of, limits = self._tables.mapping, self._couplings, self._limits
        match what:
            case _ if what == DELETES:
                return judge_deletes(mapping.name, side, couplings=of, deletes=records, limits=limits)
            case _ if what == LEAVERS:
                said = describe_filter(mapping.filter(side))
                return judge_leavers(mapping.name, side, said, couplings=of, leavers=records, limits=limits)
            case field:
                return judge_blanked(mapping.name, side, field, couplings=of, blanked=records, limits=limits)

    def _note(self, counted: dict[tuple[Side, str], int]) -> None:
        """Keep the counts of the pages that went through, where they moved."""
        if counted != self._noted:
            self._env.store.mass_changes.note(self._tables.mapping.name, counted)
            self._noted = counted

    def _noticed(self, works: Sequence[Work]) -> Iterator[tuple[Side, str]]:
        """One entry for everything that counts, by side."""
        for work in works:
            for side in Side:
                for field in self._blanked_fields(work, side):
                    yield side, field
            if work.action is not None and work.action.deletes_on is not None:
                yield work.action.deletes_on, DELETES
        for work in self._leavers(works):
            for side in Side:
                record = work.on(side)
                if record is not None and not meets(record.values, self._tables.mapping.filter(side)):
                    yield side, LEAVERS

    def _leavers(self, works: Sequence[Work]) -> list[Work]:
        """Pairs that left the filter since they were last looked at."""
        left = [work for work in works if work.coupling and _reason(work) is ReasonCode.LEFT_FILTER]
        ids = [work.id_on(side) for work in left for side in Side]
        known = self._env.store.mass_changes.left_filter(self._tables.mapping.name, ids)
        return [work for work in left if known.isdisjoint(work.id_on(side) for side in Side)]

    def _blanked_fields(self, work: Work, side: Side) -> list[str]:
        """The fields that a work's decision blanks at a coupled record of ``side``."""
        action = work.action
        held = None if action is None else action.record(side)
        if action is None or held is None or work.coupling is None:
            return []
        blanked = {
            name for name, value in action.to(side).items() if value is None and held.values.get(name) is not None
        }
        fields = (self._tables.mapping.field_named(name) for name in action.fields_to(side)) if blanked else ()
        return [field.name for field in fields if not blanked.isdisjoint(field.columns(side))]


def _reason(work: Work) -> ReasonCode | None:
    return None if work.action is None else work.action.reason.code


def _stop(found: MassChange | None) -> None:
    if found is not None:
        raise MassChangeError(found.message, found.next_step)
