"""Banners of events, which occurrences and copies share."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import User
from events.erasure import release_events
from events.models import Event
from events.services import banners
from events.services.events import cancel_event, update_event
from events.tasks import sweep_banners
from tests.client import Api, committed
from tests.events.bannered import change, create, files_of, with_banner
from tests.factories import CategoryFactory, EventFactory, TagFactory, event_body
from tests.pictures import jpeg, png, webp
from tests.uploads import age, file, files

pytestmark = pytest.mark.slow

HERE = "http://testserver/media/event-banners"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


class TestUpload:
    def test_new_event_shows_its_banner_in_three_sizes(self, as_olive: Api, media: Path) -> None:
        shown = create(as_olive, banner=file())["banner"]
        key = Event.objects.get().banner
        assert shown == {
            "small": f"{HERE}/{key}/400.webp",
            "medium": f"{HERE}/{key}/800.webp",
            "large": f"{HERE}/{key}/1600.webp",
        }
        assert files(media) == files_of(key)

    @pytest.mark.parametrize("make", [jpeg, png, webp])
    def test_sizes_are_webp_twice_as_wide_as_high(
        self, as_olive: Api, make: Callable[[], bytes]
    ) -> None:
        shown = create(as_olive, banner=file(make()))["banner"]
        seen = {}
        for size, url in shown.items():
            with Image.open(BytesIO(as_olive.client.get(url).content)) as image:
                seen[size] = (image.format, image.size)
        assert seen == {
            "small": ("WEBP", (400, 200)),
            "medium": ("WEBP", (800, 400)),
            "large": ("WEBP", (1600, 800)),
        }

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_new_banner_deletes_the_old_files(
        self, as_olive: Api, event: Event, media: Path, method: str
    ) -> None:
        before = with_banner(event).banner
        shown = change(as_olive, event, method=method, banner=file())["banner"]
        event.refresh_from_db()
        assert event.banner != before
        assert shown["large"] == f"{HERE}/{event.banner}/1600.webp"
        assert files(media) == files_of(event.banner)

    def test_form_sets_every_other_field(self, as_olive: Api) -> None:
        music, tags = CategoryFactory.create(), TagFactory.create_batch(2)
        body = {
            "status": "draft",
            "timezone": "Europe/Berlin",
            "max_attendees": 30,
            "latitude": 52.5,
            "longitude": 13.4,
            "category_id": music.pk,
            "tags": [tag.pk for tag in tags],
        }
        by_form = create(as_olive, banner=file(), **body)
        by_json = as_olive.post("/events/", event_body(**body))
        differ = {"id", "banner", "start_time", "end_time", "created_at", "updated_at"}
        assert {name: by_form[name] for name in by_form.keys() - differ} == {
            name: by_json[name] for name in by_json.keys() - differ
        }

    def test_empty_form_fields_mean_null(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(
            created_by=olive, max_attendees=5, category=CategoryFactory.create(),
            tags=TagFactory.create_batch(2), latitude=52.5, longitude=13.4,
        )  # fmt: skip
        form: Any = dict.fromkeys(
            ("max_attendees", "category_id", "tags", "latitude", "longitude"), ""
        )
        shown = change(as_olive, event, **form)
        assert (shown["max_attendees"], shown["category"], shown["tags"]) == (None, None, [])
        assert (shown["latitude"], shown["longitude"]) == (None, None)

    def test_form_without_a_banner_leaves_it(
        self, as_olive: Api, event: Event, media: Path
    ) -> None:
        key = with_banner(event).banner
        shown = change(as_olive, event, title="Late Jazz")
        assert (shown["title"], shown["banner"]["small"]) == ("Late Jazz", f"{HERE}/{key}/400.webp")

    def test_json_without_a_banner_leaves_it(
        self, as_olive: Api, event: Event, media: Path
    ) -> None:
        key = with_banner(event).banner
        as_olive.patch(f"/events/{event.pk}/", {"title": "Late Jazz"})
        assert files(media) == files_of(key)

    def test_lists_and_search_show_the_banner(self, as_ada: Api, event: Event) -> None:
        key = with_banner(event).banner
        for path in ("/events/", "/events/search/"):
            [shown] = as_ada.get(path)["results"]
            assert shown["banner"]["medium"] == f"{HERE}/{key}/800.webp"

    def test_banners_add_no_query_to_lists(self, as_ada: Api, olive: User) -> None:
        costs = []
        for _ in range(2):
            with_banner(EventFactory.create(created_by=olive))
            as_ada.get("/events/")
            with CaptureQueriesContext(connection) as captured:
                as_ada.get("/events/")
            costs.append(len(captured))
        assert costs[0] == costs[1]

    def test_banner_does_not_increase_the_sequence(self, as_olive: Api, event: Event) -> None:
        change(as_olive, event, banner=file())
        sequence = event.sequence
        event.refresh_from_db()
        assert event.sequence == sequence


class TestRemoval:
    def test_null_removes_the_banner(self, as_olive: Api, event: Event, media: Path) -> None:
        with_banner(event)
        assert as_olive.patch(f"/events/{event.pk}/", {"banner": None})["banner"] is None
        assert files(media) == []

    def test_empty_form_field_removes_the_banner(
        self, as_olive: Api, event: Event, media: Path
    ) -> None:
        with_banner(event)
        assert change(as_olive, event, banner="")["banner"] is None
        assert files(media) == []

    def test_files_stay_until_the_commit(self, event: Event, media: Path) -> None:
        key = with_banner(event).banner
        with committed():
            update_event(event_id=event.pk, changes={"banner": ""})
            assert files(media) == files_of(key)
        assert files(media) == []

    def test_shared_files_are_kept(self, olive: User, event: Event, media: Path) -> None:
        key = with_banner(event).banner
        copy = EventFactory.create(created_by=olive, banner=key)
        with committed():
            update_event(event_id=event.pk, changes={"banner": ""})
        assert files(media) == files_of(key)
        with committed():
            update_event(event_id=copy.pk, changes={"banner": ""})
        assert files(media) == []

    def test_files_of_a_deleted_event_are_kept(
        self, as_olive: Api, event: Event, media: Path
    ) -> None:
        key = with_banner(event).banner
        as_olive.delete(f"/events/{event.pk}/")
        assert files(media) == files_of(key)

    def test_erasure_of_the_organizer_deletes_files_of_drafts(
        self, olive: User, media: Path
    ) -> None:
        with_banner(EventFactory.create(created_by=olive, status=Event.Status.DRAFT))
        kept = with_banner(EventFactory.create(created_by=olive)).banner
        with committed():
            release_events(organizer=olive)
        assert files(media) == files_of(kept)

    def test_deleted_draft_keeps_shared_files(self, olive: User, event: Event, media: Path) -> None:
        key = with_banner(event).banner
        EventFactory.create(created_by=olive, status=Event.Status.DRAFT, banner=key)
        with committed():
            release_events(organizer=olive)
        assert files(media) == files_of(key)

    def test_failed_deletion_of_a_file_causes_no_error(
        self, as_olive: Api, event: Event, monkeypatch: pytest.MonkeyPatch, caplog: Any
    ) -> None:
        with_banner(event)

        def refuse(*args: Any) -> None:
            raise PermissionError

        monkeypatch.setattr(FileSystemStorage, "delete", refuse)
        assert as_olive.patch(f"/events/{event.pk}/", {"banner": None})["banner"] is None
        assert "picture_not_deleted" in caplog.text

    def test_sweep_keeps_used_files(self, event: Event, media: Path) -> None:
        key = with_banner(event).banner
        with banners.stored({"banner": file()}):
            pass
        age(media, hours=25)
        sweep_banners()
        assert files(media) == files_of(key)


class TestExport:
    def test_export_has_the_urls_of_banners(self, as_olive: Api, event: Event) -> None:
        key = with_banner(event).banner
        [exported] = as_olive.get("/users/profile/export/")["events.event"]
        assert exported["banner_urls"]["small"].endswith(f"/media/event-banners/{key}/400.webp")


class TestAdmin:
    def form(self, event: Event, **changes: Any) -> dict[str, Any]:
        return {
            "title": event.title,
            "description": event.description,
            "status": event.status,
            "start_time_0": f"{event.start_time:%Y-%m-%d}",
            "start_time_1": f"{event.start_time:%H:%M:%S}",
            "end_time_0": f"{event.end_time:%Y-%m-%d}",
            "end_time_1": f"{event.end_time:%H:%M:%S}",
            "timezone": event.timezone,
            "location": event.location,
            "max_attendees": 2,
            "refund_policy": "none",
            "refund_until_hours": "0",
            **changes,
        }

    def test_admin_sees_a_banner(self, admin_page: Callable[..., str], event: Event) -> None:
        key = with_banner(event).banner
        page = admin_page(f"/events/event/{event.pk}/change/")
        assert f"/media/event-banners/{key}/400.webp" in page

    def test_admin_sees_the_banner_of_a_cancelled_event(
        self, admin_page: Callable[..., str], event: Event
    ) -> None:
        key = with_banner(event).banner
        cancel_event(event_id=event.pk)
        page = admin_page(f"/events/event/{event.pk}/change/")
        assert f"/media/event-banners/{key}/400.webp" in page

    def test_admin_removes_a_banner(
        self, admin_page: Callable[..., str], event: Event, media: Path
    ) -> None:
        with_banner(event)
        admin_page(f"/events/event/{event.pk}/change/", self.form(event, remove_banner="on"))
        event.refresh_from_db()
        assert event.banner == ""
        assert files(media) == []

    def test_other_changes_in_the_admin_keep_the_banner(
        self, admin_page: Callable[..., str], event: Event, media: Path
    ) -> None:
        key = with_banner(event).banner
        admin_page(f"/events/event/{event.pk}/change/", self.form(event, title="Late Jazz"))
        event.refresh_from_db()
        assert (event.title, event.banner) == ("Late Jazz", key)
        assert files(media) == files_of(key)
