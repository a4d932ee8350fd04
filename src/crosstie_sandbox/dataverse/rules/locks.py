"""Which state lets what be changed, and which states an update may lead to."""

from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.rules.documents import Document, by_line, documents
from crosstie_sandbox.dataverse.rules.refusals import (
    not_payable,
    order_not_editable,
    parent_read_only,
    read_only,
    state_by_action,
)
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.writing import Extension, Writer

PAID, CANCELED = 2, 3
_FREE = frozenset(
    {"ownerid", "ownerid_type", "owninguser", "owningteam", "owningbusinessunit"}
    | {"modifiedon", "modifiedby", "versionnumber"}
)
"""What changes without the document being changed: whose it is."""


class Locks(Extension):
    """Refuses changes of documents, and of their lines, that are done with. Actions write without it."""

    def before(self, writer: Writer, table: Table, old: Changes | None, new: Changes | None) -> None:
        """Look at the state the document is in."""
        document = by_line().get(table.logical_name)
        if document is not None:
            _check_parent(writer, document, old, new)
            return
        document = documents().get(table.logical_name)
        if document is not None and old is not None and new is not None:
            _check_change(document, old, new)


def _check_parent(writer: Writer, document: Document, old: Changes | None, new: Changes | None) -> None:
    table = writer.tables[document.header]
    for identity in {row[document.link] for row in (old, new) if row is not None and row[document.link] is not None}:
        query = f'SELECT statecode FROM "{document.header}" WHERE "{table.primary_key}" = ?'
        found = writer.database.execute(query, (identity,)).fetchone()
        if found is not None and found[0] in document.locked:
            raise parent_read_only()


def _check_change(document: Document, old: Changes, new: Changes) -> None:
    before, after = int(str(old["statecode"])), int(str(new["statecode"]))
    if before == after:
        changed = {name for name, value in new.items() if value != old[name]} - _FREE
        if before in document.locked and changed:
            raise order_not_editable() if document.header == "salesorder" else read_only()
    elif document.header == "invoice" and (before, after) == (CANCELED, PAID):
        raise not_payable()
    elif after not in document.moves[before]:
        raise state_by_action(str(after), document.header)
