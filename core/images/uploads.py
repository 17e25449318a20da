"""Pictures that people upload: checked, decoded, and encoded anew as WebP.

Nothing of the file is kept but its pixels. Size and number of pixels are checked before anything
is decoded. Everything else in the file (where it was taken, scripts, a second file) is dropped.
"""

import re
import struct
import threading
from io import BytesIO
from itertools import islice

import structlog
from django.core.files.uploadedfile import UploadedFile
from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps, PngImagePlugin
from PIL.JpegImagePlugin import JpegImageFile
from PIL.WebPImagePlugin import WebPImageFile

from core.errors import BadValue, Busy

logger = structlog.get_logger(__name__)

MAX_BYTES = 5 * 1024 * 1024
# Photos of phones have 12 or 24 megapixels. Decoding 25 takes up to 200 MB; WebP's decoder keeps
# its canvas four times, so half as many pixels take as much there.
MAX_PIXELS = {"JPEG": 25_000_000, "PNG": 25_000_000, "WEBP": 12_500_000}
MAX_SIDE = 10_000
# Every picture has all sizes: a source that is smaller than the largest is enlarged.
SIZES = (512, 128, 48)
# Widths; a banner is half as high. 2:1 lies between the 16:9 of cameras and the 1.91:1 of link
# previews, so little is cut off either.
BANNER_WIDTHS = (1600, 800, 400)
MIN_SIDE = 48
QUALITY = 82
# Real JPEGs have a dozen scans and a few hundred segments. Each scan of a progressive JPEG passes
# over the whole picture and can be 40 bytes long, so thousands would keep a core busy for minutes.
MAX_SCANS = 50
MAX_SEGMENTS = 10_000

# Decoding needs much memory, and all threads of a server could decode at once. Two limit it, and
# one slow picture does not block all others.
_decoders = threading.BoundedSemaphore(2)
_WAIT_S = 5.0

# The plugins' classes, because Image.open() adds a limit of its own, which warns, and reads the
# JPEGs of some cameras as animations.
_READERS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImageFile,
}
PngImagePlugin.MAX_TEXT_MEMORY = 4 * 1024 * 1024  # of unpacked texts, in place of 64 MB
_SCAN = re.compile(rb"\xff\xda")
_SEGMENT = re.compile(rb"\xff[\xc0-\xcf\xda-\xfe]")
_SWAPS_SIDES = {5, 6, 7, 8}  # EXIF orientations (CIPA DC-008, 4.6.5.1.6)
# ICC.1:2022, 7.2.6: the colour space of a profile, and the mode of the pixels it applies to.
_PROFILED = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


class TooBusy(Busy):
    message = "The server is converting too many pictures. Try again in a moment."


def squares(
    upload: "UploadedFile[bytes]", *, field: str, sizes: tuple[int, ...] = SIZES
) -> dict[int, bytes]:
    """Return the middle of the picture as square WebP files by size in pixels, upright, in sRGB.

    Raises BadValue on the field: `picture_too_large`, `picture_unknown_type`, `picture_broken`,
    `picture_animated`, `picture_too_many_pixels` or `picture_too_small`; TooBusy after five
    seconds without a free decoder.
    """
    return _converted(upload, field, {size: (size, size) for size in sizes})


