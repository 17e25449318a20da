"""The one way in for pictures that people upload.

Nothing of the file itself is kept. Its pixels are decoded, in bounds that are
checked before any room is made for them, and written anew as WebP: whatever
else the file carried (where it was taken, scripts, a second file) is gone.
"""

import threading
from io import BytesIO

import structlog
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageCms

from core.errors import BadValue, Busy
from core.images.files import BrokenPicture, PictureFile, take_apart

logger = structlog.get_logger(__name__)

MAX_BYTES = 5 * 1024 * 1024
# A phone's photo has 12 or 24 megapixels. So many take up to 200 MB while they are decoded, and
# WebP's decoder keeps its canvas four times over: half as many cost as much there.
MAX_PIXELS = {"JPEG": 25_000_000, "PNG": 25_000_000, "WEBP": 12_500_000}
MAX_SIDE = 10_000
# The same for every picture, so that clients need not ask which there are: a source that is
# smaller than the largest is enlarged.
SIZES = (512, 128, 48)
# Widths; a banner is half as high. 2:1 lies between the 16:9 of cameras and screens and the
# 1.91:1 of link previews, so that little is cut from what was made for either.
BANNER_WIDTHS = (1600, 800, 400)
# What is smaller than the smallest square shows nothing.
MIN_SIDE = 48
QUALITY = 82

# Decoding takes memory by the picture, and a server's threads could all be at it at once. Two
# keep it bounded, and one slow picture does not hold up everybody else's.
_decoders = threading.BoundedSemaphore(2)
_WAIT_S = 5.0

# EXIF's orientation -> what makes it upright (CIPA DC-008, 4.6.5.1.6).
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = {5, 6, 7, 8}
# ICC.1:2022, 7.2.6: the profile's colour space -> the mode of the pixels that it can explain.
_PROFILED = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


class TooBusy(Busy):
    message = "Too many pictures are being worked on; try again in a moment."


def squares(
    upload: "UploadedFile[bytes]", *, field: str, sizes: tuple[int, ...] = SIZES
) -> dict[int, bytes]:
    """The middle of the picture as WebP, upright, in sRGB: a square of each size in pixels.

    Raises BadValue on the field: `picture_too_large`, `picture_unknown_type`,
    `picture_broken`, `picture_animated`, `picture_too_many_pixels` or `picture_too_small`;
    TooBusy, rather than have all threads of a server wait for pictures.
    """
    return _made(upload, field, {size: (size, size) for size in sizes})


def banners(upload: "UploadedFile[bytes]", *, field: str) -> dict[int, bytes]:
    """The same by width, each twice as wide as it is high."""
    return _made(upload, field, {width: (width, width // 2) for width in BANNER_WIDTHS})


def _made(
    upload: "UploadedFile[bytes]", field: str, sizes: dict[int, tuple[int, int]]
) -> dict[int, bytes]:
    """Of each size (width, height) one WebP; all sizes have the same shape."""
    file = _checked(_contents(upload, field), field)
    if not _decoders.acquire(timeout=_WAIT_S):
        raise TooBusy
    try:
        largest = _fitted(file, max(sizes.values()))
    except Exception as error:
        # Decoders trip over bad files in a dozen ways; the log tells theirs from ours.
        logger.info("picture_broken", kind=file.kind, error=repr(error))
        raise _broken(field) from error
    finally:
        _decoders.release()
    return {
        name: _webp(largest.resize(size, Image.Resampling.LANCZOS)) for name, size in sizes.items()
    }


def _contents(upload: "UploadedFile[bytes]", field: str) -> bytes:
    """All of it; what the upload says of its size, name and type is not believed."""
    upload.seek(0)
    data: bytes = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise BadValue(field, "picture_too_large", "Send a picture of at most 5 MB.")
    return data


def _checked(data: bytes, field: str) -> PictureFile:
    try:
        file = take_apart(data)
    except BrokenPicture as error:
        raise _broken(field) from error
    if file is None:
        raise BadValue(field, "picture_unknown_type", "Send a JPEG, PNG or WebP picture.")
    width, height = file.size
    if max(file.size) > MAX_SIDE or width * height > MAX_PIXELS[file.kind]:
        megapixels = MAX_PIXELS[file.kind] / 1_000_000
        raise BadValue(
            field,
            "picture_too_many_pixels",
            f"Send a picture of at most {megapixels:g} megapixels and {MAX_SIDE:,} pixels a side.",
        )
    if min(file.size) == 0:
        raise _broken(field)
    if min(file.size) < MIN_SIDE:
        raise BadValue(
            field, "picture_too_small", f"Send a picture of at least {MIN_SIDE} pixels a side."
        )
    if file.is_animated:
        # Its first frame may be a title, or nothing at all: the person had better choose.
        raise BadValue(field, "picture_animated", "Send a picture that does not move.")
    return file


def _broken(field: str) -> BadValue:
    return BadValue(field, "picture_broken", "This picture is damaged; save it anew and try again.")


def _fitted(file: PictureFile, size: tuple[int, int]) -> Image.Image:
    """The middle of the picture in that size, upright, as RGB or RGBA in sRGB."""
    # Turned only when it is small: until then width and height are the stored ones.
    stored = size[::-1] if file.orientation in _ON_ITS_SIDE else size
    image, profile = _middle(file, stored)
    image = image.resize(stored, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if file.orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[file.orientation])
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colours = _in_srgb(image.convert(image.mode.removesuffix("A")), profile)
    if alpha is None:
        return colours
    colours.putalpha(alpha)
    # Colours that nobody can see may be what somebody has erased: premultiplied they are gone.
    return colours.convert("RGBa").convert("RGBA")


def _middle(file: PictureFile, size: tuple[int, int]) -> tuple[Image.Image, bytes]:
    """The largest part of that shape, of at least that size where there is so much; and the
    colour profile.

    In L, LA, RGB, RGBA or CMYK: what can be scaled. Cut first, as every further step copies.
    """
    with Image.open(BytesIO(file.bare), formats=(file.kind,)) as image:
        # JPEG's decoder can skip what would only be scaled away.
        image.draft(None, size)
        image.load()
        middle = image.crop(_middle_box(image.size, size))
        profile = image.info.get("icc_profile") or b""
    middle = _with_8_bits(middle, file.depth)
    if middle.has_transparency_data:
        return _as(middle, "LA" if middle.mode == "LA" else "RGBA"), profile
    if middle.mode in ("1", "L"):
        return _as(middle, "L"), profile
    return _as(middle, "CMYK" if middle.mode == "CMYK" else "RGB"), profile


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
    """Left, top, right and bottom; at least one pixel each way, however thin the picture is."""
    width = max(1, min(has[0], has[1] * shape[0] // shape[1]))
    height = max(1, min(has[1], has[0] * shape[1] // shape[0]))
    left, top = (has[0] - width) // 2, (has[1] - height) // 2
    return left, top, left + width, top + height


def _as(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """RGB; a profile that is broken or of other colours is as good as none."""
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
