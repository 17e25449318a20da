"""Admin pages of series."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event, Series
from tests.factories import EventFactory, TagFactory

Page = Callable[..., str]


def series_of(dates: int, **more: Any) -> Series:
    first = EventFactory.create(recurrence_pattern=f"FREQ=DAILY;COUNT={dates}", **more)
    assert first.series
    return first.series


def act(page: Page, action: str, *series: Series) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in series]}
    return page("/events/series/", chosen)


@pytest.mark.django_db
class TestPages:
    def test_page_shows_the_rule_and_the_dates(self, admin_page: Page) -> None:
        series = series_of(3, title="Choir", max_attendees=7)
        page = admin_page(f"/events/series/{series.pk}/change/")
        assert "FREQ=DAILY;COUNT=3" in page
        assert page.count("0 of 7") == 3

    def test_dates_lead_to_their_pages(self, admin_page: Page) -> None:
        series = series_of(3)
        page = admin_page(f"/events/series/{series.pk}/change/")
        links = re.findall(r'href="/admin/events/event/(\d+)/change/"', page)
        assert links == [str(date.pk) for date in series.occurrences.order_by("start_time")]

    def test_event_names_its_series(self, admin_page: Page) -> None:
        series = series_of(1)
        event = series.occurrences.get()
        page = admin_page(f"/events/event/{event.pk}/change/")
        assert f"/admin/events/series/{series.pk}/change/" in page

    @pytest.mark.parametrize("path", ["/events/series/", "/events/event/", "page"])
    def test_costs_the_same_for_one_and_three(self, admin_page: Page, path: str) -> None:
        series = series_of(1, tags=[TagFactory.create()])
        path = f"/events/series/{series.pk}/change/" if path == "page" else path
        costs = []
        for dates in (1, 3):
            series_of(dates)
            Event.objects.filter(series=series_of(dates)).update(series=series, series_day=None)
            admin_page(path)  # the first fills Django's cache of content types
            with CaptureQueriesContext(connection) as captured:
                admin_page(path)
            costs.append(len(captured))
        assert costs[0] == costs[1]


@pytest.mark.django_db
class TestActions:
    def statuses(self, series: Series) -> set[str]:
        series.refresh_from_db()
        return {series.status, *series.occurrences.values_list("status", flat=True)}

    def test_publish_publishes_all_dates(self, admin_page: Page) -> None:
        series = series_of(3, status=Event.Status.DRAFT)
        assert "1 published." in act(admin_page, "publish", series)
        assert self.statuses(series) == {"published"}

    def test_cancel_cancels_all_dates(self, admin_page: Page) -> None:
        series = series_of(3)
        assert "1 cancelled." in act(admin_page, "cancel", series)
        assert self.statuses(series) == {"cancelled"}

    def test_cancel_of_a_draft_is_refused(self, admin_page: Page) -> None:
        series = series_of(3, title="Choir", status=Event.Status.DRAFT)
        assert "be cancelled. Delete the draft instead." in act(admin_page, "cancel", series)
        assert self.statuses(series) == {"draft"}

    def test_delete_keeps_the_rows(self, admin_page: Page) -> None:
        series = series_of(3)
        assert "1 deleted." in act(admin_page, "delete_softly", series)
        assert Event.objects.filter(series=series).exclude(deleted_at=None).count() == 3

    def test_deleted_date_is_not_created_again(self, admin_page: Page) -> None:
        series = series_of(3)
        event = series.occurrences.order_by("series_day")[1]
        chosen = {"action": "delete_softly", "_selected_action": [event.pk]}
        admin_page("/events/event/", chosen)
        series.refresh_from_db()
        assert series.exdates == [str(event.series_day)]
