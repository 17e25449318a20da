"""Download of the pictures of imported events."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from events.models import Event
from external_events import tasks
from external_events.models import Import
from external_events.services.banners import _fetch
from tests.client import Api, committed
from tests.pictures import jpeg
from tests.standins import StandInResponse
from tests.standins.pictures import PictureStandIn
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event, tm_image
from tests.uploads import file, files

pytestmark = pytest.mark.slow

BODY = {"provider": "ticketmaster"}
PATH = "/external-events/G5vYZ/import/"


@pytest.fixture
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def pictures(settings: Any, media: Path) -> Iterator[PictureStandIn]:
    settings.PICTURES_FROM_LOOPBACK = True
    with PictureStandIn() as server:
        server.picture = jpeg(1600, 900)
        yield server


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn, pictures: PictureStandIn) -> TicketmasterStandIn:
    shows(ticketmaster, f"{pictures.url}/one.jpg")
    return ticketmaster


def shows(server: TicketmasterStandIn, url: str) -> None:
    server.events = [tm_event("G5vYZ", images=[tm_image(1024) | {"url": url}])]


def fetched(*, after: timedelta = timedelta(0)) -> None:
    with time_machine.travel(datetime.now(UTC) + after, tick=True), committed():
        tasks.fetch_banners()


def state() -> tuple[str, str]:
    imported = Import.objects.get()
    return imported.banner, imported.banner_error


def test_picture_is_fetched_after_the_response(
    as_olive: Api, jazz: TicketmasterStandIn, pictures: PictureStandIn
) -> None:
    event = as_olive.post(PATH, BODY)
    assert (event["banner"], pictures.calls) == (None, [])
    fetched()
    banner = as_olive.get(f"/events/{event['id']}/")["banner"]
    assert sorted(banner) == ["large", "medium", "small"]
    assert state() == ("done", "")
    fetched()
    assert len(pictures.calls) == 1


def test_import_without_a_picture_fetches_none(
    as_olive: Api, jazz: TicketmasterStandIn, pictures: PictureStandIn
) -> None:
    jazz.events[0]["images"] = []
    as_olive.post(PATH, BODY)
    fetched()
    assert (state(), pictures.calls) == (("none", ""), [])


def test_unwanted_picture_is_not_fetched(
    as_olive: Api, jazz: TicketmasterStandIn, pictures: PictureStandIn
) -> None:
    as_olive.post(PATH, BODY | {"banner": None})
    fetched()
    shows(jazz, f"{pictures.url}/two.jpg")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
        tasks.look_at_imported()
    fetched(after=timedelta(days=2))
    assert (state(), pictures.calls) == (("none", ""), [])


def test_own_banner_stays(as_olive: Api, jazz: TicketmasterStandIn, media: Path) -> None:
    event = as_olive.post(PATH, BODY)
    as_olive.client.patch(f"/api/events/{event['id']}/", {"banner": file()}, format="multipart")
    own = as_olive.get(f"/events/{event['id']}/")["banner"]
    assert own is not None
    before = files(media)
    fetched()
    assert as_olive.get(f"/events/{event['id']}/")["banner"] == own
    assert (state(), files(media)) == (("none", ""), before)


@pytest.mark.parametrize("body", ["<html>", "", "<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_invalid_picture_is_not_fetched_again(
    as_olive: Api, jazz: TicketmasterStandIn, pictures: PictureStandIn, body: str
) -> None:
    pictures.picture = body.encode()
    event = as_olive.post(PATH, BODY)
    fetched()
    assert state()[0] == "failed"
    assert as_olive.get(f"/events/{event['id']}/")["banner"] is None


def test_unreachable_host_is_retried_later(
    as_olive: Api, jazz: TicketmasterStandIn, pictures: PictureStandIn
) -> None:
    pictures.trouble = StandInResponse(500, "")
    event = as_olive.post(PATH, BODY)
    fetched()
    assert state()[0] == "due"
    pictures.trouble = None
    fetched()
    assert state()[0] == "due"
    fetched(after=timedelta(minutes=2))
    assert state() == ("done", "")
    assert as_olive.get(f"/events/{event['id']}/")["banner"] is not None


def test_retries_of_an_unreachable_host_end(
    as_olive: Api, jazz: TicketmasterStandIn, pictures: PictureStandIn
) -> None:
    pictures.trouble = StandInResponse(404, "")
    as_olive.post(PATH, BODY)
    for hours in range(0, 50, 10):
        fetched(after=timedelta(hours=hours))
    assert state()[0] == "failed"
    assert len(pictures.calls) == 4


def test_retries_of_a_picture_that_kills_its_process_end(
    as_olive: Api, jazz: TicketmasterStandIn, pictures: PictureStandIn
) -> None:
    as_olive.post(PATH, BODY)
    Import.objects.update(banner_attempts=4)  # the state after four killed processes
    fetched()
    assert (state(), pictures.calls) == (
        ("failed", "The download was interrupted several times."),
        [],
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/one.jpg",
        "http://localhost:{port}/one.jpg",
        "http://[::ffff:127.0.0.1]:{port}/one.jpg",
        "http://2130706433:{port}/one.jpg",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/one.jpg",
    ],
)
def test_private_address_gets_no_request(
    as_olive: Api,
    jazz: TicketmasterStandIn,
    pictures: PictureStandIn,
    settings: Any,
    url: str,
) -> None:
    settings.PICTURES_FROM_LOOPBACK = False
    shows(jazz, url.format(port=pictures.server_port))
    as_olive.post(PATH, BODY)
    fetched()
    assert pictures.calls == []
    assert state()[0] in ("due", "none")
    assert Event.objects.get().banner == ""


def test_new_picture_of_the_provider_replaces_its_old_one(
    as_olive: Api,
    as_alma: Api,
    jazz: TicketmasterStandIn,
    pictures: PictureStandIn,
    media: Path,
) -> None:
    event = as_olive.post(PATH, BODY)
    fetched()
    first = as_olive.get(f"/events/{event['id']}/")["banner"]
    shows(jazz, f"{pictures.url}/two.jpg")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=True):
        tasks.look_at_imported()
    fetched(after=timedelta(days=2))
    second = as_olive.get(f"/events/{event['id']}/")["banner"]
    assert second != first
    assert len(files(media)) == 3


@pytest.mark.parametrize("trouble", [None, StandInResponse(404, "")])
def test_new_picture_during_a_download_stays_due(
    as_olive: Api,
    jazz: TicketmasterStandIn,
    pictures: PictureStandIn,
    media: Path,
    trouble: StandInResponse | None,
) -> None:
    pictures.trouble = trouble
    as_olive.post(PATH, BODY)
    claimed = Import.objects.get()
    claimed.banner_attempts = 1
    Import.objects.update(image=f"{pictures.url}/two.jpg")
    now = Import.objects.get().banner_due_at
    _fetch(claimed)
    imported = Import.objects.get()
    assert (imported.banner, imported.banner_due_at, files(media)) == ("due", now, [])


def test_deleted_event_gets_no_picture(
    as_olive: Api, jazz: TicketmasterStandIn, media: Path
) -> None:
    event = as_olive.post(PATH, BODY)
    as_olive.delete(f"/events/{event['id']}/")
    fetched()
    assert (state(), files(media)) == (("none", ""), [])