def banners(upload: "UploadedFile[bytes]", *, field: str) -> dict[int, bytes]:
    """Return the same by width, each twice as wide as high."""
    return _converted(upload, field, {width: (width, width // 2) for width in BANNER_WIDTHS})


def _converted(
    upload: "UploadedFile[bytes]", field: str, sizes: dict[int, tuple[int, int]]
) -> dict[int, bytes]:
    """Return one WebP for each size (width, height); all sizes have the same shape."""
    data = _contents(upload, field)
    kind = _kind(data)
    if kind is None:
        raise BadValue(field, "picture_unknown_type", "Send a JPEG, PNG or WebP picture.")
    if not _decoders.acquire(timeout=_WAIT_S):
        raise TooBusy
    try:
        largest = _fitted(data, kind, field, max(sizes.values()))
    except BadValue:
        raise
    except Exception as error:
        # Decoders raise a dozen kinds of errors on bad files.
        logger.info("picture_broken", kind=kind, error=repr(error))
        raise _broken(field) from error
    finally:
        _decoders.release()
    return {
        name: _webp(largest.resize(size, Image.Resampling.LANCZOS)) for name, size in sizes.items()
    }


def _contents(upload: "UploadedFile[bytes]", field: str) -> bytes:
    """Return the whole file. The size, name and type that the client sent are not used."""
    upload.seek(0)
    data: bytes = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise BadValue(field, "picture_too_large", "Send a picture of at most 5 MB.")
    return data


def _kind(data: bytes) -> str | None:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    return "WEBP" if data.startswith(b"RIFF") and data[8:12] == b"WEBP" else None


def _check_header(data: bytes, kind: str, field: str) -> None:
    """Refuse files for which opening alone would take too much memory or time."""
    if kind == "WEBP":
        _check_size(_webp_size(data[12:30]), kind, field)
    if kind == "JPEG" and (
        _comes_more_often(_SCAN, data, MAX_SCANS) or _comes_more_often(_SEGMENT, data, MAX_SEGMENTS)
    ):
        raise _broken(field)


def _comes_more_often(pattern: re.Pattern[bytes], data: bytes, times: int) -> bool:
    return next(islice(pattern.finditer(data), times, None), None) is not None


def _webp_size(head: bytes) -> tuple[int, int]:
    """Return the size of the canvas, for which the decoder allocates memory when it opens.

    Source: RFC 9649, 2.5 to 2.7. Raises struct.error, ValueError.
    """
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
    raise ValueError("The first chunk is no picture.")


def _check_size(size: tuple[int, int], kind: str, field: str) -> None:
    width, height = size
    if max(size) > MAX_SIDE or width * height > MAX_PIXELS[kind]:
        megapixels = MAX_PIXELS[kind] / 1_000_000
        raise BadValue(
            field,
            "picture_too_many_pixels",
            f"Send a picture of at most {megapixels:g} megapixels and {MAX_SIDE:,} pixels a side.",
        )
    if min(size) <= 0:
        raise _broken(field)
    if min(size) < MIN_SIDE:
        raise BadValue(
            field, "picture_too_small", f"Send a picture of at least {MIN_SIDE} pixels a side."
        )


def _broken(field: str) -> BadValue:
    return BadValue(field, "picture_broken", "This picture is damaged. Save it again and retry.")


def _fitted(data: bytes, kind: str, field: str, size: tuple[int, int]) -> Image.Image:
    """Return the middle of the picture in that size, upright, as RGB or RGBA in sRGB."""
    middle = _middle(data, kind, field, size)
    stored = size[::-1] if _swaps_sides(middle) else size
    profile = middle.info.get("icc_profile") or b""
    # Turned when it is small.
    middle = ImageOps.exif_transpose(
        middle.resize(stored, Image.Resampling.LANCZOS, reducing_gap=3.0)
    )
    alpha = middle.getchannel("A") if middle.mode in ("LA", "RGBA") else None
    colours = _in_srgb(middle.convert(middle.mode.removesuffix("A")), profile)
    colours.info.clear()  # else EXIF and profile would be saved with it
    if alpha is None:
        return colours
    colours.putalpha(alpha)
    # Invisible colours can be what somebody erased. Premultiplying removes them.
    return colours.convert("RGBa").convert("RGBA")


def _middle(data: bytes, kind: str, field: str, size: tuple[int, int]) -> Image.Image:
    """Return the largest part of the shape of `size`, in a mode that can be scaled, not turned."""
    _check_header(data, kind, field)
    with _READERS[kind](BytesIO(data)) as image:
        _check_size(image.size, kind, field)
        if getattr(image, "is_animated", False):
            # Its first frame may be a title or empty, so the person has to choose one.
            raise BadValue(field, "picture_animated", "Send a picture without animation.")
        if kind == "JPEG":  # its decoder can skip detail that scaling would remove
            image.draft(None, size[::-1] if _swaps_sides(image) else size)
        image.load()
        shape = size[::-1] if _swaps_sides(image) else size
        # Cropped first, because every further step copies.
        middle = image.crop(_middle_box(image.size, shape))
    # PNG's bit depth is in its header; Pillow does not tell it.
    return _scalable(_with_8_bits(middle, data[24] if kind == "PNG" else 8))


def _swaps_sides(image: Image.Image) -> bool:
    """Return whether EXIF says that height and width are swapped; damaged EXIF is removed."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation) in _SWAPS_SIDES
    except Exception:  # noqa: BLE001  (Pillow raises a dozen kinds)
        image.info.pop("exif", None)
        return False


def _scalable(image: Image.Image) -> Image.Image:
    """Return the picture as L, LA, RGB, RGBA or CMYK, which can be scaled."""
    if image.has_transparency_data:
        return _as(image, "LA" if image.mode == "LA" else "RGBA")
    if image.mode in ("1", "L"):
        return _as(image, "L")
    return _as(image, "CMYK" if image.mode == "CMYK" else "RGB")


def _with_8_bits(image: Image.Image, depth: int) -> Image.Image:
    """Return the picture with samples of 8 bits, and its transparent colour in 8 bits, too.

    Pillow converts other samples when it decodes them, except 16-bit grey, which becomes white
    later. It leaves the transparent colour as it was stored, so that no pixel is of that colour.
    Of 16-bit samples the upper half is compared.
    """
    colour = image.info.get("transparency")
    if image.mode == "I;16":
        image = image.point(lambda grey: grey * (1 / 256)).convert("L")
    if colour is None or depth == 8 or image.mode not in ("L", "RGB"):  # others have an index
        return image
    samples = (colour,) if image.mode == "L" else colour
    scaled = tuple(_to_8_bits(sample, depth) for sample in samples)
    image.info["transparency"] = scaled[0] if image.mode == "L" else scaled
    return image


def _to_8_bits(sample: int, depth: int) -> int:
    return sample >> 8 if depth == 16 else sample * 255 // (2**depth - 1)


def _middle_box(has: tuple[int, int], shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom: at least one pixel each way, for very thin pictures."""
    width = max(1, min(has[0], has[1] * shape[0] // shape[1]))
    height = max(1, min(has[1], has[0] * shape[1] // shape[0]))
    left, top = (has[0] - width) // 2, (has[1] - height) // 2
    return left, top, left + width, top + height


def _as(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return RGB. A profile that is broken, or is for other colours, is ignored."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if _PROFILED.get(source.profile.xcolor_space.strip()) == image.mode:
                srgb = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
                assert converted is not None
                return converted
        except (ImageCms.PyCMSError, OSError):
            logger.info("colour_profile_ignored")
    return image.convert("RGB")


def _webp(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "WEBP", quality=QUALITY)
    return out.getvalue()
