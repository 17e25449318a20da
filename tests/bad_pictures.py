"""Uploads that are refused, by the code of the refusal."""

import gzip
import struct
import zlib
from collections.abc import Callable

from tests.pictures import (
    EOI,
    PAYLOAD,
    PNG,
    SCAN,
    after_soi,
    canvas,
    chunk,
    frame,
    grey_png,
    ihdr,
    jpeg,
    lossless_head,
    lossy_head,
    many_scans,
    movie,
    part,
    pixels,
    png,
    raw_png,
    riff,
    saved,
    scene,
    segment,
    text_bomb,
    vast_jpeg,
    vast_png,
    webp,
    with_size,
    without,
    zipped,
)

Made = Callable[[], bytes]

MEGABYTES_5 = 5 * 1024 * 1024

TOO_LARGE: dict[str, Made] = {
    "a JPEG and zeros behind it": lambda: jpeg().ljust(MEGABYTES_5 + 1, b"\0"),
    "a PNG with a large comment": lambda: grey_png(chunk(b"tEXt", bytes(MEGABYTES_5))),
    "nothing but zeros": lambda: bytes(MEGABYTES_5 + 1),
}

UNKNOWN: dict[str, Made] = {
    "nothing at all": lambda: b"",
    "one byte": lambda: b"\xff",
    "plain text": lambda: b"Hello, I am Ada.",
    "an HTML page": lambda: b"<!doctype html><html>" + PAYLOAD,
    "an SVG drawing": lambda: b'<svg xmlns="http://www.w3.org/2000/svg">' + PAYLOAD + b"</svg>",
    "an SVG drawing behind an XML head": lambda: b'<?xml version="1.0"?><svg onload="x()"/>',
    "a packed SVG drawing": lambda: gzip.compress(b"<svg/>"),
    "a PHP script": lambda: b"<?php system('id'); ?>",
    "a shell script": lambda: b"#!/bin/sh\nid\n",
    "JSON": lambda: b'{"profile_picture": "x"}',
    "a GIF": lambda: saved(scene(64, 64), "GIF"),
    "a moving GIF": lambda: movie("GIF"),
    "a GIF that ends in a JPEG": lambda: saved(scene(64, 64), "GIF") + jpeg(),
    "a BMP": lambda: saved(scene(64, 64), "BMP"),
    "a TIFF": lambda: saved(scene(64, 64), "TIFF"),
    "a TIFF with a JPEG inside": lambda: saved(scene(64, 64), "TIFF", compression="jpeg"),
    "an icon": lambda: saved(scene(64, 64), "ICO"),
    "an icon of a Mac": lambda: saved(scene(64, 64), "ICNS"),
    "an AVIF": lambda: saved(scene(64, 64), "AVIF"),
    "a HEIC": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "a JPEG 2000": lambda: saved(scene(64, 64), "JPEG2000"),
    "a JPEG XL": lambda: b"\0\0\0\x0cJXL \r\n\x87\n",
    "a Photoshop document": lambda: b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 64, 64, 8, 3),
    "a PDF": lambda: saved(scene(64, 64), "PDF"),
    "PostScript": lambda: saved(scene(64, 64), "EPS"),
    "a PPM": lambda: saved(scene(64, 64), "PPM"),
    "a TGA": lambda: saved(scene(64, 64), "TGA"),
    "a DDS": lambda: saved(scene(64, 64), "DDS"),
    "a PCX": lambda: saved(scene(64, 64), "PCX"),
    "an XBM": lambda: saved(scene(64, 64, "1"), "XBM"),
    "a ZIP": zipped,
    "a program": lambda: b"\x7fELF\x02\x01\x01" + bytes(57),
    "a sound in RIFF": lambda: riff(part(b"fmt ", bytes(16)), form=b"WAVE"),
    "a film in RIFF": lambda: riff(part(b"LIST", bytes(16)), form=b"AVI "),
    "an MP4": lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    "a JPEG behind a blank": lambda: b" " + jpeg(),
    "a JPEG behind a ZIP": lambda: zipped() + jpeg(),
    "a PNG whose line ends were translated": lambda: png().replace(b"\r\n", b"\n", 1),
}

