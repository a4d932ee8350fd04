"""Watches a job for mass changes and stops it before they are carried over.

What vanished is counted by one query before the first page; blanked fields are counted page by page, before each is
sent. The counts are kept until a job goes through: one that is run again and again asks again, rather than carrying
over a little more every time.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

from crosstie.engine.guard import Limits, MassChange, judge_blanked, judge_vanished
from crosstie.model.errors import MassChangeError
from crosstie.model.words import Side
from crosstie.synch.ports.environment import Environment
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work


class Guard:
    """One job's watch over one mapping; ``is_accepted``: a person has looked, this run goes through."""

    def __init__(self, env: Environment, tables: Tables, *, is_accepted: bool, limits: Limits) -> None:
        self._env = env
        self._tables = tables
        self._is_accepted = is_accepted
        self._limits = limits
        self._blanked = dict(env.store.mass_changes.blanked(tables.mapping.name))
        self._noted = self._blanked

    @cached_property
    def _couplings(self) -> int:
        return self._env.store.couplings.count(self._tables.mapping.name)

    def look_ahead(self, after: Mapping[Side, int], upto: Mapping[Side, int]) -> None:
        """Stop if too many coupled records vanished from a side."""
        store, mapping = self._env.store, self._tables.mapping
        for side in Side:
            table = mapping.table(side)
            vanished = store.mass_changes.vanished(mapping.name, side, table, after=after[side], upto=upto[side])
            if not vanished:
                continue
            is_empty = store.mass_changes.is_empty(side, table)
            self._stop(
                judge_vanished(
                    mapping.name,
                    side,
                    couplings=self._couplings,
                    vanished=vanished,
                    is_empty=is_empty,
                    limits=self._limits,
                )
            )

    def look(self, works: Sequence[Work]) -> None:
        """Stop if this page, on top of those before, would blank one field in too many records."""
        self._note(self._blanked)
        name, counted = self._tables.mapping.name, dict(self._blanked)
        for work in works:
            for side in Side:
                for field in self._blanked_fields(work, side):
                    counted[side, field] = counted.get((side, field), 0) + 1
        for (side, field), blanked in counted.items():
            self._stop(
                judge_blanked(name, side, field, couplings=self._couplings, blanked=blanked, limits=self._limits)
            )
        self._blanked = counted

    def finish(self) -> None:
        """The job went through: counting starts anew."""
        self._note({})

    def _stop(self, found: MassChange | None) -> None:
        if found is None or self._is_accepted:
            return
        raise MassChangeError(found.message, found.next_step)

    def _note(self, counted: dict[tuple[Side, str], int]) -> None:
        """Keep the counts of the pages that went through, where they moved."""
        if counted != self._noted:
            self._env.store.mass_changes.note_blanked(self._tables.mapping.name, counted)
            self._noted = counted

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
