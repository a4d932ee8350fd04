"""Entity tags: the version of a row, and what we hang on one where a row alone does not tell the whole version."""

from collections.abc import Iterable
from hashlib import blake2b

from crosstie.odata.errors import NotUnderstoodError
from crosstie.odata.message import JsonObject

_MARK = "#"


def etag_of(host: str, row: JsonObject) -> str:
    """The row's own etag."""
    etag = row.get("@odata.etag")
    if not isinstance(etag, str) or not etag:
        raise NotUnderstoodError(host, "a row without an etag")
    return etag


def with_fingerprint(etag: str, parts: Iterable[object]) -> str:
    """A version that also moves when one of ``parts`` does.

    >>> with_fingerprint('W/"7"', ["1.25"]) == with_fingerprint('W/"7"', ["1.26"])
    False
    """
    print_ = blake2b("\0".join(str(part) for part in parts).encode(), digest_size=6).hexdigest()
    return f"{etag}{_MARK}{print_}"


def bare(version: str) -> str:
    """The etag in a version, for ``If-Match``.

    >>> bare(with_fingerprint('W/"7"', ["1.25"])), bare('W/"7"')
    ('W/"7"', 'W/"7"')
    """
    head, mark, _ = version.rpartition(_MARK)
    return head if mark and head.endswith('"') else version
