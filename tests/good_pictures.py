"""Accepted pictures: how they look upright, and the hidden data that must be removed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tests.pictures import (
    BLUE,
    EOI,
    GREEN,
    PAYLOAD,
    RED,
    after_soi,
    chunk,
    deep_png,
    exif,
    grey_png,
    ihdr,
    interlaced_png,
    jpeg,
    pixels,
    png,
    profile,
    raw_png,
    saved,
    scene,
    segment,
    several,
    swapped_profile,
    webp,
    zipped,
)

Colour = tuple[int, ...]
GREY, BLACK = (128, 128, 128), (0, 0, 0)
SCENE = (RED, BLUE, GREEN)
# ITU-R 601-2's luma of the scene's colours.
GREY_SCENE = ((87,) * 3, (52,) * 3, (118,) * 3)


@dataclass(frozen=True)
class Good:
    """`looks`: the colours at the top, in the middle and at the bottom; `carries`: hidden bytes."""

    make: Callable[[], bytes]
    looks: tuple[Colour, Colour, Colour] = SCENE
    mode: str = "RGB"
    carries: tuple[bytes, ...] = ()


# EXIF's orientation -> how a camera stores an upright scene if it was held in this way.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
CAMERA = (b"SecretCamera", b"2027:06:04")
XMP = b"<x:xmpmeta>" + PAYLOAD + b"</x:xmpmeta>"
SCRIPT = (b"<script", b"<?php")


def held(orientation: int, kind: str) -> Callable[[], bytes]:
    def make() -> bytes:
        stored = scene().transpose(_STORED[orientation])
        return saved(stored, kind, exif=exif(orientation))

    return make


def see_through(mode: str, **options: Any) -> bytes:
    """Return the scene with a transparent left edge."""
    image = scene().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 120, 480))
    if mode == "P":
        image = scene().quantize(3)
        image.putpalette([*(image.getpalette() or [])[:9], 9, 9, 9])
        image.paste(3, (0, 0, 120, 480))
        options["transparency"] = 3
    return saved(image.convert(mode), "PNG", **options)


def hazy_webp() -> bytes:
    image = scene()
    image.putalpha(200)
    return saved(image, "WEBP")


def keyed_png() -> bytes:
    """Return an RGB picture in which one colour is transparent."""
    image = scene()
    image.paste((1, 2, 3), (0, 0, 120, 480))
    return saved(image, "PNG", transparency=(1, 2, 3))


GOOD: dict[str, Good] = {
    "a baseline JPEG": Good(jpeg),
    "a progressive JPEG": Good(lambda: jpeg(progressive=True)),
    "a JPEG of full colour": Good(lambda: jpeg(subsampling=0, quality=100)),
    "a JPEG with restart markers": Good(lambda: jpeg(restart_marker_rows=1)),
    "a grey JPEG": Good(lambda: jpeg(mode="L"), GREY_SCENE),
    "a CMYK JPEG": Good(lambda: jpeg(mode="CMYK")),
    "an upright JPEG with GPS": Good(lambda: jpeg(exif=exif()), carries=CAMERA),
    **{
        f"a JPEG held at {turn} with GPS": Good(held(turn, "JPEG"), carries=CAMERA)
        for turn in _STORED
    },
    "a PNG held at 6 with GPS": Good(held(6, "PNG"), carries=CAMERA),
    "a WebP held at 8 with GPS": Good(held(8, "WEBP"), carries=CAMERA),
    "a JPEG with a comment": Good(lambda: jpeg(comment=PAYLOAD), carries=SCRIPT),
    "a JPEG with XMP": Good(lambda: jpeg(xmp=XMP), carries=SCRIPT),
    "a JPEG with EXIF that is cut": Good(
        lambda: after_soi(jpeg(), segment(0xE1, exif(6)[:30])), carries=(b"Exif",)
    ),
    "a JPEG with EXIF of 0xFF": Good(
        lambda: after_soi(jpeg(), segment(0xE1, b"Exif\0\0MM\0*" + b"\xff" * 99)),
        carries=(b"Exif",),
    ),
    "a JPEG with a preview of itself": Good(
        lambda: after_soi(jpeg(), segment(0xE1, b"Exif\0\0" + jpeg(64, 64) + PAYLOAD)),
        carries=SCRIPT,
    ),
    "a JPEG of two pictures": Good(lambda: several(jpeg(), jpeg(64, 64, "L")), carries=(b"MPF\0",)),
    "a JPEG and a ZIP": Good(lambda: jpeg() + zipped(), carries=(b"PK\x03\x04", *SCRIPT)),
    "a JPEG and a page": Good(lambda: jpeg() + b"<html>" + PAYLOAD, carries=SCRIPT),
    "a JPEG and a JPEG": Good(lambda: jpeg() + jpeg(64, 64, "L")),
    "a JPEG with a page in its scan": Good(
        lambda: jpeg()[: -len(EOI)] + PAYLOAD + EOI, carries=SCRIPT
    ),
    "a JPEG with a profile": Good(lambda: jpeg(icc_profile=profile()), carries=(b"ICC_PROFILE",)),
    "a JPEG with a profile that swaps red and blue": Good(
        lambda: jpeg(icc_profile=swapped_profile()), ((30, 30, 220), (220, 30, 30), GREEN)
    ),
    "a JPEG with a profile that is none": Good(
        lambda: jpeg(icc_profile=PAYLOAD * 9), carries=SCRIPT
    ),
    "a grey JPEG with a profile of colours": Good(
        lambda: jpeg(mode="L", icc_profile=profile()), GREY_SCENE
    ),
    "a JPEG just large enough": Good(lambda: jpeg(48, 48)),
    "a very wide PNG": Good(lambda: png(10_000, 48)),
    "an RGB PNG": Good(png),
    "an RGBA PNG": Good(lambda: see_through("RGBA"), mode="RGBA"),
    "a palette PNG": Good(lambda: png(mode="P")),
    "a palette PNG with transparency": Good(lambda: see_through("P"), mode="RGBA"),
    "an RGB PNG with a transparent colour": Good(keyed_png, mode="RGBA"),
    "a grey PNG with alpha": Good(lambda: see_through("LA"), GREY_SCENE, mode="RGBA"),
    "a black and white PNG": Good(
        lambda: saved(scene(mode="L").point(lambda v: 255 * (v > 70), "1"), "PNG"),
        ((255,) * 3, BLACK, (255,) * 3),
    ),
    "a grey PNG of 16 bits": Good(lambda: deep_png(0, 1), ((192,) * 3,) * 3),
    "an RGB PNG of 16 bits": Good(lambda: deep_png(2, 3), ((192,) * 3,) * 3),
    "an interlaced PNG": Good(interlaced_png, ((200,) * 3,) * 3),
    "a PNG with a profile": Good(lambda: png(icc_profile=profile()), carries=(b"iCCP",)),
    "a PNG with a profile that swaps red and blue": Good(
        lambda: png(icc_profile=swapped_profile()), ((30, 30, 220), (220, 30, 30), GREEN)
    ),
    "a PNG with alpha and a profile that swaps red and blue": Good(
        lambda: see_through("RGBA", icc_profile=swapped_profile()),
        ((30, 30, 220), (220, 30, 30), GREEN),
        mode="RGBA",
    ),
    "a PNG with scripts in its texts": Good(
        lambda: grey_png(chunk(b"tEXt", b"Comment\0" + PAYLOAD), chunk(b"scRi", PAYLOAD)),
        (GREY,) * 3,
        carries=SCRIPT,
    ),
    "a PNG and a ZIP": Good(
        lambda: grey_png() + zipped(), (GREY,) * 3, carries=(b"PK\x03\x04", *SCRIPT)
    ),
    "a PNG whose lower half is missing": Good(
        lambda: raw_png(ihdr(64, 64, colour=0), pixels(64, 30), chunk(b"IEND")),
        (GREY, BLACK, BLACK),
    ),
    "a lossy WebP": Good(webp),
    "a lossless WebP": Good(lambda: webp(lossless=True)),
    "a WebP with alpha": Good(
        hazy_webp,
        mode="RGBA",
    ),
    "a WebP with XMP and a profile": Good(
        lambda: webp(xmp=XMP, icc_profile=profile()), carries=(b"ICCP", *SCRIPT)
    ),
    "a WebP and a page": Good(lambda: webp() + PAYLOAD, carries=SCRIPT),
}
