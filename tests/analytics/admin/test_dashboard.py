"""The first page of the admin: the numbers of the API, days and the sidebar."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import User
from analytics.admin.figures import percent, stars
from events.models import Event
from rsvp.check_in import Scan, check_in
from tests.analytics.admin.pages import ATTENDANCE, NUMBERS, Show, figures, notes, staff, text
from tests.client import Api
from tests.factories import EventFactory, begin, end, fill
from tests.reviews.past import review
from tests.rsvp.check_in_helpers import move_start

pytestmark = pytest.mark.embedded  # the pages are tested on every database


class TestDashboard:
    def test_numbers_match_the_api(
        self, show: Show, olive: User, as_olive: Api, party: Event, ada: User
    ) -> None:
        end(party)
        review(party, ada, 4)
        numbers = as_olive.get("/analytics/overview/")
        assert figures(show(olive)) == {
            "events": str(numbers["events"]),
            "going": str(numbers["totals"]["going"]),
            "fill": percent(numbers["fill_rate"]),
            "waiting": str(numbers["totals"]["waitlisted"]),
            "show_up": percent(numbers["show_up_rate"]),
            "rating": stars(numbers["ratings"]["average"]),
            "cancelled": percent(numbers["cancellation_rate"]),
            "returning": percent(numbers["returning"]["rate"]),
        }
        assert figures(show(olive)) == {
            "events": "1", "going": "2", "fill": "100%", "waiting": "1", "show_up": "50%",
            "rating": "4 ★", "cancelled": "0%", "returning": "0%",
        }  # fmt: skip

    def test_show_up_rate_is_unknown_until_the_end(
        self, show: Show, olive: User, party: Event
    ) -> None:
        assert notes(show(olive))["show_up"] == "known once it is over"
        end(party)
        assert notes(show(olive))["show_up"] == "1 did not"
        later = EventFactory.create(created_by=olive)
        [guest] = fill(later, 1)
        begin(later)
        check_in(event_id=later.pk, scan=Scan(user_id=guest.pk), by=olive)
        page = show(olive)
        assert (figures(page)["show_up"], notes(page)["show_up"]) == ("50%", "1 did not")

    def test_admin_sees_all_events(
        self, show: Show, alma: User, event: Event, foreign: Event
    ) -> None:
        page = show(alma)
        assert figures(page)["events"] == "2"
        assert "All events" in text(page)

    def test_organizer_sees_their_own_events(
        self, show: Show, olive: User, event: Event, foreign: Event
    ) -> None:
        page = show(olive)
        assert figures(page)["events"] == "1"
        assert "Your events" in text(page)
        assert foreign.title not in text(page)

    @pytest.mark.parametrize("permission", ["view_event", "change_event"])
    def test_staff_with_permission_see_all_events(
        self, show: Show, sam: User, event: Event, foreign: Event, permission: str
    ) -> None:
        staff(sam).user_permissions.add(Permission.objects.get(codename=permission))
        assert figures(show(User.objects.get(pk=sam.pk)))["events"] == "2"

    def test_staff_without_events_get_a_hint(self, show: Show, sam: User, event: Event) -> None:
        page = text(show(staff(sam)))
        assert "Numbers of events that you organize or help at appear here." in page
        assert "data-figure" not in page

    def test_organizer_without_events_gets_a_hint(self, show: Show, olive: User) -> None:
        assert "Once you have published an event" in text(show(olive))

    def test_helper_gets_a_link_to_attendance_and_no_numbers(
        self, show: Show, helen: User, event: Event
    ) -> None:
        page = text(show(helen))
        assert f'href="/admin{ATTENDANCE.format(event.pk)}"' in page
        assert f'href="/admin{NUMBERS.format(event.pk)}"' not in page
        assert "data-figure" not in page

    @pytest.mark.parametrize(("away", "shown"), [(-5, "On now, "), (90, ", "), (150, "")])
    def test_arrivals_are_shown_while_check_in_is_open(
        self, show: Show, olive: User, event: Event, away: int, shown: str
    ) -> None:
        move_start(event, minutes=away)
        assert (f"{shown}0 arrived" in text(show(olive))) == bool(shown)

    def test_days_are_in_the_zone_of_the_user(
        self, show: Show, olive: User, time_machine: Any
    ) -> None:
        time_machine.move_to("2027-05-01T23:30:00Z")
        start = timezone.now() + timedelta(minutes=10)  # on 2 May in Berlin
        EventFactory.create(created_by=olive, start_time=start)
        params = {"date_from": "2027-05-02", "date_to": "2027-05-02"}
        assert figures(show(olive, **params))["events"] == "0"
        User.objects.update(timezone="Europe/Berlin")
        assert figures(show(olive, **params))["events"] == "1"

    def test_chart_of_rsvps_names_its_days(
        self, show: Show, olive: User, time_machine: Any
    ) -> None:
        """Without chosen days, they are the last thirty."""
        time_machine.move_to("2027-05-01T12:00:00Z")
        fill(EventFactory.create(created_by=olive), 1)
        assert "<span>a day, 2 Apr 2027 – 1 May 2027</span>" in text(show(olive))
        page = text(show(olive, date_from="2020-01-01", date_to="2027-06-30"))
        assert "<span>a week, 1 May 2026 – 1 May 2027</span>" in page

    def test_last_days_end_today(self, show: Show, olive: User, event: Event) -> None:
        assert figures(show(olive, days=7))["events"] == "0"  # it is in a week
        begin(event)
        assert figures(show(olive, days=7))["events"] == "1"

    @pytest.mark.parametrize(
        "days",
        [
            {"date_from": "2027-05-02", "date_to": "2027-05-01"},
            {"date_from": "soon"},
            {"date_to": "9999-12-31"},
            {"date_from": "0001-01-01", "date_to": "2027-05-01"},
        ],
    )
    def test_invalid_days_are_reported_and_ignored(
        self, show: Show, olive: User, event: Event, days: dict[str, str]
    ) -> None:
        page = show(olive, **days)
        assert "Choose a first and a last day, in this order." in text(page)
        assert figures(page)["events"] == "1"

    @pytest.mark.parametrize("days", ["", "8", "-1", "x", "7;--", "٧"])
    def test_unknown_ranges_show_all_days(
        self, show: Show, olive: User, event: Event, days: str
    ) -> None:
        assert figures(show(olive, days=days))["events"] == "1"

    def test_titles_are_escaped(self, show: Show, olive: User) -> None:
        EventFactory.create(created_by=olive, title="<img src=x onerror=alert(1)>")
        page = text(show(olive))
        assert "<img" not in page
        assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 2  # next, and how full

    def test_sidebar_has_every_app(self, show: Show, alma: User) -> None:
        page = text(show(alma))
        for name in ("accounts/user", "events/event", "rsvp/rsvp", "external_events/import"):
            assert f'href="/admin/{name}/"' in page

    def test_sidebar_of_an_organizer_has_only_the_dashboard(self, show: Show, olive: User) -> None:
        page = text(show(olive))
        assert 'href="/admin/"' in page and 'href="/admin/events/event/"' not in page
