"""Clock, ids and listeners: the rest of the outside world that use cases need."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crosstie.engine.convert import Conversion
from crosstie.model.job import FullSynchLine, SynchJob
from crosstie.model.mapping import TableMapping
from crosstie.model.words import MappingName, Side
from crosstie.synch.ports.connector import Connector
from crosstie.synch.ports.store import Store


class Clock(Protocol):
    """Tells the time, UTC."""

    def __call__(self) -> datetime:
        """Now."""
        ...


class IdSource(Protocol):
    """Makes ids that nobody else makes."""

    def __call__(self) -> str:
        """A fresh id."""
        ...


class Listener(Protocol):
    """Hears of progress; what it does with it is its own business."""

    def job_moved(self, job: SynchJob) -> None:
        """A job started, finished a page, or ended."""
        ...

    def line_moved(self, line: FullSynchLine) -> None:
        """A line of the full synch review changed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One connection with everything its use cases need; built in one place, ``app/wiring.py``."""

    store: Store
    erp: Connector
    crm: Connector
    mappings: Mapping[MappingName, TableMapping]
    conversions: Mapping[str, Conversion]
    clock: Clock
    new_id: IdSource
    owner: str
    """Name of this worker, as the mapping locks show it."""
    is_alone: bool
    """No other process can be working on this store: locks left behind by a dead one may be taken at once."""
    listener: Listener
    page_size: int = 200

    def connector(self, side: Side) -> Connector:
        """The connector of ``side``."""
        return self.erp if side is Side.ERP else self.crm
