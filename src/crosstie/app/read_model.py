"""What the faces show: one read model for pages and commands, plain values, no decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crosstie.app.mappings import default_mappings
from crosstie.app.wiring import Crosstie
from crosstie.model.coupling import Coupling
from crosstie.model.job import FullSynchLine, SynchJob
from crosstie.model.mapping import TableMapping
from crosstie.model.words import MappingName
from crosstie.rules.conversions import CONVERSIONS
from crosstie.store.connections import load_connection
from crosstie.synch.ports.store import OpenConflict, RecordOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow:
    """A line of Integration Table Mappings."""

    mapping: TableMapping
    coupled: int
    attention: int
    """Records that failed, are skipped, wait or conflict."""
    line: FullSynchLine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CouplingRow:
    """A line of the list of couplings."""

    coupling: Coupling
    name: str
    synchronized_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything the first page shows."""

    title: str
    mappings: Sequence[MappingRow]
    couplings: Sequence[CouplingRow]
    jobs: Sequence[SynchJob]
    attention: Sequence[RecordOutcome]


def overview(crosstie: Crosstie, *, couplings: int = 50, jobs: int = 20, attention: int = 50) -> Overview:
    """The overview of the connection at hand, with at most so many rows of each kind."""
    store = crosstie.store()
    stored = load_connection(crosstie.engine, crosstie.settings.connection)
    unsettled = store.outcomes.unsettled()
    lines = {line.mapping: line for line in store.jobs.lines()}
    return Overview(
        title=stored.title if stored else "",
        mappings=[
            MappingRow(
                mapping=mapping,
                coupled=store.couplings.count(name),
                attention=sum(one.mapping == name for one in unsettled),
                line=lines.get(name),
            )
            for name, mapping in default_mappings(CONVERSIONS).items()
        ],
        couplings=[
            CouplingRow(coupling=one, name=name_of(one), synchronized_at=at)
            for at, one in store.couplings.recent(couplings)
        ],
        jobs=store.jobs.recent(jobs),
        attention=unsettled[:attention],
    )


def name_of(coupling: Coupling) -> str:
    """The name that both sides agreed on last."""
    names = (base.erp[0] for field, base in coupling.base.items() if field.startswith("displayName="))
    return next((str(name) for name in names if name is not None), "")


def attention(crosstie: Crosstie, mapping: MappingName | None = None) -> Sequence[RecordOutcome]:
    """Coupled Data Synchronization Errors: records that failed, are skipped, wait or conflict."""
    return crosstie.store().outcomes.unsettled(mapping)


def conflicts(crosstie: Crosstie) -> Sequence[OpenConflict]:
    """Open conflicts of all mappings."""
    store = crosstie.store()
    return [one for name in default_mappings(CONVERSIONS) for one in store.outcomes.conflicts(name)]
