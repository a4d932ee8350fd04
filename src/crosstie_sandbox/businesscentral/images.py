"""What kind of picture some bytes are and how large it is, read from their first bytes."""

import struct
from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_GIF = (b"GIF87a", b"GIF89a")
_JPEG = b"\xff\xd8"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The JPEG markers that are followed by the size."""


@dataclass(frozen=True, slots=True)
class Image:
    """A media type, and width and height in pixels; nothing known is "" and zero."""

    content_type: str = ""
    width: int = 0
    height: int = 0


def read_image(content: bytes) -> Image:
    """The picture that some bytes are."""
    try:
        if content.startswith(_PNG):
            return Image("image/png", *struct.unpack_from(">II", content, 16))
        if content.startswith(_GIF):
            return Image("image/gif", *struct.unpack_from("<HH", content, 6))
        if content.startswith(_JPEG):
            return _jpeg(content)
    except struct.error:
        pass
    return Image()


def _jpeg(content: bytes) -> Image:
    position = len(_JPEG)
    while True:
        _, marker, length = struct.unpack_from(">BBH", content, position)
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, position + 5)
            return Image("image/jpeg", width, height)
        position += 2 + length
