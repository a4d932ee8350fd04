"""Files in columns of the sandbox CRM: whole and in chunks, in and out."""

from base64 import b64decode

import pytest

ROOT = "http://crm.example/api/data/v9.2/"
CONTENT = bytes(range(256)) * 40


@pytest.fixture
async def place(crm) -> str:
    """The address of a file column, with room for 12 KB, of a new account."""
    body = {
        "@odata.type": "Microsoft.Dynamics.CRM.FileAttributeMetadata",
        "SchemaName": "new_Doc",
        "DisplayName": {"LocalizedLabels": [{"Label": "Doc", "LanguageCode": 1033}]},
        "RequiredLevel": {"Value": "None"},
        "MaxSizeInKB": 12,
    }
    answer = await crm.http.post("EntityDefinitions(LogicalName='account')/Attributes", json=body)
    assert answer.status_code == 204, answer.text
    return f"accounts({(await crm.add('accounts', {'name': 'Filed'}))['accountid']})/new_doc"


async def send(crm, place: str, content: bytes, **headers: str):
    """PATCH with bytes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await crm.http.patch(place, content=content, headers={"Content-Type": "text/x-test", **named})


async def test_a_file_goes_in_and_comes_out(crm, place) -> None:
    """As bytes with name and type, as Base64 in JSON, and in parts; the row holds its id; DELETE removes it."""
    row = place.removesuffix("/new_doc")
    etag = (await crm.get(row))["@odata.etag"]
    assert (await crm.http.get(place)).status_code == 204
    answer = await send(crm, place, CONTENT, x_ms_file_name="%C3%84pfel.txt", If_None_Match="null")
    assert answer.status_code == 204, answer.text
    held = await crm.get(f"{row}?$select=new_doc")
    assert len(held["new_doc"]) == 36
    assert held["@odata.etag"] != etag
    bare = await crm.http.get(f"{place}/$value")
    assert (bare.content, bare.headers["Content-Type"]) == (CONTENT, "text/x-test")
    assert (bare.headers["x-ms-file-name"], bare.headers["x-ms-file-size"]) == ("%C3%84pfel.txt", str(len(CONTENT)))
    assert b64decode((await crm.get(place))["value"]) == CONTENT
    part = await crm.http.get(f"{place}/$value", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CONTENT[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(CONTENT)}"
    assert (await crm.http.delete(place)).status_code == 204
    assert (await crm.http.get(f"{place}/$value")).status_code == 204
    assert (await crm.get(f"{row}?$select=new_doc"))["new_doc"] is None


async def test_a_file_goes_in_by_chunks(crm, place) -> None:
    """The begin gives an address and a size; each chunk but the last is 206; what does not fit on is refused."""
    begun = await send(crm, f"{place}?x-ms-file-name=a%20b.bin", b"", x_ms_transfer_mode="chunked")
    assert (begun.status_code, begun.headers["x-ms-chunk-size"]) == (200, str(4 * 1024 * 1024))
    address, total = begun.headers["Location"], len(CONTENT)
    assert address.startswith(f"{ROOT}{place}?FileContinuationToken=")
    first = await send(crm, address, CONTENT[:6000], Content_Range=f"bytes 0-5999/{total}")
    assert first.status_code == 206
    again = await send(crm, address, CONTENT[:6000], Content_Range=f"bytes 0-5999/{total}")
    assert again.status_code == 400
    assert (await crm.http.get(place)).status_code == 204
    last = await send(crm, address, CONTENT[6000:], Content_Range=f"bytes 6000-{total - 1}/{total}")
    assert last.status_code == 204, last.text
    whole = await crm.http.get(f"{place}/$value")
    assert (whole.content, whole.headers["x-ms-file-name"]) == (CONTENT, "a%20b.bin")
    assert (await send(crm, address, b"x", Content_Range="bytes 0-0/1")).status_code == 400


async def test_files_that_do_not_fit_are_refused(crm, place) -> None:
    """Without a name, too large, to another kind of column, to a missing row, or when the row is another version."""
    row = place.removesuffix("/new_doc")
    assert (await send(crm, place, b"x")).status_code == 400
    large = await send(crm, place, b"x" * (12 * 1024 + 1), x_ms_file_name="a")
    assert (large.status_code, large.json()["error"]["code"]) == (400, "0x80044a02")
    assert (await send(crm, f"{row}/name", b"x", x_ms_file_name="a")).status_code == 405
    missing = "accounts(00000000-0000-0000-0000-000000000009)/new_doc"
    assert (await send(crm, missing, b"x", x_ms_file_name="a")).status_code == 404
    assert (await send(crm, place, b"x", x_ms_file_name="a", If_Match='W/"1"')).status_code == 412
    assert (await crm.http.get(place)).status_code == 204


async def test_what_no_row_holds_is_gone(crm, place) -> None:
    """A file that is replaced, and the file of a row that is deleted, take no room any longer."""
    kept = "SELECT count(*) FROM stored_file"
    database = crm.app.state.database
    for content in (b"one", b"two"):
        assert (await send(crm, place, content, x_ms_file_name="a")).status_code == 204
    assert database.execute(kept).fetchone() == (1,)
    await crm.http.delete(place.removesuffix("/new_doc"))
    assert database.execute(kept).fetchone() == (0,)
