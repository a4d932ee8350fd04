"""What the faces show: one read model for pages and commands, plain values, no decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crosstie.app.wiring import Crosstie
from crosstie.engine.order import waves
from crosstie.model.coupling import Coupling
from crosstie.model.job import FullSynchLine, SynchJob
from crosstie.model.mapping import TableMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.words import MappingName
from crosstie.store.connections import load_connection
from crosstie.synch.ports.store import OpenConflict, RecordOutcome, Store


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
    stored = load_connection(crosstie.engine, crosstie.settings.connection)
    mappings = crosstie.installed().mappings
    order = [name for wave in waves({name: one.depends_on for name, one in mappings.items()}) for name in wave]
    with crosstie.store() as store:
        unsettled = store.outcomes.count_unsettled()
        lines = {line.mapping: line for line in store.jobs.lines()}
        return Overview(
            title=stored.title if stored else "",
            mappings=[
                MappingRow(
                    mapping=mappings[name],
                    coupled=store.couplings.count(name),
                    attention=unsettled.get(name, 0),
                    line=lines.get(name),
                )
                for name in order
            ],
            couplings=[
                CouplingRow(coupling=one, name=name_of(one), synchronized_at=at)
                for at, one in store.couplings.recent(couplings)
            ],
            jobs=store.jobs.recent(jobs),
            attention=_named(store, store.outcomes.unsettled(limit=attention)),
        )


def name_of(coupling: Coupling) -> str:
    """The name that both sides agreed on last."""
    names = (base.erp[0] for field, base in coupling.base.items() if field.startswith("displayName="))
    return next((str(name) for name in names if name is not None), "")


def attention(crosstie: Crosstie, mapping: MappingName | None = None) -> Sequence[RecordOutcome]:
    """Coupled Data Synchronization Errors: records that failed, are skipped, wait or conflict."""
    with crosstie.store() as store:
        return _named(store, store.outcomes.unsettled(mapping))


def _named(store: Store, outcomes: Sequence[RecordOutcome]) -> list[RecordOutcome]:
    """The outcomes with records that others wait for named as people know them, not by id."""
    ids: dict[MappingName, list[str]] = {}
    for one in outcomes:
        if one.reason.code is ReasonCode.NEEDS_COUPLING:
            ids.setdefault(MappingName(one.reason.data["mapping"]), []).append(one.reason.data["value"])
    labels = {key: label for name, keys in ids.items() for key, label in store.outcomes.labels(name, keys).items()}
    return [replace(one, reason=_with_label(one.reason, labels)) for one in outcomes]


def _with_label(reason: Reason, labels: Mapping[str, str]) -> Reason:
    label = labels.get(reason.data.get("value", ""))
    return reason if label is None else Reason(reason.code, {**reason.data, "value": label})


def conflicts(crosstie: Crosstie) -> Sequence[OpenConflict]:
    """Open conflicts of all mappings."""
    with crosstie.store() as store:
        return [one for name in crosstie.installed().mappings for one in store.outcomes.conflicts(name)]