TOO_MANY_PIXELS: dict[str, Made] = {
    "a PNG of 20,000 × 20,000": lambda: vast_png(20_000, 20_000),
    "a PNG as large as PNG can say": lambda: vast_png(2**31 - 1, 2**31 - 1),
    "a PNG one pixel too wide": lambda: vast_png(10_001, 100),
    "a PNG one pixel too high": lambda: vast_png(100, 10_001),
    "a PNG one row over 25 megapixels": lambda: vast_png(5_000, 5_001),
    "a PNG for which Pillow only warns": lambda: vast_png(9_999, 9_999),
    "a moving PNG of 20,000 × 20,000": lambda: raw_png(
        ihdr(20_000, 20_000), chunk(b"acTL", struct.pack(">II", 2, 0)), pixels(1, 1), chunk(b"IEND")
    ),
    "a JPEG as large as JPEG can say, without data": lambda: vast_jpeg(65_535, 65_535),
    "a JPEG one pixel too wide": lambda: vast_jpeg(10_001, 100),
    "a JPEG one row over 25 megapixels": lambda: vast_jpeg(5_000, 5_001),
    "a progressive JPEG that claims more than it has": lambda: with_size(
        jpeg(progressive=True), 60_000, 60_000
    ),
    "a lossy WebP of 16,383²": lambda: riff(lossy_head(16_383, 16_383)),
    "a lossless WebP of 16,384²": lambda: riff(lossless_head(16_384, 16_384)),
    "a WebP with a canvas of 16,383²": lambda: riff(canvas(16_383, 16_383), lossy_head(64, 64)),
    "a WebP as large as WebP can say": lambda: riff(canvas(2**24, 2**24), lossy_head(64, 64)),
    "a WebP one row over 12.5 megapixels": lambda: riff(lossless_head(5_000, 2_501)),
}

TOO_SMALL: dict[str, Made] = {
    "a PNG of one pixel": lambda: png(1, 1),
    "a JPEG of 47 rows": lambda: jpeg(200, 47),
    "a WebP of 47 columns": lambda: webp(47, 200),
}

ANIMATED: dict[str, Made] = {
    "a PNG that moves": lambda: movie("PNG"),
    "a WebP that moves": lambda: movie("WEBP"),
    "a PNG that says it moves and has one frame": lambda: grey_png(
        chunk(b"acTL", struct.pack(">II", 1, 0))
    ),
}

