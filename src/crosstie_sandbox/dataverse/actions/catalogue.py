"""Actions on products."""

from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import row_missing
from crosstie_sandbox.dataverse.operation import Reply, empty_reply
from crosstie_sandbox.dataverse.rules.products import ACTIVE, DRAFT, UNDER_REVISION

_BY_PARENT = "SELECT productid FROM product WHERE parentproductid = ?"


def publish_hierarchy(call: Call) -> Reply:
    """`PublishProductHierarchy`: a product and everything below it becomes active."""
    writer, table = call.session.platform, call.table
    waiting = [call.identity()]
    while waiting:
        identity = waiting.pop()
        call.session.guard.must_on("Write", table, identity)
        row = writer.read(table, identity)
        if row is None:
            raise row_missing(table.logical_name, identity)
        if row["statecode"] in {DRAFT, UNDER_REVISION}:
            writer.update(table, identity, {"statecode": ACTIVE})
        if "parentproductid" in table.by_name:
            waiting += [str(child) for (child,) in call.session.database.execute(_BY_PARENT, (identity,)).fetchall()]
    return empty_reply()
