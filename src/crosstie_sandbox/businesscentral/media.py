"""Pictures and attached files: their bytes, which are read and written at an address of their own.

`customers(id)/picture/pictureContent`, `documentAttachments(id)/attachmentContent`: GET answers the bytes, or no
content; PATCH with If-Match takes them. The record beside them says what they are.
"""

from crosstie_sandbox.businesscentral.calls import Answer, Call
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import bad_request
from crosstie_sandbox.businesscentral.etags import check_etag, etag
from crosstie_sandbox.businesscentral.images import read_image
from crosstie_sandbox.businesscentral.page import Page, pages
from crosstie_sandbox.businesscentral.rows import Row, change, get

_ANY_TYPE = "application/octet-stream"


def is_media(path: str) -> bool:
    """Whether an address leads to bytes."""
    last = path.rpartition("/")[2]
    return any(page.media == last for page in pages().values() if page.media)


def read_media(database: Database, row: Row) -> Answer:
    """The bytes that belong to a record."""
    query = "SELECT content, contentType FROM media WHERE id = ?"
    found = database.connection.execute(query, (row["id"],)).fetchone()
    if found is None:
        return Answer(204)
    return Answer(200, headers={"content-type": found[1] or _ANY_TYPE}, content=bytes(found[0]))


def write_media(database: Database, page: Page, row: Row, content: object, condition: str) -> Answer:
    """Keep the bytes of a record whose version meets the condition."""
    if not isinstance(content, bytes):
        raise bad_request(f"The body of a request to '{page.media}' must be the bytes of a file.")
    with database.transaction():
        current = get(database, page, str(row["id"]))
        check_etag(current["etag"], condition)
        image = read_image(content)
        version = database.connection.execute("SELECT version FROM media WHERE id = ?", (row["id"],)).fetchone()
        number = 1 if version is None else int(version[0]) + 1
        kept = (row["id"], content, image.content_type, image.width, image.height, number)
        token = etag(f"media {row['id']}", number)
        database.connection.execute("REPLACE INTO media VALUES (?, ?, ?, ?, ?, ?, ?)", (*kept, token))
        if "byteSize" in page.properties:
            change(database, page, current, {"byteSize": len(content)})
    return Answer(204)


def media_links(call: Call, company_id: str, page: Page, row: dict[str, object]) -> dict[str, object]:
    """Where the bytes of a record that is shown can be read and written."""
    if not page.media or page.identity not in row:
        return row
    address = f"{call.root}/companies({company_id})/{page.entity_set}({row[page.identity]})/{page.media}"
    return {**row, f"{page.media}@odata.mediaEditLink": address, f"{page.media}@odata.mediaReadLink": address}