BROKEN: dict[str, Made] = {
    "a JPEG of three bytes": lambda: b"\xff\xd8\xff",
    "a JPEG cut in half": lambda: jpeg()[: len(jpeg()) // 2],
    "a JPEG cut in its head": lambda: jpeg()[:100],
    "a JPEG cut before its scan": lambda: jpeg()[: jpeg().index(b"\xff\xda")],
    "a progressive JPEG cut in half": lambda: jpeg(progressive=True)[:2_000],
    "a JPEG without a frame": lambda: without(jpeg(), 0xC0),
    "a JPEG without Huffman tables": lambda: vast_jpeg(64, 64),
    "a JPEG without quantization tables": lambda: without(jpeg(), 0xDB),
    "a JPEG of no height": lambda: with_size(jpeg(), 640, 0),
    "a JPEG of no width": lambda: with_size(jpeg(), 0, 480),
    "a JPEG of 12 bits": lambda: b"\xff\xd8" + frame(64, 64, 12) + SCAN + EOI,
    "a JPEG with two frames": lambda: after_soi(jpeg(), frame(64, 64)),
    "a JPEG that begins twice": lambda: after_soi(jpeg(), b"\xff\xd8"),
    "a JPEG with a frame of two bytes": lambda: b"\xff\xd8" + segment(0xC0, b"\x08\0") + SCAN,
    "a JPEG with a part beyond its end": lambda: jpeg()[:2] + b"\xff\xfe\xff\xff" + jpeg()[2:90],
    "a JPEG of 25 megapixels without data": lambda: vast_jpeg(5_000, 5_000),
    "a progressive JPEG with a thousand scans": lambda: many_scans(1_000),
    "a JPEG of a million empty comments": lambda: after_soi(jpeg(), b"\xff\xfe\0\2" * 1_000_000),
    "a PNG of its signature alone": lambda: PNG,
    "a PNG cut in half": lambda: png()[: len(png()) // 2],
    "a PNG without pixels": lambda: raw_png(ihdr(64, 64), chunk(b"IEND")),
    "a PNG of 25 megapixels with a few rows": lambda: vast_png(5_000, 5_000),
    "a PNG of no width": lambda: raw_png(ihdr(0, 64), pixels(64, 64), chunk(b"IEND")),
    "a PNG with 3 bits a pixel": lambda: raw_png(ihdr(64, 64, 3), pixels(64, 64), chunk(b"IEND")),
    "a PNG of a colour type that is none": lambda: raw_png(
        ihdr(64, 64, colour=5), pixels(64, 64), chunk(b"IEND")
    ),
    "a PNG with a short head": lambda: raw_png(
        chunk(b"IHDR", struct.pack(">II", 64, 64)), pixels(64, 64), chunk(b"IEND")
    ),
    "a PNG with two heads": lambda: grey_png(ihdr(5_000, 5_000, colour=0)),
    "a PNG with a wrong checksum in its head": lambda: (
        PNG + b"".join((ihdr(64, 64, colour=0)[:-4], bytes(4), pixels(64, 64), chunk(b"IEND")))
    ),
    "a PNG with a wrong checksum in a comment": lambda: grey_png(chunk(b"tEXt", b"a\0b", crc=1)),
    "a PNG whose pixels are not packed": lambda: raw_png(
        ihdr(64, 64), chunk(b"IDAT", b"\x80" * 4_000), chunk(b"IEND")
    ),
    "a PNG whose pixels break off in mid-stream": lambda: raw_png(
        ihdr(64, 64, colour=0),
        chunk(b"IDAT", zlib.compress(bytes(range(256)) * 17, 0)[:2_000]),
        chunk(b"IEND"),
    ),
    "a PNG with a filter that is none": lambda: raw_png(
        ihdr(64, 64, colour=0),
        chunk(b"IDAT", zlib.compress((b"\x09" + bytes(64)) * 64)),
        chunk(b"IEND"),
    ),
    "a PNG whose profile unpacks to 8 MB": lambda: grey_png(
        chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(8 << 20), 9))
    ),
    "a PNG with 60 MB of packed texts": text_bomb,
    "a PNG with a part of 4 GB": lambda: raw_png(ihdr(64, 64), b"\xff\xff\xff\xffIDAT"),
    "a WebP that moves and hides it": lambda: movie("WEBP").replace(
        b"VP8X\x0a\0\0\0\x02", b"VP8X\x0a\0\0\0\0"
    ),
    "a WebP of twelve bytes": lambda: riff(),
    "a WebP cut in half": lambda: webp()[: len(webp()) // 2],
    "a WebP that claims to be longer": lambda: b"RIFF\xff\xff\xff\x7f" + webp()[8:],
    "a WebP that claims to be shorter": lambda: b"RIFF\x20\0\0\0" + webp()[8:],
    "a WebP with a head and no pixels": lambda: riff(lossy_head(64, 64)),
    "a lossless WebP with a head and no pixels": lambda: riff(lossless_head(64, 64)),
    "a WebP with a canvas and no picture": lambda: riff(canvas(64, 64)),
    "a WebP whose canvas is not its picture's": lambda: riff(canvas(64, 64), webp()[12:]),
    "a WebP without its signature": lambda: riff(part(b"VP8 ", bytes(30))),
    "a WebP that begins with something else": lambda: riff(part(b"ICCP", bytes(30)), webp()[12:]),
    "a WebP of no width": lambda: riff(lossy_head(0, 64)),
    "a lossless WebP with other bytes in it": lambda: riff(
        part(b"VP8L", webp(lossless=True)[20:26] + b"\xa5" * 400)
    ),
}

# Files that break their format, although Pillow can read their pixels.
ODD: dict[str, Made] = {
    "a PNG without an end": lambda: png()[:-12],
    "a JPEG with a part shorter than its length": lambda: after_soi(jpeg(), b"\xff\xfe\0\1"),
    "a PNG whose head comes second": lambda: raw_png(
        chunk(b"CgBI", bytes(4)), ihdr(64, 64, colour=0), pixels(64, 64), chunk(b"IEND")
    ),
    "a PNG with an unknown critical part": lambda: grey_png(chunk(b"EVIL", PAYLOAD)),
    "a PNG with a wrong checksum in its pixels": lambda: raw_png(
        ihdr(64, 64, colour=0), pixels(64, 64)[:-4] + bytes(4), chunk(b"IEND")
    ),
    "a PNG of twenty thousand parts": lambda: grey_png(chunk(b"tEXt") * 20_000),
    "a WebP of ten thousand parts": lambda: riff(webp()[12:], part(b"JUNK", b"") * 10_000),
}

REFUSED: dict[str, dict[str, Made]] = {
    "picture_too_large": TOO_LARGE,
    "picture_unknown_type": UNKNOWN,
    "picture_too_many_pixels": TOO_MANY_PIXELS,
    "picture_too_small": TOO_SMALL,
    "picture_animated": ANIMATED,
    "picture_broken": BROKEN,
}
