"""Answers to PATCH and DELETE of rows, and what every write answers."""

from urllib.parse import quote

from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.expanding import check_expands
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.upserting import place_of, upsert
from crosstie_sandbox.dataverse.writing import Conditions
from crosstie_sandbox.odata.answer import loads


def update(call: Call) -> Reply:
    """Change a row, or create it under the id of the address."""
    place = place_of(call, call.address.argument or "")
    identity, created = upsert(call, place, _changes(call), conditions(call))
    return written(call, identity, created=created, is_by_key=bool(place.key))


def delete(call: Call) -> Reply:
    """Remove a row."""
    call.session.writer.delete(call.table, call.identity(), conditions(call))
    return empty_reply()


def conditions(call: Call) -> Conditions:
    """The preconditions in the headers; the text `null`, which some clients send, is none."""
    if_match, if_none_match = (call.operation.headers.get(name) for name in ("if-match", "if-none-match"))
    return Conditions(
        if_match=None if if_match in {None, "", "null"} else if_match,
        if_none_match=None if if_none_match in {None, "", "null"} else if_none_match,
    )


def _changes(call: Call) -> Changes:
    return call.changes(loads(call.operation.body))


def written(call: Call, identity: str, *, created: bool, is_by_key: bool = False) -> Reply:
    """What a row that was written is answered with; whoever named it by a key is told its address in that form."""
    url = call.row_url(quote(call.address.argument or "", safe="=',") if is_by_key else identity)
    headers = {"OData-EntityId": url, **({"Location": url} if created else {})}
    if not call.preferences.representation:
        return empty_reply(headers)
    check_expands(call.schema, call.table, call.options)
    item = call.reader.row(call.table, identity, call.options)
    headers |= {"ETag": str(item["@odata.etag"]), "Preference-Applied": "return=representation"}
    return json_reply({"@odata.context": call.context("/$entity"), **item}, 201 if created else 200, headers)
