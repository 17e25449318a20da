"""Pictures made in code: complete ones, and others built part by part."""

import re
import struct
import zipfile
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageDraw, TiffImagePlugin

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 180, 30), (30, 30, 220), (255, 255, 255)
PNG = b"\x89PNG\r\n\x1a\n"
PAYLOAD = b"<script>alert(document.cookie)</script><?php system($_GET['c']); ?>"


def scene(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Return a picture with bands of red, blue and green, so that its orientation is visible."""
    image = Image.new("RGB", (width, height), BLUE)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width, height // 3), RED)
    draw.rectangle((0, height - height // 3, width, height), GREEN)
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(width: int = 640, height: int = 480, mode: str = "RGB", **options: Any) -> bytes:
    return saved(scene(width, height, mode), "JPEG", **({"quality": 90} | options))


def png(width: int = 640, height: int = 480, mode: str = "RGB", **options: Any) -> bytes:
    return saved(scene(width, height, mode), "PNG", **options)


def webp(width: int = 640, height: int = 480, mode: str = "RGB", **options: Any) -> bytes:
    return saved(scene(width, height, mode), "WEBP", **options)


def movie(kind: str) -> bytes:
    frames = [Image.new("RGB", (64, 64), colour) for colour in (RED, GREEN, BLUE)]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def zipped(name: str = "payload.txt") -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, PAYLOAD)
    return out.getvalue()


def exif(orientation: int = 1, **gps: Any) -> bytes:
    """Return EXIF data: orientation, owner and location."""
    notes = Image.Exif()
    notes[0x0112] = orientation
    notes[0x010F] = "SecretCamera"
    degrees = tuple(TiffImagePlugin.IFDRational(part) for part in (52, 31, 12))
    notes.get_ifd(0x8825).update({1: "N", 2: degrees, 29: "2027:06:04"})
    return notes.tobytes()


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """Return a profile that swaps red and blue, so that its use is visible."""
    data = bytearray(profile())
    for tag in range(struct.unpack_from(">I", data, 128)[0]):
        at = 132 + 12 * tag
        data[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(
            bytes(data[at : at + 4]), data[at : at + 4]
        )
    return bytes(data)


# -- PNG by hand --------------------------------------------------------------


def chunk(name: bytes, body: bytes = b"", *, crc: int | None = None) -> bytes:
    crc = zlib.crc32(name + body) if crc is None else crc
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", crc)


def ihdr(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def raw_png(*chunks: bytes) -> bytes:
    return PNG + b"".join(chunks)


def pixels(width: int, height: int, depth: int = 8) -> bytes:
    """Return compressed grey rows."""
    row = b"\0" + b"\x80" * (width * depth // 8)
    return chunk(b"IDAT", zlib.compress(row * height))


def grey_png(*between: bytes, size: int = 64, end: bytes = chunk(b"IEND")) -> bytes:
    return raw_png(ihdr(size, size, colour=0), *between, pixels(size, size), end)


def vast_png(width: int, height: int) -> bytes:
    """Return a PNG of a few kilobytes with gigabytes of real rows."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(16)) + packer.flush()
    return raw_png(ihdr(width, height), chunk(b"IDAT", packed), chunk(b"IEND"))


def text_bomb() -> bytes:
    """Return a PNG with sixty compressed texts of a megabyte each."""
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b" " * (1 << 20), 9))
    return grey_png(*[text] * 60)


def interlaced_png() -> bytes:
    """Return 64 × 64 grey pixels in the seven passes of Adam7, each darker than the last."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
    rows = b""
    for left, top, across, down in (*passes, (0, 1, 1, 2)):
        width, height = len(range(left, 64, across)), len(range(top, 64, down))
        rows += (b"\0" + b"\xc8" * width) * height
    return raw_png(
        ihdr(64, 64, colour=0, interlace=1), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND")
    )


def deep_png(colour: int, channels: int) -> bytes:
    """Return a PNG with 16 bits in each channel, all at three quarters."""
    rows = (b"\0" + b"\xc0\x00" * 64 * channels) * 64
    return raw_png(ihdr(64, 64, 16, colour), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND"))


# -- JPEG by hand -------------------------------------------------------------


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def after_soi(data: bytes, *segments: bytes) -> bytes:
    return data[:2] + b"".join(segments) + data[2:]


def frame(width: int, height: int, depth: int = 8) -> bytes:
    return segment(0xC0, struct.pack(">BHHB3B", depth, height, width, 1, 1, 0x11, 0))


SCAN = segment(0xDA, bytes((1, 1, 0, 0, 63, 0))) + b"\x12\x34\x56"
EOI = b"\xff\xd9"


def vast_jpeg(width: int, height: int) -> bytes:
    return b"\xff\xd8" + frame(width, height) + SCAN + EOI


def without(data: bytes, marker: int) -> bytes:
    """Return the JPEG without its segments of this kind."""
    while (at := data.find(bytes((0xFF, marker)))) >= 0:
        (length,) = struct.unpack_from(">H", data, at + 2)
        data = data[:at] + data[at + 2 + length :]
    return data


def many_scans(count: int) -> bytes:
    """Return a progressive JPEG that repeats its last scan."""
    data = jpeg(progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + EOI


def with_size(data: bytes, width: int, height: int) -> bytes:
    """Return the JPEG with another size in its frame."""
    found = re.search(rb"\xff[\xc0\xc2]", data)
    assert found
    at = found.start()
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


# -- WebP by hand -------------------------------------------------------------


def riff(*chunks: bytes, form: bytes = b"WEBP") -> bytes:
    body = form + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def part(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def canvas(width: int, height: int, flags: int = 0) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return part(b"VP8X", struct.pack("<I", flags) + sides)


def lossy_head(width: int, height: int) -> bytes:
    return part(
        b"VP8 ", b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(20)
    )


def lossless_head(width: int, height: int) -> bytes:
    return part(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(20))


def several(*parts: bytes) -> bytes:
    """Return a JPEG of several pictures (CIPA DC-007), like those of phones."""
    first, second = parts
    out = BytesIO()
    with Image.open(BytesIO(first)) as one, Image.open(BytesIO(second)) as two:
        one.save(out, "MPO", save_all=True, append_images=[two])
    return out.getvalue()
