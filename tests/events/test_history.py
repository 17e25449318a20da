"""The times, limit and conditions of past events are fixed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from accounts.services.erasure import erase
from events.exceptions import EventEnded, SeriesOver
from events.models import Event, Series
from events.series.endings import cancel_series
from events.services.events import update_event
from rsvp.messages.announcements import fan_out
from rsvp.models import Announcement
from tests.client import Api, refusal
from tests.events.bannered import change
from tests.events.test_admin import change_page, form
from tests.factories import CategoryFactory, EventFactory, TagFactory, begin, end
from tests.rsvp.dates import series_with
from tests.uploads import file

ENDED = ("event_ended", "copy_event")
LATER = timezone.now() + timedelta(days=9)


@pytest.fixture
def over(event: Event) -> Event:
    """Olive's event, which ended an hour ago."""
    end(event)
    event.refresh_from_db()
    return event


class TestSingleEvent:
    @pytest.mark.parametrize(
        "changes",
        [
            {"status": "cancelled"},
            {"status": "cancelled", "cancellation_reason": "Rain."},
            {"start_time": LATER.isoformat()},
            {"start_time": LATER.isoformat(), "end_time": (LATER + timedelta(1)).isoformat()},
            {"end_time": LATER.isoformat()},
            {"timezone": "Asia/Tokyo"},
            {"max_attendees": 9},
            {"max_attendees": None},
            {"requires_verified_email": True},
            {"recurrence_pattern": "weekly"},
            {"title": "Jazz", "max_attendees": 9},
        ],
        ids=lambda changes: " ".join(changes),
    )
    def test_times_and_limit_are_fixed(
        self, as_olive: Api, over: Event, changes: dict[str, Any]
    ) -> None:
        before = as_olive.get(f"/events/{over.pk}/")
        for method in ("patch", "put"):
            problem = getattr(as_olive, method)(f"/events/{over.pk}/", changes, expect=409)
            assert refusal(problem) == ENDED
        assert as_olive.get(f"/events/{over.pk}/") == before

    def test_description_can_be_corrected(self, as_olive: Api, over: Event) -> None:
        tag, category = TagFactory.create(), CategoryFactory.create()
        body = {
            "title": "Jazz",
            "description": "Thank you all.",
            "location": "",
            "latitude": 52.5,
            "longitude": 13.4,
            "tags": [tag.pk],
            "category_id": category.pk,
        }
        changed = as_olive.patch(f"/events/{over.pk}/", body)
        assert (changed["title"], changed["location"], changed["tags"][0]["id"]) == (
            "Jazz",
            "",
            tag.pk,
        )
        assert Announcement.objects.count() == 0

    def test_picture_can_be_added(
        self, as_olive: Api, over: Event, settings: Any, tmp_path: Path
    ) -> None:
        settings.MEDIA_ROOT = tmp_path
        assert change(as_olive, over, banner=file())["banner"]["small"]

    def test_values_that_are_sent_back_as_read_are_no_changes(
        self, as_olive: Api, over: Event
    ) -> None:
        names = ("start_time", "end_time", "timezone", "status", "max_attendees")
        shown = as_olive.get(f"/events/{over.pk}/")
        body = {name: shown[name] for name in names} | {"title": "Jazz"}
        Event.objects.filter(pk=over.pk).update(
            start_time=over.start_time.replace(microsecond=0),
            end_time=over.end_time.replace(microsecond=0),
        )
        assert as_olive.put(f"/events/{over.pk}/", body)["title"] == "Jazz"

    def test_past_event_is_not_deleted(self, as_olive: Api, over: Event) -> None:
        assert refusal(as_olive.delete(f"/events/{over.pk}/", expect=409)) == ENDED
        assert as_olive.get(f"/events/{over.pk}/")["status"] == "published"

    def test_suggested_next_step_works(self, as_olive: Api, over: Event) -> None:
        copied = as_olive.post(f"/events/{over.pk}/copy/", {"start_time": LATER.isoformat()})
        assert copied["status"] == "draft"

    def test_running_event_can_be_cancelled_moved_and_deleted(
        self, as_olive: Api, olive: User
    ) -> None:
        for index in range(3):
            event = EventFactory.create(created_by=olive)
            begin(event)
            path = f"/events/{event.pk}/"
            if index == 0:
                as_olive.patch(path, {"status": "cancelled"})
            elif index == 1:
                as_olive.patch(path, {"start_time": LATER.isoformat()})
            else:
                as_olive.delete(path)

    def test_past_draft_can_be_changed(self, as_olive: Api, olive: User) -> None:
        draft = EventFactory.create(created_by=olive, status="draft")
        end(draft)
        as_olive.patch(f"/events/{draft.pk}/", {"start_time": LATER.isoformat()})
        end(draft)
        as_olive.delete(f"/events/{draft.pk}/")

    def test_past_cancelled_event_is_fixed(self, as_olive: Api, event: Event) -> None:
        path = f"/events/{event.pk}/"
        as_olive.patch(path, {"status": "cancelled"})
        end(event)
        for body in ({"status": "published"}, {"start_time": LATER.isoformat()}):
            assert refusal(as_olive.patch(path, body, expect=409)) == ENDED
        assert refusal(as_olive.delete(path, expect=409)) == ENDED

    def test_postponed_event_is_not_over(self, over: Event) -> None:
        """The provider names the new date after the old one."""
        Event.objects.filter(pk=over.pk).update(external_status=Event.POSTPONED)
        times = {"start_time": LATER, "end_time": LATER + timedelta(hours=2)}
        assert update_event(event_id=over.pk, changes=times).start_time == LATER

    def test_event_is_over_at_its_exact_end(self, event: Event) -> None:
        with time_machine.travel(event.end_time - timedelta(seconds=1), tick=False):
            update_event(event_id=event.pk, changes={"max_attendees": 3})
        with time_machine.travel(event.end_time, tick=False), pytest.raises(EventEnded):
            update_event(event_id=event.pk, changes={"max_attendees": 4})


