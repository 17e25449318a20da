"""Uploaded pictures: which are refused, and how the others are converted."""

import subprocess
import sys
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core.errors import BadValue
from core.images import uploads
from core.images.uploads import MAX_BYTES, banners, squares
from tests.bad_pictures import ODD, REFUSED
from tests.good_pictures import GOOD, Colour, Good, hazy_webp
from tests.pictures import PAYLOAD, exif, jpeg, png, vast_png, webp

pytestmark = [pytest.mark.embedded, pytest.mark.slow]  # needs no server

# WebP loses some; a wrong profile, orientation or inversion is far beyond it.
TOLERANCE = 24


def upload(data: bytes, name: str = "me.jpg", kind: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, kind)


def riff_parts(data: bytes) -> set[bytes]:
    names, position = set(), 12
    while position < len(data):
        names.add(data[position : position + 4])
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + length + length % 2
    return names


def is_near(colour: Colour, wanted: Colour) -> bool:
    return all(abs(a - b) <= TOLERANCE for a, b in zip(colour[:3], wanted, strict=True))


def refusal(data: bytes) -> tuple[str, str] | None:
    try:
        squares(upload(data), field="banner")
    except BadValue as error:
        return error.field, error.code
    return None


@pytest.mark.parametrize("code", REFUSED)
def test_refuses(code: str) -> None:
    refusals = {name: refusal(make()) for name, make in REFUSED[code].items()}
    assert refusals == dict.fromkeys(refusals, ("banner", code))


@pytest.mark.parametrize("name", ODD)
def test_file_that_breaks_its_format_is_converted(name: str) -> None:
    assert squares(upload(ODD[name]()), field="banner").keys() == {512, 128, 48}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)
