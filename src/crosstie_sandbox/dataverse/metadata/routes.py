"""The addresses that lead to metadata instead of rows."""

from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import unknown_segment, wrong_method
from crosstie_sandbox.dataverse.metadata import reading, writes
from crosstie_sandbox.dataverse.metadata.csdl import metadata
from crosstie_sandbox.dataverse.operation import Reply

DOCUMENT = "$metadata"
NAMES = frozenset({DOCUMENT, *reading.ROOTS})


def answer(call: Call, method: str) -> Reply:
    """Read or alter what the address leads to."""
    if call.address.name == DOCUMENT:
        if method != "GET":
            raise wrong_method(method)
        if call.address.rest or call.address.argument is not None:
            raise unknown_segment(DOCUMENT)
        body = metadata(call.schema, annotated=call.options.other.get("annotations") == "true")
        return Reply(200, {"Content-Type": "application/xml", "OData-Version": "4.0"}, body)
    return reading.answer(call) if method == "GET" else writes.answer(call, method)
