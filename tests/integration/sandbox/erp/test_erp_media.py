"""Pictures and attached files of the sandbox ERP."""

import struct
import zlib

import pytest

from .client import Erp, Refusal

API = "http://erp.example/api/v2.0"
ANY_VERSION = {"If-Match": "*", "Content-Type": "application/octet-stream"}


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress((b"\x00" + b"\xff\x00\x00" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PICTURES = {
    "image/png": png(3, 2),
    "image/gif": b"GIF89a" + struct.pack("<HH", 3, 2) + b"\x00\x00\x00;",
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 2, 3) + b"\x01\x01\x11\x00",
}


@pytest.mark.parametrize("content_type", PICTURES)
async def test_a_picture_is_kept(erp: Erp, content_type: str) -> None:
    """Every record has a picture, empty at first; its bytes come back as they were, with type and size beside."""
    item = await erp.add("items", displayName="Bike")
    path = f"items({item['id']})/picture"
    empty = await erp.get(path)
    assert (empty["id"], empty["parentType"], empty["width"], empty["contentType"]) == (item["id"], "Item", 0, "")
    link = f"{API}/companies({erp.company_id})/pictures({item['id']})/pictureContent"
    assert empty["pictureContent@odata.mediaEditLink"] == link
    assert (await erp.http.get(f"{path}/pictureContent")).status_code == 204
    sent = PICTURES[content_type]
    answer = await erp.http.patch(link, content=sent, headers=ANY_VERSION)
    assert answer.status_code == 204
    kept = await erp.get(path)
    assert (kept["width"], kept["height"], kept["contentType"]) == (3, 2, content_type)
    read = await erp.http.get(f"{path}/pictureContent")
    assert (read.content, read.headers["content-type"]) == (sent, content_type)
    shown = (await erp.get(f"items({item['id']})?$expand=picture"))["picture"]
    assert isinstance(shown, dict)
    assert shown["width"] == 3


async def test_a_picture_has_a_version(erp: Erp, refusal: Refusal) -> None:
    """Without If-Match, or with the etag of an older picture, bytes are refused; DELETE empties the picture."""
    customer = await erp.add("customers", displayName="A")
    path = f"customers({customer['id']})/picture"
    content = f"{path}/pictureContent"
    first = str((await erp.get(path))["@odata.etag"])
    assert refusal(await erp.http.patch(content, content=b"x"))[1] == "BadRequest_RequiredParamNotProvided"
    assert (await erp.http.patch(content, content=png(1, 1), headers={"If-Match": first})).status_code == 204
    stale = await erp.http.patch(content, content=png(2, 2), headers={"If-Match": first})
    assert refusal(stale)[:2] == (409, "Request_EntityChanged")
    assert (await erp.http.delete(path)).status_code == 204
    assert (await erp.get(path))["width"] == 0
    assert (await erp.get(f"customers({customer['id']})"))["@odata.etag"] == customer["@odata.etag"]


async def test_a_file_is_attached(erp: Erp, refusal: Refusal) -> None:
    """An attachment is made under its record, filled, listed with its size, and goes away with the record."""
    customer = await erp.add("customers", displayName="A")
    under = f"customers({customer['id']})/documentAttachments"
    made = await erp.add(under, fileName="terms.txt")
    assert (made["parentId"], made["parentType"], made["byteSize"]) == (customer["id"], "Customer", 0)
    content = f"documentAttachments({made['id']})/attachmentContent"
    assert (await erp.http.patch(content, content=b"Net 30 days", headers=ANY_VERSION)).status_code == 204
    assert (await erp.http.get(content)).content == b"Net 30 days"
    assert [(row["fileName"], row["byteSize"]) for row in await erp.all(under)] == [("terms.txt", 11)]
    assert refusal(await erp.http.get("documentAttachments"))[0] == 400
    assert (await erp.http.delete(f"customers({customer['id']})")).status_code == 204
    assert refusal(await erp.http.get(f"documentAttachments({made['id']})"))[0] == 404


async def test_bytes_are_not_sent_in_batches(erp: Erp) -> None:
    """A batch carries JSON only."""
    item = await erp.add("items", displayName="Bike")
    url = f"companies({erp.company_id})/items({item['id']})/picture/pictureContent"
    request = {"id": "1", "method": "PATCH", "url": url, "headers": {"If-Match": "*"}, "body": {"a": 1}}
    answer = await erp.http.post(f"{API}/$batch", json={"requests": [request]})
    assert [reply["status"] for reply in answer.json()["responses"]] == [400]