def test_makes_upright_squares_in_srgb_of_nothing_but_pixels(good: Good) -> None:
    source = good.make()
    assert [mark for mark in good.carries if mark not in source] == []
    made = squares(upload(source), field="picture")
    assert list(made) == [512, 128, 48]
    for size, data in made.items():
        assert riff_parts(data) <= {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}
        assert [mark for mark in (*good.carries, PAYLOAD[:7]) if mark in data] == []
        with Image.open(BytesIO(data), formats=["WEBP"]) as image:
            assert {"exif", "xmp", "icc_profile"}.isdisjoint(image.info)
            assert (image.size, image.mode) == ((size, size), good.mode)
            seen = [image.getpixel((size // 2, size * part // 8)) for part in (1, 4, 7)]
        for colour, wanted in zip(seen, good.looks, strict=True):
            assert isinstance(colour, tuple) and is_near(colour, wanted), (size, seen)


def test_colours_that_cannot_be_seen_are_not_kept() -> None:
    hidden = Image.new("RGBA", (512, 512), (200, 100, 50, 0))
    hidden.paste((0, 0, 0, 255), (0, 0, 256, 512))
    out = BytesIO()
    hidden.save(out, "PNG")
    made = squares(upload(out.getvalue()), field="picture")
    with Image.open(BytesIO(made[512])) as image:
        assert image.getpixel((500, 256)) == (0, 0, 0, 0)


def test_name_and_type_of_the_upload_are_ignored() -> None:
    made = squares(upload(png(), "../../x.php", "text/html"), field="picture")
    assert made == squares(upload(png()), field="picture")


def test_file_of_the_size_limit_is_accepted() -> None:
    assert squares(upload(jpeg().ljust(MAX_BYTES, b"\0")), field="picture").keys() == {512, 128, 48}


def test_upload_is_read_from_its_start() -> None:
    read_already = upload(jpeg())
    read_already.read()
    assert squares(read_already, field="picture") == squares(upload(jpeg()), field="picture")


def test_sizes_are_configurable() -> None:
    assert list(squares(upload(jpeg()), field="picture", sizes=(96, 64))) == [96, 64]


def test_square_is_the_middle() -> None:
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (100, 0, 200, 100))
    out = BytesIO()
    image.save(out, "PNG")
    made = squares(upload(out.getvalue()), field="picture")
    with Image.open(BytesIO(made[48])) as square:
        corners = [square.getpixel(at) for at in ((1, 1), (46, 1), (1, 46), (46, 46))]
    assert all(isinstance(pixel, tuple) and is_near(pixel, (0, 0, 255)) for pixel in corners), (
        corners
    )


@pytest.mark.parametrize(("make", "mode"), [(jpeg, "RGB"), (hazy_webp, "RGBA")])
def test_banner_is_twice_as_wide_as_high(make: Callable[[], bytes], mode: str) -> None:
    made = banners(upload(make()), field="picture")
    assert list(made) == [1600, 800, 400]
    for width, data in made.items():
        with Image.open(BytesIO(data), formats=["WEBP"]) as image:
            assert (image.size, image.mode) == ((width, width // 2), mode)


def test_banners_have_the_bounds_of_squares() -> None:
    make, *_ = REFUSED["picture_too_many_pixels"].values()
    with pytest.raises(BadValue) as refused:
        banners(upload(make()), field="banner")
    assert (refused.value.field, refused.value.code) == ("banner", "picture_too_many_pixels")


def test_banner_is_the_middle_of_a_tall_picture() -> None:
    image = Image.new("RGB", (200, 400), "red")
    image.paste("blue", (0, 150, 200, 250))
    assert_blue(banners(upload(as_png(image)), field="picture"))


def test_banner_is_the_middle_of_a_wide_picture() -> None:
    image = Image.new("RGB", (600, 100), "red")
    image.paste("blue", (200, 0, 400, 100))
    assert_blue(banners(upload(as_png(image)), field="picture"))


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_rotated_photo_is_cropped_after_rotation(orientation: int) -> None:
    image = Image.new("RGB", (400, 200), "red")
    image.paste("blue", (150, 0, 250, 200))  # 200 wide and 100 high once it is rotated
    out = BytesIO()
    image.save(out, "JPEG", quality=95, subsampling=0, exif=exif(orientation))
    assert_blue(banners(upload(out.getvalue()), field="picture"))


def assert_blue(made: dict[int, bytes]) -> None:
    with Image.open(BytesIO(made[400])) as banner:
        at = [(4, 4), (395, 4), (4, 195), (395, 195), (200, 100)]
        seen = [banner.getpixel(point) for point in at]
    assert all(isinstance(pixel, tuple) and is_near(pixel, (0, 0, 255)) for pixel in seen), seen


def as_png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_two_pictures_are_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    active, most_active = 0, 0
    counting, crowded = threading.Lock(), threading.Event()

    def slow(*args: object) -> Image.Image:
        nonlocal active, most_active
        with counting:
            active += 1
            most_active = max(most_active, active)
        if active > 2:
            crowded.set()
        crowded.wait(timeout=0.2)  # time for a third thread, which must not start
        with counting:
            active -= 1
        return Image.new("RGB", (512, 512))

    monkeypatch.setattr(uploads, "_fitted", slow)
    data = jpeg()
    threads = [
        threading.Thread(target=lambda: squares(upload(data), field="picture")) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert most_active == 2


def test_broken_files_release_their_decoder() -> None:
    for _ in range(3):
        with pytest.raises(BadValue):
            squares(upload(vast_png(5_000, 5_000)), field="picture")
    assert squares(upload(jpeg()), field="picture").keys() == {512, 128, 48}


MEASURE = """
import re, resource, sys
from pathlib import Path
from django.core.files.uploadedfile import SimpleUploadedFile
from core.errors import BadValue
from core.images.uploads import squares
from tests import bad_pictures, pictures

def peak():
    # On Linux, ru_maxrss includes the memory of the parent process.
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read_text())[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2

def offer(make):
    try:
        squares(SimpleUploadedFile("x", make()), field="picture")
    except BadValue:
        return 1
    return 0

offer(pictures.jpeg)
before = peak()
refused = sum(offer(make) for make in {files})
print(refused, peak() - before, file=sys.stderr)
"""


def measure(files: str) -> tuple[int, int]:
    """Return the number of refused files, and the rise of the peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.replace("{files}", files)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    refused, megabytes = done.stderr.split()
    return int(refused), int(megabytes)


def test_bad_files_take_no_memory() -> None:
    refused, megabytes = measure(
        "(make for files in bad_pictures.REFUSED.values() for make in files.values())"
    )
    assert refused == sum(map(len, REFUSED.values()))
    assert megabytes < 50


def test_compressed_texts_take_no_memory() -> None:
    refused, megabytes = measure("[pictures.text_bomb]")
    assert refused == 1
    assert megabytes < 20


LARGEST = {
    "PNG": lambda: png(5_000, 5_000, "RGBA", compress_level=1),
    "JPEG": lambda: jpeg(5_000, 5_000, "CMYK", progressive=True, subsampling=0),
    "WebP": lambda: webp(5_000, 2_500, "RGBA", method=0),
}


@pytest.mark.parametrize("make", LARGEST.values(), ids=LARGEST)
def test_largest_pictures_take_about_200_mb(make: Callable[[], bytes], tmp_path: Path) -> None:
    (tmp_path / "largest").write_bytes(make())
    refused, megabytes = measure(f"[Path({str(tmp_path / 'largest')!r}).read_bytes]")
    assert refused == 0
    assert 100 < megabytes < 250
