"""Events wait in the database, with the write they tell of: what was committed is delivered, and nothing else is.

Each delivery is a system job (`asyncoperations`), whose row shows what became of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.webhooks.event import Event, Origin, body_of
from crosstie_sandbox.dataverse.webhooks.steps import Step, StepBook
from crosstie_sandbox.dataverse.writing import Extension, Writer

SYSTEM_EVENT = 1
READY, COMPLETED, SUCCEEDED, FAILED = 0, 3, 30, 31
_SILENT = frozenset({"asyncoperation", "sdkmessageprocessingstep", "sdkmessageprocessingstepimage", "serviceendpoint"})
_WAITING = (
    "CREATE TABLE IF NOT EXISTS webhook_delivery (asyncoperationid TEXT PRIMARY KEY, serviceendpointid TEXT NOT NULL,"
    " auto_delete INTEGER NOT NULL, message TEXT NOT NULL, table_name TEXT NOT NULL, organization TEXT NOT NULL,"
    " correlation TEXT NOT NULL, request TEXT NOT NULL, exceeded INTEGER NOT NULL, body BLOB NOT NULL)"
)


def add_waiting_table(database: Database) -> None:
    """Where events wait."""
    database.execute(_WAITING)


@dataclass(frozen=True, slots=True)
class EventQueue(Extension):
    """Puts events of a request in line for delivery."""

    book: StepBook
    request: UUID
    tag: str | None = None

    def after(self, writer: Writer, table: Table, old: Changes | None, new: Changes | None, changes: Changes) -> None:
        """Put what somebody registered for in line."""
        message = "Create" if old is None else "Delete" if new is None else "Update"
        if table.logical_name in _SILENT:
            return
        row = new or old or {}
        event = Event(message, table, str(row.get(table.primary_key)), changes, old, new)
        for step in self._steps(event):
            self._put(writer, step, event)

    def _steps(self, event: Event) -> Iterator[Step]:
        for step in self.book.of(event.message, event.table.logical_name):
            if event.message != "Update" or not step.columns or step.columns & set(event.changes):
                yield step

    def _put(self, writer: Writer, step: Step, event: Event) -> None:
        database, caller = writer.database, writer.caller
        name = database.execute("SELECT name FROM main.organization").fetchone()[0]
        operation = str(database.ids())
        origin = Origin(
            user=caller.user,
            initiator=caller.initiator or caller.user,
            business_unit=caller.business_unit,
            organization=caller.organization,
            organization_name=str(name),
            correlation=str(self.request),
            request=str(self.request),
            operation=operation,
            moment=database.today(),
            tag=self.tag,
        )
        body, exceeded = body_of(step, event, origin)
        job: Changes = {
            "asyncoperationid": operation,
            "name": step.name,
            "operationtype": SYSTEM_EVENT,
            "messagename": event.message,
            "primaryentitytype": event.table.logical_name,
            "correlationid": origin.correlation,
            "requestid": origin.request,
            "owningextensionid": step.id,
        }
        writer.create(writer.tables["asyncoperation"], job)
        database.execute(
            "INSERT INTO webhook_delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                operation,
                step.endpoint,
                step.auto_delete,
                event.message,
                event.table.logical_name,
                str(name),
                origin.correlation,
                origin.request,
                exceeded,
                body,
            ),
        )
