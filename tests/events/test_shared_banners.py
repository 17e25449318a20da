"""Banners of series and copies share their files."""

from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from events.erasure import release_events
from events.models import Event, Series
from tests.client import Api, committed
from tests.events.bannered import change, create, files_of, send, with_banner
from tests.uploads import file, files

pytestmark = pytest.mark.slow

WEEKLY = "FREQ=WEEKLY;COUNT=3"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def series(as_olive: Api) -> Series:
    """Three weeks, with a banner from the start."""
    create(as_olive, recurrence_pattern=WEEKLY, banner=file())
    return Series.objects.get()


def occurrences(series: Series) -> list[Event]:
    return list(series.occurrences.order_by("start_time"))


def banner_keys(series: Series) -> list[str]:
    """Return the keys of the series and of its dates."""
    series.refresh_from_db()
    return [series.banner, *(event.banner for event in occurrences(series))]


def test_dates_share_the_files_of_their_series(series: Series, media: Path) -> None:
    assert banner_keys(series) == [series.banner] * 4
    assert files(media) == files_of(series.banner)


def test_series_shows_its_banner(as_olive: Api, series: Series) -> None:
    banner = as_olive.get(f"/series/{series.pk}/")["banner"]
    assert banner["large"].endswith(f"/media/event-banners/{series.banner}/1600.webp")


def test_banner_of_one_date_keeps_the_others(as_olive: Api, series: Series, media: Path) -> None:
    first = occurrences(series)[0]
    change(as_olive, first, banner=file())
    old, new = series.banner, occurrences(series)[0].banner
    assert banner_keys(series) == [old, new, old, old]
    assert files(media) == sorted(files_of(old) + files_of(new))


def test_banner_of_all_dates_deletes_the_old_files(
    as_olive: Api, series: Series, media: Path
) -> None:
    old, first = series.banner, occurrences(series)[0]
    send(as_olive, "patch", f"/events/{first.pk}/?scope=all", 200, banner=file())
    assert len({*banner_keys(series)}) == 1
    assert series.banner != old
    assert files(media) == files_of(series.banner)


def test_banner_of_following_dates_keeps_the_files_of_the_first(
    as_olive: Api, series: Series, media: Path
) -> None:
    old, second = series.banner, occurrences(series)[1]
    send(as_olive, "patch", f"/events/{second.pk}/?scope=following", 200, banner=file())
    second.refresh_from_db()
    banners = Event.objects.order_by("start_time").values_list("banner", flat=True)
    assert list(banners) == [old, second.banner, second.banner]
    assert files(media) == sorted(files_of(old) + files_of(second.banner))


def test_banner_of_one_date_survives_that_of_the_series(
    as_olive: Api, series: Series, media: Path
) -> None:
    first = occurrences(series)[0]
    change(as_olive, first, banner=file())
    send(as_olive, "patch", f"/series/{series.pk}/", 200, banner=file())
    series.refresh_from_db()
    first.refresh_from_db()
    assert banner_keys(series) == [series.banner, first.banner, series.banner, series.banner]
    assert files(media) == sorted(files_of(series.banner) + files_of(first.banner))


def test_null_removes_the_banner_of_all_dates(as_olive: Api, series: Series, media: Path) -> None:
    assert as_olive.patch(f"/series/{series.pk}/", {"banner": None})["banner"] is None
    assert banner_keys(series) == [""] * 4
    assert files(media) == []


def test_refused_series_leaves_no_file(as_olive: Api, media: Path) -> None:
    create(as_olive, 400, recurrence_pattern="sometimes", banner=file())
    assert files(media) == []


def test_copy_shares_the_files(as_olive: Api, event: Event, media: Path) -> None:
    key = with_banner(event).banner
    copied = as_olive.post(f"/events/{event.pk}/copy/")
    assert copied["banner"]["small"].endswith(f"/event-banners/{key}/400.webp")
    change(as_olive, event, banner="")
    assert files(media) == files_of(key)


def test_copy_may_have_its_own_banner(as_olive: Api, event: Event, media: Path) -> None:
    key = with_banner(event).banner
    copied = send(as_olive, "post", f"/events/{event.pk}/copy/", 201, banner=file())
    own = Event.objects.get(pk=copied["id"]).banner
    assert files(media) == sorted(files_of(key) + files_of(own))


def test_erasure_deletes_the_files_of_drafts(as_olive: Api, olive: User, media: Path) -> None:
    create(as_olive, recurrence_pattern=WEEKLY, status="draft", banner=file())
    with committed():
        release_events(organizer=olive)
    assert not Event.objects.exists()
    assert files(media) == []
