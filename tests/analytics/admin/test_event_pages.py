"""The pages of one event: its numbers, and its live attendance."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from analytics.admin.attendance import by_quarter
from analytics.admin.figures import percent, stars
from core.validators import zone_or_utc
from events.models import Event
from reviews.services import hide_review
from rsvp.check_in import Scan, undo_check_in
from tests.analytics.admin.pages import ATTENDANCE, NOW, NUMBERS, Show, figures, notes, staff, text
from tests.analytics.sales import sell
from tests.client import Api
from tests.factories import EventFactory, end, fill
from tests.reviews.past import came, review
from tests.rsvp.ticketed import buy, offer

pytestmark = pytest.mark.embedded  # the pages are tested on every database


class TestNumbers:
    def test_note_says_why_the_show_up_rate_is_unknown(
        self, show: Show, olive: User, event: Event
    ) -> None:
        page = NUMBERS.format(event.pk)
        assert notes(show(olive, page))["show_up"] == "known once it is over"
        end(event)
        assert notes(show(olive, page))["show_up"] == "nobody was checked in"

    def test_numbers_match_the_api(
        self, show: Show, olive: User, as_olive: Api, party: Event
    ) -> None:
        end(party)
        numbers = as_olive.get(f"/events/{party.pk}/analytics/")
        assert figures(show(olive, NUMBERS.format(party.pk))) == {
            "going": str(numbers["totals"]["going"]),
            "fill": percent(numbers["fill_rate"]),
            "waiting": str(numbers["totals"]["waitlisted"]),
            "arrived": str(numbers["totals"]["arrived"]),
            "show_up": percent(numbers["show_up_rate"]),
            "rating": stars(numbers["ratings"]["average"]),
            "cancelled": percent(numbers["cancellation_rate"]),
            "returning": percent(numbers["returning"]["rate"]),
        }

    def test_tickets_are_shown_by_type(
        self, show: Show, olive: User, ada: User, sam: User, party: Event
    ) -> None:
        page = NUMBERS.format(party.pk)
        assert "<h2>Tickets</h2>" not in text(show(olive, page))
        event = EventFactory.create(created_by=olive)
        vip = offer(event, 3, name="VIP")
        for person in (ada, sam):
            buy(event, person, {vip.pk: 2})
        shown = text(show(olive, NUMBERS.format(event.pk)))
        assert ("<h2>Tickets</h2>" in shown, "of 3, 2 waiting" in shown) == (True, True)

    def test_revenue_is_shown_by_currency_and_type(
        self, show: Show, olive: User, ada: User
    ) -> None:
        event = EventFactory.create(created_by=olive)
        vip = offer(event, name="VIP", price=125000, currency="EUR")
        now = timezone.now()
        sell(event, ada, [(vip, 2)], at=now, fee=5010, refunds=[(50000, now)])
        sell(event, ada, [(vip, 1)], at=now, currency="JPY")
        page = show(olive, NUMBERS.format(event.pk))
        assert {name: value for name, value in figures(page).items() if "revenue" in name} == {
            "revenue_EUR": "1,949.90 EUR",
            "revenue_JPY": "125,000 JPY",
        }
        assert notes(page)["revenue_EUR"] == "2,500.00 paid, 500.00 refunded, 50.10 fees"
        assert "no limit, 1,949.90 EUR revenue, 125,000 JPY revenue" in text(page)
        units = re.findall(
            r"<h2>Revenue</h2><span>(\S+ \w{3}) net in all; \w{3} a day, ", text(page)
        )
        assert units == ["1,949.90 EUR", "125,000 JPY"]
        assert "<td>2,500.00</td><td>-500.00</td><td>-50.10</td>" in text(page)
        dashboard = text(show(olive))
        assert "<h2>Revenue</h2><span>1,949.90 EUR net in all; EUR a day, " in dashboard
        assert ", 1,949.90 EUR, 125,000 JPY</div>" in dashboard

    def test_chart_of_rsvps_ends_with_the_event(
        self, show: Show, olive: User, event: Event, time_machine: Any
    ) -> None:
        fill(event, 2)
        time_machine.move_to(event.end_time + timedelta(days=300))
        assert "No RSVPs in these days." not in text(show(olive, NUMBERS.format(event.pk)))

    def test_reviews_are_escaped_and_hidden_ones_are_left_out(
        self, show: Show, olive: User, party: Event, ada: User
    ) -> None:
        peter = User.objects.get(username="peter")
        came(party, peter)
        end(party)
        comment = "<script>alert(1)</script>"
        review(party, ada, 2, comment)
        hide_review(review_id=review(party, peter, 1, "Awful!").pk, by=olive, reason="Rude.")
        page = text(show(olive, NUMBERS.format(party.pk)))
        assert comment not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "★★☆☆☆" in page and "Awful!" not in page

    def test_owner_exports_the_attendees(self, show: Show, olive: User, event: Event) -> None:
        page = text(show(olive, NUMBERS.format(event.pk)))
        link = re.search(r'href="/admin(/[^"]+\.csv)"', page)
        assert link and show(olive, link[1])["Content-Type"] == "text/csv; charset=utf-8"

    def test_page_without_permission_to_export_has_no_link(
        self, show: Show, sam: User, event: Event
    ) -> None:
        staff(sam).user_permissions.add(Permission.objects.get(codename="view_event"))
        page = text(show(User.objects.get(pk=sam.pk), NUMBERS.format(event.pk)))
        assert ".csv" not in page

    def test_admin_page_of_an_event_links_to_both_pages(
        self, show: Show, alma: User, event: Event
    ) -> None:
        page = text(show(alma, f"/events/event/{event.pk}/change/"))
        for path in (NUMBERS, ATTENDANCE):
            assert f'href="/admin{path.format(event.pk)}"' in page

    def test_admin_page_of_a_draft_links_to_neither_page(self, show: Show, alma: User) -> None:
        draft = EventFactory.create(status="draft")
        assert "/admin/analytics/" not in text(show(alma, f"/events/event/{draft.pk}/change/"))


class TestAttendance:
    def test_numbers_count_arrivals(self, show: Show, olive: User, party: Event) -> None:
        now = show(olive, NOW.format(party.pk)).json()
        assert [(row["who"], row["people"]) for row in now["latest"]] == [("ada", "+1")]
        assert [row["people"] for row in now["arrivals"]] == ["1"]
        assert {name: now[name] for name in now.keys() - {"latest", "arrivals", "clock"}} == {
            "arrived": "1", "going": "2", "missing": "1", "seats": "2", "held": "0",
            "free": "0", "waiting": "1", "percent": "50%", "width": "50.0",
        }  # fmt: skip

    def test_undone_check_in_is_shown(
        self, show: Show, olive: User, party: Event, ada: User
    ) -> None:
        undo_check_in(event_id=party.pk, scan=Scan(user_id=ada.pk), by=olive)
        now = show(olive, NOW.format(party.pk)).json()
        assert [row["people"] for row in now["latest"]] == ["−1 undone", "+1"]
        assert (now["arrived"], now["percent"], now["arrivals"]) == ("0", "0%", [])

    def test_page_shows_the_values_of_the_json(self, show: Show, olive: User, party: Event) -> None:
        """The page can be read and reloaded without JavaScript."""
        page = text(show(olive, ATTENDANCE.format(party.pk)))
        now = show(olive, NOW.format(party.pk)).json()
        shown = dict(re.findall(r'data-live="(\w+)">(.*?)<', page))
        assert shown.keys() - now.keys() == set()
        assert {name: now[name] for name in shown if name != "clock"} == {
            name: value for name, value in shown.items() if name != "clock"
        }
        assert '<noscript><meta http-equiv="refresh"' in page

    def test_held_seats_are_shown(self, show: Show, alma: User, ada: User) -> None:
        event = EventFactory.create(max_attendees=5)
        assert "<dt>Held</dt>" not in text(show(alma, ATTENDANCE.format(event.pk)))
        vip = offer(event, 3, name="VIP", price=1250, currency="EUR")
        with override_settings(DEBUG=True):  # the test provider is on
            buy(event, ada, {vip.pk: 2})
        attendance = text(show(alma, ATTENDANCE.format(event.pk)))
        assert '<dt>Held</dt><dd data-live="held">2</dd>' in attendance
        numbers = text(show(alma, NUMBERS.format(event.pk)))
        assert ("0 interested, 2 held" in numbers, "of 3, 2 held" in numbers) == (True, True)
        assert "0 of 5, 2 held" in text(show(alma, f"/events/event/{event.pk}/change/"))

    def test_event_without_rsvps_has_zeros(self, show: Show, olive: User, event: Event) -> None:
        now = show(olive, NOW.format(event.pk)).json()
        assert (now["arrived"], now["percent"], now["latest"]) == ("0", "–", [])

    def test_page_shows_the_check_in_window(
        self, show: Show, olive: User, time_machine: Any
    ) -> None:
        time_machine.move_to("2027-05-01T12:00:00Z")
        start = timezone.now() + timedelta(days=1)
        event = EventFactory.create(created_by=olive, start_time=start, timezone="Europe/Berlin")
        page = text(show(olive, ATTENDANCE.format(event.pk)))
        assert "check-in Sun 2 May 2027, 12:00 – 16:00 Europe/Berlin" in page

    def test_response_is_not_cached(self, show: Show, olive: User, event: Event) -> None:
        assert "no-store" in show(olive, NOW.format(event.pk))["Cache-Control"]

    def test_quarters_without_arrivals_are_included(self) -> None:
        at = timezone.now().replace(hour=18, minute=0, second=0, microsecond=0)
        rows = [{"at": at, "people": 3}, {"at": at + timedelta(minutes=45), "people": 1}]
        shown = [("18:00", 3), ("18:15", 0), ("18:30", 0), ("18:45", 1)]
        assert by_quarter(rows, zone_or_utc("UTC")) == shown

    def test_quarters_of_several_days_show_the_weekday(self) -> None:
        at = timezone.now().replace(year=2027, month=5, day=1, hour=18, minute=0)
        rows = [{"at": at, "people": 3}, {"at": at + timedelta(days=9), "people": 1}]
        assert by_quarter(rows, zone_or_utc("UTC")) == [("Sat 18:00", 3), ("Mon 18:00", 1)]
