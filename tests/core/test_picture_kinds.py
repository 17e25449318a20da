"""The same four quarters, stored with every pixel type of JPEG, PNG and WebP."""

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from core.images.uploads import squares
from tests.pictures import chunk, ihdr, raw_png, saved
from tests.uploads import file

pytestmark = [pytest.mark.embedded, pytest.mark.slow]  # needs no server

Pixel = tuple[int, ...]
SIDE = 64
# Top: dark, light; bottom: medium, and one that may be transparent.
COLOURS: list[Pixel] = [(40, 20, 90), (230, 200, 120), (120, 160, 60), (200, 60, 60)]
GREYS: list[Pixel] = [(51,) * 3, (221,) * 3, (136,) * 3, (85,) * 3]  # exact with 16 levels, too
FOUR_GREYS: list[Pixel] = [(0,) * 3, (255,) * 3, (170,) * 3, (85,) * 3]
TWO_GREYS: list[Pixel] = [(0,) * 3, (255,) * 3, (255,) * 3, (0,) * 3]
LOSSY = 14  # loss of WebP at quality 82 next to an edge, and of JPEG


def quarters(samples: list[bytes]) -> bytes:
    """Return the rows of a PNG from four samples of half a row, top first."""
    above, below = (b"\0" + left + right for left, right in (samples[:2], samples[2:]))
    return above * (SIDE // 2) + below * (SIDE // 2)


def by_hand(depth: int, colour: int, samples: list[bytes], *chunks: bytes) -> bytes:
    pixels = chunk(b"IDAT", zlib.compress(quarters(samples)))
    return raw_png(ihdr(SIDE, SIDE, depth, colour), *chunks, pixels, chunk(b"IEND"))


def packed(value: int, depth: int) -> bytes:
    """Return half a row of one grey or index, in samples of up to 8 bits."""
    bits = int(f"{value:0{depth}b}" * (8 // depth), 2)
    return bytes([bits]) * (SIDE // 2 * depth // 8)


def wide(*samples: int) -> bytes:
    """Return half a row of 16-bit samples whose low byte is not zero."""
    return b"".join(bytes([sample, 0x33]) for sample in samples) * (SIDE // 2)


def narrow(*samples: int) -> bytes:
    return bytes(samples) * (SIDE // 2)


def grey_png(depth: int, greys: list[Pixel], *, is_keyed: bool = False) -> bytes:
    top = 2**depth - 1
    if depth == 16:
        samples, key = [wide(grey[0]) for grey in greys], bytes([greys[3][0], 0x33])
    else:
        values = [grey[0] * top // 255 for grey in greys]
        samples, key = [packed(value, depth) for value in values], bytes([0, values[3]])
    return by_hand(depth, 0, samples, *([chunk(b"tRNS", key)] if is_keyed else []))


def colour_png(depth: int, *, is_keyed: bool = False) -> bytes:
    low = b"\x33" if depth == 16 else b""
    key = b"".join((bytes([channel]) + low).rjust(2, b"\0") for channel in COLOURS[3])
    written = wide if depth == 16 else narrow
    samples = [written(*colour) for colour in COLOURS]
    return by_hand(depth, 2, samples, *([chunk(b"tRNS", key)] if is_keyed else []))


def palette_png(depth: int, *, alphas: bytes = b"") -> bytes:
    colours = COLOURS if depth > 1 else COLOURS[:2]
    indexes = [0, 1, 2, 3] if depth > 1 else [0, 1, 1, 0]
    palette = chunk(b"PLTE", bytes(sample for colour in colours for sample in colour))
    more = [chunk(b"tRNS", alphas)] if alphas else []
    return by_hand(depth, 3, [packed(index, depth) for index in indexes], palette, *more)


def with_alpha(depth: int, colours: list[Pixel], *, is_grey: bool) -> bytes:
    written = wide if depth == 16 else narrow
    samples = [
        written(*(colour[:1] if is_grey else colour), alpha)
        for colour, alpha in zip(colours, (255, 255, 255, 0), strict=True)
    ]
    return by_hand(depth, 4 if is_grey else 6, samples)


def painted(mode: str, *, is_keyed: bool = False) -> Image.Image:
    image = Image.new("RGBA", (SIDE, SIDE))
    half = SIDE // 2
    for place, colour in enumerate(COLOURS):
        left, top = place % 2 * half, place // 2 * half
        alpha = 0 if is_keyed and place == 3 else 255
        image.paste((*colour, alpha), (left, top, left + half, top + half))
    return image.convert(mode)


# The file's data, its colours, and whether the last quarter is transparent.
Kind = tuple[Callable[[], bytes], list[Pixel], bool]
KINDS: dict[str, Kind] = {
    "grey, 1 bit": (lambda: grey_png(1, TWO_GREYS), TWO_GREYS, False),
    "grey, 2 bits": (lambda: grey_png(2, FOUR_GREYS), FOUR_GREYS, False),
    "grey, 2 bits, keyed": (lambda: grey_png(2, FOUR_GREYS, is_keyed=True), FOUR_GREYS, True),
    "grey, 4 bits": (lambda: grey_png(4, GREYS), GREYS, False),
    "grey, 4 bits, keyed": (lambda: grey_png(4, GREYS, is_keyed=True), GREYS, True),
    "grey, 8 bits": (lambda: grey_png(8, GREYS), GREYS, False),
    "grey, 8 bits, keyed": (lambda: grey_png(8, GREYS, is_keyed=True), GREYS, True),
    "grey, 16 bits": (lambda: grey_png(16, GREYS), GREYS, False),
    "grey, 16 bits, keyed": (lambda: grey_png(16, GREYS, is_keyed=True), GREYS, True),
    "grey and alpha, 8 bits": (lambda: with_alpha(8, GREYS, is_grey=True), GREYS, True),
    "grey and alpha, 16 bits": (lambda: with_alpha(16, GREYS, is_grey=True), GREYS, True),
    "RGB, 8 bits": (lambda: colour_png(8), COLOURS, False),
    "RGB, 8 bits, keyed": (lambda: colour_png(8, is_keyed=True), COLOURS, True),
    "RGB, 16 bits": (lambda: colour_png(16), COLOURS, False),
    "RGB, 16 bits, keyed": (lambda: colour_png(16, is_keyed=True), COLOURS, True),
    "RGBA, 8 bits": (lambda: with_alpha(8, COLOURS, is_grey=False), COLOURS, True),
    "RGBA, 16 bits": (lambda: with_alpha(16, COLOURS, is_grey=False), COLOURS, True),
    "palette, 1 bit": (
        lambda: palette_png(1), [COLOURS[index] for index in (0, 1, 1, 0)], False,
    ),
    "palette, 2 bits": (lambda: palette_png(2), COLOURS, False),
    "palette, 4 bits": (lambda: palette_png(4), COLOURS, False),
    "palette, 8 bits": (lambda: palette_png(8), COLOURS, False),
    "palette, 4 bits, alphas": (
        lambda: palette_png(4, alphas=b"\xff\xff\xff\0"), COLOURS, True,
    ),
    "palette, 8 bits, alphas": (
        lambda: palette_png(8, alphas=b"\xff\xff\xff\0"), COLOURS, True,
    ),
    "JPEG": (lambda: saved(painted("RGB"), "JPEG", quality=95, subsampling=0), COLOURS, False),
    "JPEG, CMYK": (lambda: saved(painted("CMYK"), "JPEG", quality=95), COLOURS, False),
    "WebP, lossless": (lambda: saved(painted("RGB"), "WEBP", lossless=True), COLOURS, False),
    "WebP, lossy": (lambda: saved(painted("RGB"), "WEBP", quality=95), COLOURS, False),
    "WebP, alpha": (
        lambda: saved(painted("RGBA", is_keyed=True), "WEBP", lossless=True), COLOURS, True,
    ),
}  # fmt: skip


def corners(data: bytes, side: int) -> list[Any]:
    """Return the middle pixel of each quarter, with its alpha."""
    with Image.open(BytesIO(data), formats=["WEBP"]) as image:
        seen = image.convert("RGBA")
    near, far = side // 4, side * 3 // 4
    return [seen.getpixel(place) for place in ((near, near), (far, near), (near, far), (far, far))]


@pytest.mark.parametrize(("make", "looks", "is_keyed"), KINDS.values(), ids=KINDS.keys())
def test_colours_are_kept(make: Callable[[], bytes], looks: list[Pixel], is_keyed: bool) -> None:
    """Transparent pixels stay transparent: some pages have a dark background."""
    for side, data in squares(file(make()), field="picture").items():
        seen = corners(data, side)
        for place, (pixel, wanted) in enumerate(zip(seen, looks, strict=True)):
            if is_keyed and place == 3:
                assert pixel == (0, 0, 0, 0), (side, seen)
            else:
                differences = [abs(a - b) for a, b in zip(pixel[:3], wanted, strict=True)]
                assert (max(differences) <= LOSSY, pixel[3]) == (True, 255), (side, place, seen)


def test_only_the_transparent_colour_is_transparent() -> None:
    """Greys that differ in one bit stay apart: 16-bit samples are compared by bytes."""
    greys: list[Pixel] = [(86,) * 3, (84,) * 3, (0,) * 3, (85,) * 3]
    [data] = squares(
        file(grey_png(16, greys, is_keyed=True)), field="picture", sizes=(SIDE,)
    ).values()
    assert [pixel[3] for pixel in corners(data, SIDE)] == [255, 255, 255, 0]
