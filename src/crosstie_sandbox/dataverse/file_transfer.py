"""Requests for the file in a column of a row: upload at once or in chunks, download, removal."""

import re
from base64 import b64encode
from urllib.parse import quote, unquote

from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import ServiceError, bad_request, row_missing
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply
from crosstie_sandbox.dataverse.rules.files import (
    StoredFile,
    Upload,
    begin_upload,
    complete,
    find,
    keep,
    receive,
    upload_of,
)
from crosstie_sandbox.dataverse.schema import Column
from crosstie_sandbox.dataverse.writes import conditions
from crosstie_sandbox.odata.answer import context_url

CHUNK_SIZE = 4 * 1024 * 1024
"""How many bytes the service wants in a chunk; it takes fewer and more."""
_DEFAULT_KILOBYTES = 32_768
_TOKEN = "FileContinuationToken"  # noqa: S105 - the name of a parameter
_FILE_NAME = "x-ms-file-name"
_CONTENT_RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})")
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")


def upload(call: Call, row: str, column: Column) -> Reply:
    """PATCH: a whole file, the begin of a chunked upload, or a chunk."""
    headers = call.operation.headers
    token = call.options.other.get(_TOKEN)
    if token is not None:
        return _chunk(call, row, column, token)
    name = call.options.other.get(_FILE_NAME) or unquote(headers.get(_FILE_NAME, ""))
    if not name:
        raise bad_request(f"The name of the file is missing: give the header '{_FILE_NAME}'.")
    call.session.guard.must_on("Write", call.table, row)
    if not call.session.platform.exists(call.table, row):
        raise row_missing(call.table.logical_name, row)
    if headers.get("x-ms-transfer-mode") == "chunked":
        place = (call.table.logical_name, row, column.name)
        made = begin_upload(call.session.database, place, name)
        location = f"{call.row_url(row)}/{column.wire}?{_TOKEN}={made}"
        return Reply(200, {"OData-Version": "4.0", "x-ms-chunk-size": str(CHUNK_SIZE), "Location": location})
    kind = headers.get("content-type", "application/octet-stream")
    return _hold(call, row, column, StoredFile(name, kind, call.operation.body))


def _chunk(call: Call, row: str, column: Column, token: str) -> Reply:
    found = upload_of(call.session.database, token)
    if found is None or found.place != (call.table.logical_name, row, column.name):
        raise bad_request("The file continuation token belongs to no upload of this column; begin again.")
    span = _CONTENT_RANGE.fullmatch(call.operation.headers.get("content-range", ""))
    if span is None:
        raise bad_request("A chunk needs the header 'Content-Range: bytes FIRST-LAST/TOTAL'.")
    first, total, body = int(span[1]), int(span[3]), call.operation.body
    if first != found.received or first + len(body) > total or (body and int(span[2]) + 1 != first + len(body)):
        text = f"The chunk '{span[0]}' of {len(body)} bytes does not go on after {found.received} bytes."
        raise bad_request(text)
    _check_size(column, total)
    receive(call.session.database, found, body)
    if found.received + len(body) < total:
        return Reply(206, {"OData-Version": "4.0"})
    return _complete(call, row, column, found)


def _complete(call: Call, row: str, column: Column, found: Upload) -> Reply:
    content = complete(call.session.database, found)
    return _hold(call, row, column, StoredFile(found.name, "application/octet-stream", content))


def _hold(call: Call, row: str, column: Column, file: StoredFile) -> Reply:
    _check_size(column, len(file.content))
    identity = keep(call.session.database, file)
    call.session.writer.update(call.table, row, {column.name: identity}, conditions(call))
    return empty_reply()


def _check_size(column: Column, size: int) -> None:
    kilobytes = column.length or _DEFAULT_KILOBYTES
    if size > kilobytes * 1024:
        text = f"The file of {size} bytes is larger than the {kilobytes} KB that '{column.name}' takes."
        raise ServiceError(400, "0x80044a02", text)


def download(call: Call, row: str, column: Column, *, bare: bool) -> Reply:
    """GET: the file, or the part that the header `Range` names, as such or within JSON in Base64."""
    query = f'SELECT "{column.name}" FROM "{call.table.logical_name}" WHERE "{call.table.primary_key}" = ?'
    held = call.session.database.execute(query, (row,)).fetchone()
    if held is None:
        raise row_missing(call.table.logical_name, row)
    file = None if held[0] is None else find(call.session.database, str(held[0]))
    if file is None:
        return empty_reply()
    size = len(file.content)
    span = _RANGE.fullmatch(call.operation.headers.get("range", ""))
    first = int(span[1]) if span else 0
    last = min(int(span[2]) if span and span[2] else size - 1, size - 1)
    content, name = file.content[first : last + 1], quote(file.name)
    headers = {
        "Content-Disposition": f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}",
        "x-ms-file-name": name,
        "x-ms-file-size": str(size),
    }
    status = 200
    if span:
        status, headers["Content-Range"] = 206, f"bytes {first}-{last}/{size}"
        headers["Location"] = f"{call.row_url(row)}/{column.wire}"
    if bare:
        return Reply(status, {"Content-Type": file.type, "OData-Version": "4.0", **headers}, content)
    context = context_url(call.session.root, f"{call.table.entity_set}({row})/{column.wire}")
    return json_reply({"@odata.context": context, "value": b64encode(content).decode()}, status, headers)


def remove(call: Call, row: str, column: Column) -> Reply:
    """DELETE: the column holds nothing any longer."""
    call.session.writer.update(call.table, row, {column.name: None}, conditions(call))
    return empty_reply()
