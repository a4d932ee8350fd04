"""Documents made from other documents: the columns they have in common, and their lines."""

from collections.abc import Mapping

from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.rules.documents import documents
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.writing import Writer

_NOT_COPIED = frozenset(
    {
        "versionnumber",
        "createdon",
        "modifiedon",
        "createdby",
        "modifiedby",
        "overriddencreatedon",
        "importsequencenumber",
    }
    | {"statecode", "statuscode", "owninguser", "owningteam", "owningbusinessunit", "exchangerate"}
    | {"revisionnumber", "isrevenuesystemcalculated", "actualvalue", "actualclosedate"}
)


def copy_document(writer: Writer, source: str, target: str, identity: str, given: Changes) -> str:
    """Make a document and its lines from another; `given` goes before what is copied. Says the new document's id."""
    old, new = documents()[source], documents()[target]
    header = writer.read(writer.tables[source], identity) or {}
    numbers = {one.number for one in (old, new)}
    copied = _shared(writer.tables[source], writer.tables[target], header)
    made = writer.create(writer.tables[target], {**_without(copied, numbers), **given})
    lines = writer.tables[old.line]
    query = f'SELECT "{lines.primary_key}" FROM "{old.line}" WHERE "{old.link}" = ? ORDER BY lineitemnumber'
    for (line,) in writer.database.execute(query, (identity,)).fetchall():
        row = writer.read(lines, str(line)) or {}
        copy = _shared(lines, writer.tables[new.line], row)
        writer.create(writer.tables[new.line], {**copy, new.link: made})
    return made


def _shared(source: Table, target: Table, row: Mapping[str, object]) -> Changes:
    """What both tables have a column for; a lookup only if it may point to the same tables."""
    keys = {source.primary_key, target.primary_key}
    return {
        name: value
        for name, value in row.items()
        if value is not None
        and name in target.by_name
        and name not in _NOT_COPIED | keys
        and not name.endswith("_base")
    }


def _without(row: Changes, names: set[str | None]) -> Changes:
    return {name: value for name, value in row.items() if name not in names}
