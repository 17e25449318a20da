"""Quotas on new events in 24 hours, and on open events."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from events.models import Event, Series
from events.series import rules as series_rules
from events.series.extension import extend_all_series
from events.series.scopes import create
from tests.client import Api, refusal
from tests.factories import EventFactory, UserFactory, begin, event_body

pytestmark = pytest.mark.both

DATES = 20
OPEN = 30
SERIES = event_body(recurrence_pattern=f"FREQ=DAILY;COUNT={DATES}")


@pytest.fixture(autouse=True)
def _quotas(settings: Settings) -> None:
    settings.RATE_LIMITS = True
    settings.EVENT_DATES_PER_DAY = DATES
    settings.OPEN_EVENTS_PER_ORGANIZER = OPEN


@pytest.fixture
def used_up(settings: Settings, as_olive: Api) -> Event:
    """A single event of Olive, who has used up the dates of the day."""
    event = as_olive.post("/events/", event_body())
    as_olive.post("/events/", event_body(recurrence_pattern=f"FREQ=DAILY;COUNT={DATES - 1}"))
    return Event.objects.get(pk=event["id"])


class TestDatesOfADay:
    def test_series_counts_each_of_its_dates(self, as_olive: Api) -> None:
        """One person created 10,980 events in 6 s: 30 requests for series of 366 dates."""
        as_olive.post("/events/", SERIES)
        for _ in range(30):
            assert refusal(as_olive.post("/events/", SERIES, expect=429)) == ("throttled",)
        assert Event.objects.count() == DATES

    def test_refusal_has_retry_after(self, as_olive: Api, used_up: Event) -> None:
        response = as_olive.client.post("/api/events/", event_body())
        assert response.status_code == 429
        assert 86_000 < int(response.headers["Retry-After"]) <= 86_400
        assert "20 event dates in 24 hours" in response.json()["detail"]

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("post", "/events/", event_body()),
            ("post", "/events/", event_body(status="draft")),
            ("post", "/events/", event_body(recurrence_pattern="FREQ=DAILY;COUNT=2")),
            ("post", "/events/{event}/copy/", {}),
            ("post", "/events/{event}/copy/", {"recurrence_pattern": "FREQ=DAILY;COUNT=2"}),
            ("patch", "/events/{event}/", {"recurrence_pattern": "FREQ=DAILY;COUNT=2"}),
            ("patch", "/events/{date}/?scope=all", {"recurrence_pattern": "FREQ=DAILY;COUNT=25"}),
            ("patch", "/events/{date}/?scope=following", {"recurrence_pattern": "daily"}),
            ("put", "/series/{series}/", {"recurrence_pattern": "FREQ=DAILY;COUNT=25"}),
        ],
        ids=[
            "event", "draft", "series", "copy", "copy as series", "repeat", "all dates",
            "following dates", "series rule",
        ],
    )  # fmt: skip
    def test_every_way_to_create_dates_counts(
        self, as_olive: Api, used_up: Event, settings: Settings, method: str, path: str, body: Any
    ) -> None:
        settings.EVENT_DATES_PER_DAY = 500  # the rule fits in a day, but the day is used up
        settings.OPEN_EVENTS_PER_ORGANIZER = 5000
        series = Series.objects.get()
        first = series.occurrences.order_by("pk")[0]
        assert used_up.created_by
        for dates in (240, 240):
            create(organizer=used_up.created_by, details=details(f"FREQ=DAILY;COUNT={dates}"))
        before = Event.objects.count()
        where = path.format(event=used_up.pk, date=first.pk, series=series.pk)
        assert refusal(as_olive._call(method, where, body, 429)) == ("throttled",)
        assert Event.objects.count() == before

    def test_refused_series_does_not_count(self, as_olive: Api) -> None:
        as_olive.post("/events/", event_body())
        as_olive.post("/events/", SERIES, expect=429)
        as_olive.post("/events/", event_body(recurrence_pattern=f"FREQ=DAILY;COUNT={DATES - 1}"))

    def test_invalid_event_does_not_count(self, as_olive: Api) -> None:
        for _ in range(DATES):
            as_olive.post("/events/", event_body(start_time="2020-01-01T00:00:00Z"), expect=400)
        as_olive.post("/events/", SERIES)

    def test_rule_over_the_daily_quota_is_invalid(self, as_olive: Api) -> None:
        problem = as_olive.post("/events/", event_body(recurrence_pattern="daily"), expect=400)
        assert refusal(problem) == (("recurrence_pattern", "too_many_occurrences"),)

    def test_edits_and_publishing_do_not_count(self, as_olive: Api, settings: Settings) -> None:
        draft = as_olive.post("/events/", SERIES | {"status": "draft"})
        settings.OPEN_EVENTS_PER_ORGANIZER = DATES
        as_olive.patch(f"/events/{draft['id']}/?scope=all", {"title": "Blues"})
        as_olive.patch(f"/series/{draft['series']}/", {"status": "published"})
        as_olive.delete(f"/events/{draft['id']}/")

    def test_each_organizer_has_a_quota(self, used_up: Event) -> None:
        EventFactory.create()

    def test_admins_are_not_counted(self, alma: User) -> None:
        User.objects.filter(pk=alma.pk).update(is_organizer=True)
        as_alma = Api(alma)
        for _ in range(2):
            as_alma.post("/events/", SERIES)

    def test_staff_who_may_add_events_are_not_counted(self, olive: User) -> None:
        User.objects.filter(pk=olive.pk).update(is_staff=True)
        olive.user_permissions.add(Permission.objects.get(codename="add_event"))
        as_olive = Api(User.objects.get(pk=olive.pk))
        for _ in range(2):
            as_olive.post("/events/", SERIES)

    def test_quotas_are_off_without_rate_limits(self, as_olive: Api, settings: Settings) -> None:
        settings.RATE_LIMITS = False
        for _ in range(2):
            as_olive.post("/events/", SERIES)


def details(rule: str, *, days: int = 7) -> dict[str, Any]:
    start = timezone.now() + timedelta(days=days)
    return {
        "title": "Jazz",
        "location": "Town hall",
        "start_time": start,
        "end_time": start + timedelta(hours=2),
        "recurrence_pattern": rule,
    }


class TestOpenEvents:
    @pytest.fixture(autouse=True)
    def _many_a_day(self, settings: Settings) -> None:
        settings.EVENT_DATES_PER_DAY = 1000

    @pytest.fixture
    def full(self, as_olive: Api) -> Any:
        """A date of a series with which Olive has as many events as she can have."""
        return as_olive.post("/events/", event_body(recurrence_pattern=f"FREQ=DAILY;COUNT={OPEN}"))

    def test_refusal_has_a_next_step(self, as_olive: Api, full: Any) -> None:
        problem = as_olive.post("/events/", event_body(), expect=409)
        assert refusal(problem) == ("too_many_open_events", "cancel_an_event")
        as_olive.post(f"/events/{full['id']}/copy/", {}, expect=409)

    @pytest.mark.parametrize("way", ["cancel", "delete", "start"])
    def test_closed_event_frees_the_quota(self, as_olive: Api, full: Any, way: str) -> None:
        path = f"/events/{full['id']}/"
        if way == "cancel":
            as_olive.patch(path, {"status": "cancelled"})
        elif way == "delete":
            as_olive.delete(path)
        else:
            begin(Event.objects.get(pk=full["id"]))
        as_olive.post("/events/", event_body())
        as_olive.post("/events/", event_body(), expect=409)

    def test_drafts_count_as_open(self, as_olive: Api) -> None:
        body = event_body(recurrence_pattern=f"FREQ=DAILY;COUNT={OPEN}", status="draft")
        as_olive.post("/events/", body)
        as_olive.post("/events/", event_body(), expect=409)


class TestHorizon:
    @pytest.fixture
    def series(self, olive: User, monkeypatch: pytest.MonkeyPatch) -> Series:
        """A daily series of eleven dates, whose horizon then moves by five days."""
        monkeypatch.setattr(series_rules, "WRITTEN_AHEAD", timedelta(days=10))
        create(organizer=olive, details=details("daily", days=1))
        monkeypatch.setattr(series_rules, "WRITTEN_AHEAD", timedelta(days=15))
        return Series.objects.get()

    def test_horizon_ignores_the_daily_quota(self, series: Series, settings: Settings) -> None:
        settings.EVENT_DATES_PER_DAY = 1
        assert extend_all_series() == 5

    def test_horizon_waits_for_the_quota_of_open_events(
        self, series: Series, settings: Settings
    ) -> None:
        settings.OPEN_EVENTS_PER_ORGANIZER = 15
        assert extend_all_series() == 0
        settings.OPEN_EVENTS_PER_ORGANIZER = 16
        assert extend_all_series() == 5

    def test_full_quota_does_not_delay_other_organizers(
        self, series: Series, settings: Settings
    ) -> None:
        assert series.next_day
        settings.OPEN_EVENTS_PER_ORGANIZER = 15
        copy = Series.objects.get()
        copy.pk, copy.created_by = None, UserFactory.create(is_organizer=True)
        copy.next_day = series.next_day + timedelta(days=1)  # so it comes second
        days = (series.first_day + timedelta(days=number) for number in range(11))
        copy.exdates = [day.isoformat() for day in days]
        copy.save(force_insert=True)
        assert extend_all_series() == copy.occurrences.count() == 5

    def test_text_can_be_edited_with_a_full_quota(
        self, series: Series, settings: Settings, as_olive: Api
    ) -> None:
        settings.OPEN_EVENTS_PER_ORGANIZER = 11
        as_olive.patch(f"/series/{series.pk}/", {"title": "Blues"})
        assert series.occurrences.count() == 11
        settings.OPEN_EVENTS_PER_ORGANIZER = 16
        assert extend_all_series() == 5
