"""Versions of rows as etags.

An etag is `W/"` + base64 of `'44;<base64 of 32 bytes>1;00;'` + `"`, as the vendor's is; ours hashes id and version.
"""

import binascii
from base64 import b64decode, b64encode
from hashlib import sha256

from crosstie_sandbox.businesscentral.errors import bad_token, stale


def etag(identity: str, version: int) -> str:
    """The etag of a version of a row."""
    digest = b64encode(sha256(f"{identity}:{version}".encode()).digest())
    token = b64encode(b"'44;" + digest + b"1;00;'").decode()
    return f'W/"{token}"'


def check_etag(current: object, condition: str) -> None:
    """Refuse a condition that the current etag does not meet; `*` is met by any."""
    if condition in {"*", current}:
        return
    try:
        readable = condition.startswith('W/"') and condition.endswith('"')
        if not (readable and b64decode(condition[3:-1], validate=True)):
            raise bad_token(f"The etag '{condition}' is not valid.")
    except (binascii.Error, ValueError):
        raise bad_token(f"The etag '{condition}' is not valid.") from None
    raise stale()