@pytest.fixture
def series(olive: User) -> tuple[Series, list[Event]]:
    """Three weekly dates, of which the first is over."""
    series, dates = series_with(olive, None, None, None)
    end(dates[0])
    return series, dates


Dates = tuple[Series, list[Event]]


class TestSeries:
    def test_past_date_is_fixed(self, as_olive: Api, series: Dates) -> None:
        path = f"/events/{series[1][0].pk}/"
        for body in ({"status": "cancelled"}, {"start_time": LATER.isoformat()}):
            assert refusal(as_olive.patch(path, body, expect=409)) == ENDED
        assert refusal(as_olive.delete(path, expect=409)) == ENDED
        series[0].refresh_from_db()
        assert series[0].exdates == []

    @pytest.mark.parametrize("scope", ["following", "all"])
    def test_cancelling_a_series_keeps_past_dates(
        self, as_olive: Api, series: Dates, scope: str
    ) -> None:
        dates = series[1]
        as_olive.patch(f"/events/{dates[0].pk}/?scope={scope}", {"status": "cancelled"})
        assert statuses(dates) == ["published", "cancelled", "cancelled"]

    @pytest.mark.parametrize("scope", ["following", "all"])
    def test_deleting_a_series_keeps_past_dates(
        self, as_olive: Api, series: Dates, scope: str
    ) -> None:
        dates = series[1]
        as_olive.delete(f"/events/{dates[0].pk}/?scope={scope}")
        alive = Event.objects.alive().filter(pk__in=[date.pk for date in dates])
        assert [date.pk for date in alive] == [dates[0].pk]

    @pytest.mark.parametrize("scope", ["following", "all"])
    def test_scope_without_a_future_date_is_refused(
        self, as_olive: Api, series: Dates, scope: str
    ) -> None:
        for date in series[1]:
            end(date)
        path = f"/events/{series[1][2].pk}/?scope={scope}"
        assert refusal(as_olive.patch(path, {"status": "cancelled"}, expect=409)) == ENDED
        assert refusal(as_olive.delete(path, expect=409)) == ENDED
        series[0].refresh_from_db()
        assert (series[0].status, series[0].deleted_at) == ("published", None)

    def test_series_that_is_over_is_not_cancelled(self, series: Dates) -> None:
        for date in series[1]:
            end(date)
        with pytest.raises(SeriesOver):
            cancel_series(series_id=series[0].pk)

    def test_past_event_cannot_become_a_series(self, as_olive: Api, over: Event) -> None:
        body = {"recurrence_pattern": "weekly", "start_time": over.start_time.isoformat()}
        problem = as_olive.patch(f"/events/{over.pk}/", body, expect=409)
        assert refusal(problem) == ENDED


def statuses(dates: list[Event]) -> list[str]:
    rows = Event.objects.filter(pk__in=[date.pk for date in dates]).order_by("series_day")
    return list(rows.values_list("status", flat=True))


class TestAdmin:
    def test_form_with_a_new_time_saves_nothing(self, admin_page: Any, over: Event) -> None:
        body = form(over, title="Jazz", start_time=LATER, end_time=LATER + timedelta(hours=1))
        assert "This event is over." in admin_page(change_page(over), body)
        assert Event.objects.get(pk=over.pk).title == over.title

    def test_form_saves_texts(self, admin_page: Any, over: Event) -> None:
        Event.objects.filter(pk=over.pk).update(
            start_time=over.start_time.replace(microsecond=0),
            end_time=over.end_time.replace(microsecond=0),
        )
        admin_page(change_page(over), form(over, title="Jazz", max_attendees="2"))
        assert Event.objects.get(pk=over.pk).title == "Jazz"

    @pytest.mark.parametrize("action", ["cancel", "delete_softly"])
    def test_action_names_the_refused_events(
        self, admin_page: Any, over: Event, action: str
    ) -> None:
        other = EventFactory.create(title="Still to come")
        chosen = {"action": action, "_selected_action": [over.pk, other.pk]}
        page = admin_page("/events/event/?when=all", chosen)
        assert f"{over.title}: This event is over." in page
        assert "1 cancelled." in page or "1 deleted." in page
        over.refresh_from_db()
        assert (over.status, over.deleted_at) == ("published", None)


def test_erasure_leaves_history_without_an_organizer(olive: User, over: Event) -> None:
    _, dates = series_with(olive, None, None)
    for date in dates:
        end(date)
    erase(user_id=olive.pk)
    over.refresh_from_db()
    assert (over.status, over.created_by) == ("published", None)
    assert statuses(dates) == ["published", "published"]
    assert fan_out() == 0
