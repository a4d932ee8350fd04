"""The steps that are registered: which event of which table goes where, and what goes with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crosstie_sandbox.dataverse.database import Database

_WATCHED = ("sdkmessageprocessingstep", "sdkmessageprocessingstepimage", "serviceendpoint")
_VERSION = "steps_version"
PRE_IMAGE, POST_IMAGE, BOTH_IMAGES = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Image:
    """How the row looked, to go with an event; without names all columns."""

    alias: str
    kind: int
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Step:
    """A registration."""

    id: str
    name: str
    message: str
    table: str | None
    endpoint: str
    stage: int
    auto_delete: bool
    columns: frozenset[str]
    """Only a change of one of these is an event; of any, if there are none."""
    images: Sequence[Image]


class StepBook:
    """The steps, remembered until a registration changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version: str | None = None
        self._known: Mapping[str, Sequence[Step]] = {}

    def of(self, message: str, table: str) -> Sequence[Step]:
        """The steps that a message of a table is for, lowest rank first."""
        query = f"SELECT value FROM main.setting WHERE name = '{_VERSION}'"
        version = str(self._database.execute(query).fetchone()[0])
        if version != self._version:
            self._version = version
            self._known = _read(self._database)
        if not self._known:
            return ()
        return [step for step in self._known.get(message, ()) if step.table in {None, table}]


def watch_steps(database: Database) -> None:
    """Have the database mark every change of a registration, whoever makes it, and never with the same mark twice."""
    database.execute("INSERT OR IGNORE INTO setting VALUES (?, '')", (_VERSION,))
    for table in _WATCHED:
        for change in ("INSERT", "UPDATE", "DELETE"):
            database.execute(
                f"CREATE TRIGGER IF NOT EXISTS steps_{table}_{change.lower()} AFTER {change} ON {table}"
                f" BEGIN UPDATE setting SET value = hex(randomblob(8)) WHERE name = '{_VERSION}'; END"
            )


def _read(database: Database) -> Mapping[str, Sequence[Step]]:
    found: dict[str, list[Step]] = {}
    for row in database.execute(_STEPS).fetchall():
        identity, name, message, table, endpoint, stage, auto_delete, columns = row
        step = Step(
            id=str(identity),
            name=str(name or ""),
            message=str(message),
            table=table,
            endpoint=str(endpoint),
            stage=int(stage),
            auto_delete=bool(auto_delete),
            columns=_names(columns),
            images=[Image(str(alias), int(kind), _names(names)) for alias, kind, names in _images(database, identity)],
        )
        found.setdefault(step.message, []).append(step)
    return found


def _images(database: Database, step: str) -> Sequence[tuple[Any, ...]]:
    query = (
        "SELECT entityalias, imagetype, attributes FROM main.sdkmessageprocessingstepimage"
        " WHERE sdkmessageprocessingstepid = ?"
    )
    return database.execute(query, (step,)).fetchall()


def _names(text: object) -> frozenset[str]:
    return frozenset(name.strip() for name in str(text or "").split(",") if name.strip())


_STEPS = """
SELECT step.sdkmessageprocessingstepid, step.name, message.name, filter.primaryobjecttypecode,
endpoint.serviceendpointid, step.stage, step.asyncautodelete, step.filteringattributes
FROM main.sdkmessageprocessingstep AS step
JOIN main.sdkmessage AS message ON message.sdkmessageid = step.sdkmessageid
JOIN main.serviceendpoint AS endpoint ON endpoint.serviceendpointid = step.eventhandler
LEFT JOIN main.sdkmessagefilter AS filter ON filter.sdkmessagefilterid = step.sdkmessagefilterid
WHERE step.statecode = 0 ORDER BY step.rank, step.createdon
"""
