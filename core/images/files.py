"""What a picture's file says of itself, read without decoding one pixel.

Each format's parts are walked here and only those that pixels and their colours
need are handed on, so that no decoder ever meets the rest: EXIF, comments,
packed texts, thumbnails, second pictures, whatever stands behind the end.
Sources: JPEG ITU-T T.81, PNG (Third Edition, W3C), WebP RFC 9649, EXIF 2.32.
"""

import re
import struct
import zlib
from dataclasses import dataclass

# Of real files: a dozen scans and a few hundred parts. Each scan of a progressive JPEG passes
# over the whole picture and can be 40 bytes short: thousands would keep a core busy for minutes.
MAX_SCANS = 50
MAX_PARTS = 10_000


class BrokenPicture(Exception):  # noqa: N818  (it states a fact, and is no bug)
    """The file contradicts its format, or ends too early."""


@dataclass(frozen=True)
class PictureFile:
    """`size` is in pixels, as stored; `orientation` is EXIF's, 1 (upright) to 8; `depth` is the
    number of bits of a sample."""

    kind: str
    size: tuple[int, int]
    orientation: int
    is_animated: bool
    bare: bytes
    depth: int = 8


def take_apart(data: bytes) -> PictureFile | None:
    """The file, told by its first bytes; None where it is no JPEG, PNG or WebP.

    Raises BrokenPicture.
    """
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith(_PNG):
            return _png(data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp(data)
    except struct.error as error:
        raise BrokenPicture("It ends amid a part.") from error
    return None


# -- JPEG ---------------------------------------------------------------------

# Within a scan 0xFF is followed by 0 or a restart marker; anything else ends the scan.
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
_SOI, _EOI, _SOS, _TEM, _COM = 0xD8, 0xD9, 0xDA, 0x01, 0xFE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APPS = range(0xE0, 0xF0)
_APP1 = 0xE1
# How the numbers become colours: what JFIF and Adobe say, and the profile.
_COLOUR_APPS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}


def _jpeg(data: bytes) -> PictureFile:
    kept, size, orientation = [b"\xff\xd8"], None, 1
    scans, position = 0, 2
    for _ in range(MAX_PARTS):
        found = _MARKER.search(data, position)
        if scans:
            kept.append(data[position : found.start() if found else None])
        if not found or found[1][0] == _EOI:
            break
        marker, position = found[1][0], found.end()
        if marker == _SOI:
            raise BrokenPicture("It begins twice.")
        if marker == _TEM:
            continue
        (length,) = struct.unpack_from(">H", data, position)
        body = data[position + 2 : position + length]
        if len(body) != length - 2:
            raise BrokenPicture("It ends amid a part.")
        position += length
        if marker in _FRAMES:
            if size:
                raise BrokenPicture("It has two frames.")
            _, height, width = struct.unpack_from(">BHH", body)
            size = (width, height)
        elif marker == _SOS:
            scans += 1
        elif marker == _APP1 and body.startswith(b"Exif\0\0"):
            orientation = _orientation(body[6:])
        if marker == _COM or (marker in _APPS and not _is_colour(marker, body)):
            continue
        kept.append(bytes((0xFF, marker)) + struct.pack(">H", length) + body)
    else:
        raise BrokenPicture("It has too many parts.")
    if not size or not scans:
        raise BrokenPicture("It has no picture.")
    if scans > MAX_SCANS:
        raise BrokenPicture("It has too many scans.")
    if found:
        kept.append(b"\xff\xd9")
    return PictureFile("JPEG", size, orientation, is_animated=False, bare=b"".join(kept))


def _is_colour(marker: int, body: bytes) -> bool:
    return marker in _COLOUR_APPS and body.startswith(_COLOUR_APPS[marker])


# -- PNG ----------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n"
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_BEFORE_PIXELS = (b"IHDR", b"iCCP", b"PLTE", b"tRNS")


def _png(data: bytes) -> PictureFile:
    chunks: dict[bytes, bytes] = {}
    pixels = []
    position = len(_PNG)
    for _ in range(MAX_PARTS):
        length, name = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + length]
        (crc,) = struct.unpack_from(">I", data, position + 8 + length)
        if crc != zlib.crc32(body, zlib.crc32(name)):
            raise BrokenPicture("A checksum is wrong.")
        if (not chunks and name != b"IHDR") or (name[:1].isupper() and name not in _CRITICAL):
            raise BrokenPicture("It has a part that no reader knows.")
        if name == b"IEND":
            break
        position += 12 + length
        if name == b"IDAT":
            pixels.append(body)
        elif name in chunks and name in _BEFORE_PIXELS:
            raise BrokenPicture("A part comes twice.")
        else:
            chunks.setdefault(name, body)
    else:
        raise BrokenPicture("It has too many parts.")
    if not pixels:
        raise BrokenPicture("It has no picture.")
    width, height, depth = struct.unpack_from(">IIB", chunks[b"IHDR"])
    bare = [
        *((name, chunks[name]) for name in _BEFORE_PIXELS if name in chunks),
        (b"IDAT", b"".join(pixels)),
        (b"IEND", b""),
    ]
    return PictureFile(
        "PNG",
        (width, height),
        _orientation(chunks.get(b"eXIf", b"")),
        is_animated=b"acTL" in chunks,
        bare=_PNG + b"".join(_chunk(name, body) for name, body in bare),
        depth=depth,
    )


def _chunk(name: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(body, zlib.crc32(name))
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", crc)


# -- WebP ---------------------------------------------------------------------


def _webp(data: bytes) -> PictureFile:
    (length,) = struct.unpack_from("<I", data, 4)
    end = 8 + length
    if end > len(data):
        raise BrokenPicture("It ends too early.")
    names, exif = set(), b""
    position = 12
    for _ in range(MAX_PARTS):
        if position + 8 > end:
            break
        name, length = struct.unpack_from("<4sI", data, position)
        names.add(name)
        if name == b"EXIF":
            exif = data[position + 8 : position + 8 + length]
        position += 8 + length + length % 2
    else:
        raise BrokenPicture("It has too many parts.")
    return PictureFile(
        "WEBP",
        _webp_size(data[12:30]),
        _orientation(exif.removeprefix(b"Exif\0\0")),
        is_animated=not names.isdisjoint({b"ANIM", b"ANMF"}),
        bare=data[:end],
    )


def _webp_size(head: bytes) -> tuple[int, int]:
    """The canvas, of which the decoder makes room before anything can ask it."""
    name, body = head[:4], head[8:]
    if name == b"VP8X":
        _, low_width, high_width, low_height, high_height = struct.unpack_from("<IHBHB", body)
        return (high_width << 16 | low_width) + 1, (high_height << 16 | low_height) + 1
    if name == b"VP8L" and body[:1] == b"\x2f":
        (bits,) = struct.unpack_from("<I", body, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise BrokenPicture("It has no picture.")


# -- EXIF ---------------------------------------------------------------------

_ORIENTATION, _SHORT = 0x0112, 3


def _orientation(tiff: bytes) -> int:
    """1 where EXIF is broken or silent: a picture is none the worse for its notes."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, offset)
        for entry in range(entries):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, offset + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
