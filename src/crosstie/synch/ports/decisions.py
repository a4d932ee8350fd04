"""The store's part about what persons decide and what the guard counts: ended couplings, rules, mass changes."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from crosstie.model.coupling import Coupling
from crosstie.model.reason import Reason
from crosstie.model.words import ConflictResolution, MappingName, RecordId, Side


class Partings(Protocol):
    """Couplings that ended, and what outlives them."""

    def end(self, couplings: Sequence[Coupling], stays: Reason | None = None) -> None:
        """Drop couplings and raise the generations of their ERP records; ``stays``: why these stay uncoupled."""
        ...

    def generations(self, mapping: MappingName, erp_ids: Sequence[RecordId]) -> Mapping[RecordId, int]:
        """The generation of the next coupling, of the ERP records that were coupled before."""
        ...

    def left(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> Mapping[RecordId, Reason]:
        """Those of these uncoupled records that are to stay so, and why.

        Their counterpart was deleted, for good, or a person uncoupled them.
        """
        ...


class Rules(Protocol):
    """Rules that were kept from a person's answer to a conflict."""

    def keep(self, mapping: MappingName, unit: str, resolution: ConflictResolution, *, at: datetime) -> None:
        """From now on conflicts of this unit are resolved like that."""
        ...

    def forget(self, mapping: MappingName, unit: str) -> bool:
        """Ask again; says whether there was a rule."""
        ...

    def of(self, mapping: MappingName) -> Mapping[str, ConflictResolution]:
        """The rules of a mapping, by unit."""
        ...


class MassChanges(Protocol):
    """What the mass-change guard counts."""

    def vanished(self, mapping: MappingName, side: Side, table: str, *, after: int, upto: int) -> int:
        """How many coupled records of this range are gone and were not taken up yet."""
        ...

    def never_listed(self, mapping: MappingName, side: Side, table: str, limit: int) -> Sequence[RecordId]:
        """Coupled records that the feed of the table knows nothing of."""
        ...

    def is_empty(self, side: Side, table: str) -> bool:
        """Whether the feed lists no record of the table any more."""
        ...

    def left_filter(self, mapping: MappingName, ids: Sequence[RecordId]) -> AbstractSet[RecordId]:
        """Which of these records, of either side, were outside the filter when they were last looked at."""
        ...

    def counted(self, mapping: MappingName) -> Mapping[tuple[Side, str], int]:
        """What was counted since a job of the mapping last finished, by side: blanked fields, deletes, leavers."""
        ...

    def note(self, mapping: MappingName, counted: Mapping[tuple[Side, str], int]) -> None:
        """Remember these counts; without any, forget them."""
        ...
