"""Races: workers fetch pictures of imported events, also during other writes."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from events.models import Event
from external_events.models import Import
from external_events.records import ExternalEvent
from external_events.services import banners, updates
from external_events.services.banners import fetch_next_banner
from external_events.services.event_fields import category_finder
from external_events.services.updates import apply_record
from tests.concurrency.provider_events import create_import, record_of
from tests.concurrency.rush import (
    CONTROL_ROUNDS,
    TIMEOUT_S,
    Rush,
    errors_other_than,
    rounds_of,
    rush_of,
)
from tests.pictures import jpeg
from tests.standins import Call, StandInResponse
from tests.standins.pictures import PictureStandIn
from tests.standins.ticketmaster import tm_image

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]


class Gallery(PictureStandIn):
    """A server that responds once `open` is set, which it is at first."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = jpeg()
        self.open = threading.Event()
        self.open.set()

    def respond(self, call: Call) -> StandInResponse:
        self.open.wait(TIMEOUT_S)
        return super().respond(call)


def apply(event: Event, record: ExternalEvent) -> None:
    apply_record(event_id=event.pk, record=record, find_category=category_finder())


class TestPictures:
    @pytest.fixture(autouse=True)
    def _gallery(self, settings: Any, tmp_path: Any) -> Iterator[None]:
        settings.PICTURES_FROM_LOOPBACK = True
        settings.MEDIA_ROOT = tmp_path
        with Gallery() as self.gallery:
            yield

    def record(self, name: str) -> ExternalEvent:
        image = tm_image(1024) | {"url": f"{self.gallery.url}/{name}.jpg"}
        return record_of("G1", images=[image])

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Keep a worker waiting for a picture during the block."""
        self.gallery.open.clear()
        with ThreadPoolExecutor(1) as worker:
            fetched = worker.submit(fetch_next_banner)
            until = time.monotonic() + TIMEOUT_S
            while not self.gallery.calls and time.monotonic() < until:
                time.sleep(0.01)
            yield
            self.gallery.open.set()
            assert fetched.result(TIMEOUT_S)
            worker.submit(connections.close_all).result(TIMEOUT_S)

    def fetches(self, rush: Rush) -> int:
        """Return the requests of two workers. The file is no picture, the fastest result."""
        self.gallery.picture = b"none"
        self.gallery.calls.clear()
        Import.objects.update(
            banner=Import.Banner.DUE, banner_due_at=timezone.now(), banner_attempts=0
        )
        assert errors_other_than(rush([fetch_next_banner] * 2)) == []
        return len(self.gallery.calls)

    def test_two_workers_fetch_a_picture_once(self) -> None:
        create_import(self.record("old"))
        with rush_of(2) as rush:
            assert {self.fetches(rush) for _ in rounds_of(100)} == {1}

    def test_control_fetches_twice_without_the_claim(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(banners, "_CLAIM", banners._CLAIM * 0)
        create_import(self.record("old"))
        with rush_of(2) as rush:
            assert any(self.fetches(rush) == 2 for _ in range(CONTROL_ROUNDS))

    def test_picture_replaced_during_the_fetch_is_not_shown(self) -> None:
        event = create_import(self.record("old"))
        with self.fetching():
            apply(event, self.record("new"))
        row = Import.objects.get()
        assert (row.banner, row.image) == (Import.Banner.DUE, f"{self.gallery.url}/new.jpg")
        assert fetch_next_banner()
        assert [call.path for call in self.gallery.calls] == ["/old.jpg", "/new.jpg"]
        assert Import.objects.get().banner == Import.Banner.DONE

    def test_update_during_the_fetch_keeps_the_claim(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker claims a picture between the read and the write of `apply_record`."""
        event = create_import(self.record("old"))
        own_fields = updates.edited_fields
        with ExitStack() as until_followed:

            def claim_and_read(*args: Any) -> set[str]:
                until_followed.enter_context(self.fetching())
                return own_fields(*args)

            monkeypatch.setattr(updates, "edited_fields", claim_and_read)
            apply(event, self.record("old"))
            assert not fetch_next_banner()
        assert Import.objects.get().banner == Import.Banner.DONE
