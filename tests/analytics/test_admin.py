"""Dashboards in the admin: who sees which numbers, and that they are those of the API."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from analytics.admin.attendance import by_quarter
from analytics.admin.figures import percent, stars
from core.validators import zone_or_utc
from events.models import Event, Helper
from events.services.events import delete_event, publish_event
from reviews.services import hide_review
from rsvp.check_in import Scan, check_in, undo_check_in
from rsvp.services import join_event, leave_event
from tests.client import Api
from tests.factories import EventFactory, UserFactory, begin, end, fill
from tests.reviews.past import came, review
from tests.rsvp.door import move_start

pytestmark = pytest.mark.embedded  # what the pages show is tested on every database

Show = Callable[..., Any]
NUMBERS = "/analytics/events/{}/"
ATTENDANCE = "/analytics/events/{}/attendance/"
NOW = "/analytics/events/{}/attendance.json"


@pytest.fixture
def olive(olive: User) -> User:
    """Staff without any permission on models."""
    return _staff(olive)


@pytest.fixture
def helen(event: Event) -> User:
    """Helps at Olive's event; staff without any permission on models."""
    helen = _staff(UserFactory.create(username="helen"))
    Helper.objects.create(event=event, user=helen)
    return helen


@pytest.fixture
def foreign(db: None) -> Event:
    return EventFactory.create(title="Somebody else's", max_attendees=5)


def _staff(user: User) -> User:
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def show(client: Client) -> Show:
    """What an admin page answers to a person."""

    def show(user: User | None, path: str = "/", expect: int = 200, **query: Any) -> Any:
        if user:
            client.force_login(user)
        response = client.get(f"/admin{path}", query)
        assert response.status_code == expect, response.content
        return response

    return show


def figures(response: Any) -> dict[str, str]:
    """The numbers on the cards, by name."""
    cards = re.findall(r'data-figure="(\w+)">.*?<dd>(.*?)</dd>', response.content.decode(), re.S)
    return {name: unescape(value) for name, value in cards}


def notes(response: Any) -> dict[str, str]:
    """What stands below the numbers on the cards, by name."""
    card = r'data-figure="(\w+)">.*?<dd>.*?</dd>\s*<dd>(.*?)</dd>'
    return dict(re.findall(card, response.content.decode(), re.S))


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def party(event: Event, ada: User) -> Event:
    """Of two seats Ada has one and has arrived, Peter has the other, and one person waits."""
    peter = UserFactory.create(username="peter")
    for person in (ada, peter, UserFactory.create()):
        join_event(event_id=event.pk, attendee=person)
    begin(event)
    check_in(event_id=event.pk, scan=Scan(user_id=ada.pk), by=ada)
    return event


class TestDashboard:
    def test_numbers_are_those_of_the_overview(
        self, show: Show, olive: User, as_olive: Api, party: Event, ada: User
    ) -> None:
        end(party)
        review(party, ada, 4)
        told = as_olive.get("/analytics/overview/")
        assert figures(show(olive)) == {
            "events": str(told["events"]),
            "going": str(told["totals"]["going"]),
            "fill": percent(told["fill_rate"]),
            "waiting": str(told["totals"]["waitlisted"]),
            "show_up": percent(told["show_up_rate"]),
            "rating": stars(told["ratings"]["average"]),
            "cancelled": percent(told["cancellation_rate"]),
            "returning": percent(told["returning"]["rate"]),
        }
        assert figures(show(olive)) == {
            "events": "1", "going": "2", "fill": "100%", "waiting": "1", "show_up": "50%",
            "rating": "4 ★", "cancelled": "0%", "returning": "0%",
        }  # fmt: skip

    def test_who_arrives_where_it_goes_on_has_not_shown_up_yet(
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
    def test_staff_who_may_view_events_sees_all(
        self, show: Show, sam: User, event: Event, foreign: Event, permission: str
    ) -> None:
        _staff(sam).user_permissions.add(Permission.objects.get(codename=permission))
        assert figures(show(User.objects.get(pk=sam.pk)))["events"] == "2"

    def test_staff_without_events_is_told_so(self, show: Show, sam: User, event: Event) -> None:
        page = text(show(_staff(sam)))
        assert "Numbers of events that you organize or help at appear here." in page
        assert "data-figure" not in page

    def test_organizer_without_events_is_told_what_comes(self, show: Show, olive: User) -> None:
        assert "Once you have published an event" in text(show(olive))

    def test_helper_finds_the_way_to_the_door_and_no_numbers(
        self, show: Show, helen: User, event: Event
    ) -> None:
        page = text(show(helen))
        assert f'href="/admin{ATTENDANCE.format(event.pk)}"' in page
        assert f'href="/admin{NUMBERS.format(event.pk)}"' not in page
        assert "data-figure" not in page

    @pytest.mark.parametrize(("away", "told"), [(-5, "On now, "), (90, ", "), (150, "")])
    def test_arrivals_are_told_while_the_door_is_open(
        self, show: Show, olive: User, event: Event, away: int, told: str
    ) -> None:
        move_start(event, minutes=away)
        assert (f"{told}0 arrived" in show(olive).content.decode()) == bool(told)

    def test_days_are_those_of_the_person(self, show: Show, olive: User, time_machine: Any) -> None:
        time_machine.move_to("2027-05-01T23:30:00Z")
        start = timezone.now() + timedelta(minutes=10)  # on 2 May in Berlin
        EventFactory.create(created_by=olive, start_time=start)
        asked = {"date_from": "2027-05-02", "date_to": "2027-05-02"}
        assert figures(show(olive, **asked))["events"] == "0"
        User.objects.update(timezone="Europe/Berlin")
        assert figures(show(olive, **asked))["events"] == "1"

    def test_answers_say_of_which_days_they_are(
        self, show: Show, olive: User, time_machine: Any
    ) -> None:
        """Of all days they are the last thirty."""
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
    def test_days_that_are_none_are_told_and_left_aside(
        self, show: Show, olive: User, event: Event, days: dict[str, str]
    ) -> None:
        page = show(olive, **days)
        assert "Choose a first and a last day, in this order." in text(page)
        assert figures(page)["events"] == "1"

    @pytest.mark.parametrize("days", ["", "8", "-1", "x", "7;--", "٧"])
    def test_other_numbers_of_days_are_all_days(
        self, show: Show, olive: User, event: Event, days: str
    ) -> None:
        assert figures(show(olive, days=days))["events"] == "1"

    def test_titles_are_text(self, show: Show, olive: User) -> None:
        EventFactory.create(created_by=olive, title="<img src=x onerror=alert(1)>")
        page = text(show(olive))
        assert "<img" not in page
        assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 2  # next, and how full

    def test_sidebar_has_every_app(self, show: Show, alma: User) -> None:
        page = text(show(alma))
        for name in ("accounts/user", "events/event", "rsvp/rsvp", "external_events/import"):
            assert f'href="/admin/{name}/"' in page

    def test_sidebar_of_an_organizer_has_the_dashboard_alone(self, show: Show, olive: User) -> None:
        page = text(show(olive))
        assert 'href="/admin/"' in page and 'href="/admin/events/event/"' not in page


class TestNumbers:
    def test_event_says_why_nobody_has_shown_up(
        self, show: Show, olive: User, event: Event
    ) -> None:
        page = NUMBERS.format(event.pk)
        assert notes(show(olive, page))["show_up"] == "known once it is over"
        end(event)
        assert notes(show(olive, page))["show_up"] == "nobody was checked in"

    def test_numbers_are_those_of_the_api(
        self, show: Show, olive: User, as_olive: Api, party: Event
    ) -> None:
        end(party)
        told = as_olive.get(f"/events/{party.pk}/analytics/")
        assert figures(show(olive, NUMBERS.format(party.pk))) == {
            "going": str(told["totals"]["going"]),
            "fill": percent(told["fill_rate"]),
            "waiting": str(told["totals"]["waitlisted"]),
            "arrived": str(told["totals"]["arrived"]),
            "show_up": percent(told["show_up_rate"]),
            "rating": stars(told["ratings"]["average"]),
            "cancelled": percent(told["cancellation_rate"]),
            "returning": percent(told["returning"]["rate"]),
        }

    def test_answers_are_those_before_the_end(
        self, show: Show, olive: User, event: Event, time_machine: Any
    ) -> None:
        """Of an event that is long over, too."""
        fill(event, 2)
        time_machine.move_to(event.end_time + timedelta(days=300))
        assert "No RSVPs in these days." not in text(show(olive, NUMBERS.format(event.pk)))

    def test_reviews_are_text_and_hidden_ones_are_left_out(
        self, show: Show, olive: User, party: Event, ada: User
    ) -> None:
        peter = User.objects.get(username="peter")
        came(party, peter)
        end(party)
        said = "<script>alert(1)</script>"
        review(party, ada, 2, said)
        hide_review(review_id=review(party, peter, 1, "Awful!").pk, by=olive, reason="Rude.")
        page = text(show(olive, NUMBERS.format(party.pk)))
        assert said not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "★★☆☆☆" in page and "Awful!" not in page

    def test_owner_takes_the_attendees_away(self, show: Show, olive: User, event: Event) -> None:
        page = text(show(olive, NUMBERS.format(event.pk)))
        link = re.search(r'href="/admin(/[^"]+\.csv)"', page)
        assert link and show(olive, link[1])["Content-Type"] == "text/csv; charset=utf-8"

    def test_who_may_not_take_the_attendees_away_finds_no_link(
        self, show: Show, sam: User, event: Event
    ) -> None:
        _staff(sam).user_permissions.add(Permission.objects.get(codename="view_event"))
        page = text(show(User.objects.get(pk=sam.pk), NUMBERS.format(event.pk)))
        assert ".csv" not in page

    def test_event_page_leads_there(self, show: Show, alma: User, event: Event) -> None:
        page = text(show(alma, f"/events/event/{event.pk}/change/"))
        for path in (NUMBERS, ATTENDANCE):
            assert f'href="/admin{path.format(event.pk)}"' in page

    def test_page_of_a_draft_leads_nowhere(self, show: Show, alma: User) -> None:
        draft = EventFactory.create(status="draft")
        assert "/admin/analytics/" not in text(show(alma, f"/events/event/{draft.pk}/change/"))


class TestAttendance:
    def test_numbers_of_the_day(self, show: Show, olive: User, party: Event) -> None:
        now = show(olive, NOW.format(party.pk)).json()
        assert [(each["who"], each["people"]) for each in now["latest"]] == [("ada", "+1")]
        assert [each["people"] for each in now["arrivals"]] == ["1"]
        assert {name: now[name] for name in now.keys() - {"latest", "arrivals", "clock"}} == {
            "arrived": "1", "going": "2", "missing": "1", "seats": "2", "free": "0",
            "waiting": "1", "percent": "50%", "width": "50.0",
        }  # fmt: skip

    def test_check_in_taken_back_is_told(
        self, show: Show, olive: User, party: Event, ada: User
    ) -> None:
        undo_check_in(event_id=party.pk, scan=Scan(user_id=ada.pk), by=olive)
        now = show(olive, NOW.format(party.pk)).json()
        assert [each["people"] for each in now["latest"]] == ["−1 undone", "+1"]
        assert (now["arrived"], now["percent"], now["arrivals"]) == ("0", "0%", [])

    def test_page_shows_what_the_json_tells(self, show: Show, olive: User, party: Event) -> None:
        """So it can be read, and reloaded, without JavaScript."""
        page = text(show(olive, ATTENDANCE.format(party.pk)))
        now = show(olive, NOW.format(party.pk)).json()
        told = dict(re.findall(r'data-live="(\w+)">(.*?)<', page))
        assert told.keys() - now.keys() == set()
        assert {name: now[name] for name in told if name != "clock"} == {
            name: value for name, value in told.items() if name != "clock"
        }
        assert '<noscript><meta http-equiv="refresh"' in page

    def test_nobody_has_answered(self, show: Show, olive: User, event: Event) -> None:
        now = show(olive, NOW.format(event.pk)).json()
        assert (now["arrived"], now["percent"], now["latest"]) == ("0", "–", [])

    def test_page_says_when_people_are_let_in(
        self, show: Show, olive: User, time_machine: Any
    ) -> None:
        time_machine.move_to("2027-05-01T12:00:00Z")
        start = timezone.now() + timedelta(days=1)
        event = EventFactory.create(created_by=olive, start_time=start, timezone="Europe/Berlin")
        page = text(show(olive, ATTENDANCE.format(event.pk)))
        assert "check-in Sun 2 May 2027, 12:00 – 16:00 Europe/Berlin" in page

    def test_answer_is_kept_by_nobody(self, show: Show, olive: User, event: Event) -> None:
        assert "no-store" in show(olive, NOW.format(event.pk))["Cache-Control"]

    def test_quarters_without_arrivals_are_there(self) -> None:
        at = timezone.now().replace(hour=18, minute=0, second=0, microsecond=0)
        rows = [{"at": at, "people": 3}, {"at": at + timedelta(minutes=45), "people": 1}]
        shown = [("18:00", 3), ("18:15", 0), ("18:30", 0), ("18:45", 1)]
        assert by_quarter(rows, zone_or_utc("UTC")) == shown

    def test_quarters_of_several_days_name_them(self) -> None:
        at = timezone.now().replace(year=2027, month=5, day=1, hour=18, minute=0)
        rows = [{"at": at, "people": 3}, {"at": at + timedelta(days=9), "people": 1}]
        assert by_quarter(rows, zone_or_utc("UTC")) == [("Sat 18:00", 3), ("Mon 18:00", 1)]


EVERY = [NUMBERS, ATTENDANCE, NOW]
AT_THE_DOOR = [ATTENDANCE, NOW]


class TestPermissions:
    @pytest.mark.parametrize("path", EVERY)
    def test_owner_sees_their_event(self, show: Show, olive: User, event: Event, path: str) -> None:
        show(olive, path.format(event.pk))

    @pytest.mark.parametrize("path", EVERY)
    def test_foreign_event_is_not_there(
        self, show: Show, olive: User, foreign: Event, path: str
    ) -> None:
        show(olive, path.format(foreign.pk), expect=404)

    @pytest.mark.parametrize("path", EVERY)
    def test_admin_sees_every_event(
        self, show: Show, alma: User, foreign: Event, path: str
    ) -> None:
        show(alma, path.format(foreign.pk))

    @pytest.mark.parametrize("path", EVERY)
    def test_helper_sees_attendance_alone(
        self, show: Show, helen: User, event: Event, path: str
    ) -> None:
        show(helen, path.format(event.pk), expect=200 if path in AT_THE_DOOR else 404)

    @pytest.mark.parametrize("path", AT_THE_DOOR)
    def test_helper_sees_no_other_event(
        self, show: Show, helen: User, foreign: Event, path: str
    ) -> None:
        show(helen, path.format(foreign.pk), expect=404)

    @pytest.mark.parametrize("path", EVERY)
    def test_staff_who_has_nothing_to_do_with_it_sees_nothing(
        self, show: Show, sam: User, event: Event, path: str
    ) -> None:
        show(_staff(sam), path.format(event.pk), expect=404)

    @pytest.mark.parametrize("path", ["/", *EVERY])
    def test_attendee_is_sent_to_the_login(
        self, show: Show, ada: User, event: Event, path: str
    ) -> None:
        path = path.format(event.pk)
        answer = show(ada, path, expect=302)
        assert answer["Location"] == f"/admin/login/?next=/admin{path}"

    @pytest.mark.parametrize("path", ["/", *EVERY])
    def test_nobody_is_sent_to_the_login(self, show: Show, event: Event, path: str) -> None:
        answer = show(None, path.format(event.pk), expect=302)
        assert answer["Location"].startswith("/admin/login/")

    @pytest.mark.parametrize("path", EVERY)
    def test_draft_is_not_there_until_it_is_published(
        self, show: Show, olive: User, path: str
    ) -> None:
        draft = EventFactory.create(created_by=olive, status="draft")
        show(olive, path.format(draft.pk), expect=404)
        publish_event(event_id=draft.pk)
        show(olive, path.format(draft.pk))

    @pytest.mark.parametrize("path", EVERY)
    def test_deleted_event_is_not_there(
        self, show: Show, alma: User, event: Event, path: str
    ) -> None:
        delete_event(event_id=event.pk)
        show(alma, path.format(event.pk), expect=404)

    @pytest.mark.parametrize("path", EVERY)
    def test_pages_are_only_read(
        self, show: Show, alma: User, client: Client, event: Event, path: str
    ) -> None:
        client.force_login(alma)
        assert client.post(f"/admin{path.format(event.pk)}").status_code == 405

    def test_helper_who_was_let_go_sees_nothing(
        self, show: Show, helen: User, event: Event
    ) -> None:
        show(helen, NOW.format(event.pk))
        Helper.objects.all().delete()
        show(helen, NOW.format(event.pk), expect=404)


class TestQueries:
    """As many for three as for one: of events, answers, arrivals and reviews.

    One of them looks whether the session of the admin goes on.
    """

    @pytest.fixture(params=[1, 3], ids=["1 item", "3 items"])
    def events(self, request: pytest.FixtureRequest, olive: User) -> list[Event]:
        number: int = request.param
        events = EventFactory.create_batch(number, created_by=olive, max_attendees=number)
        for event in events:
            *there, gone = fill(event, number + 1)
            begin(event)
            leave_event(event_id=event.pk, attendee=gone)
            for person in there:
                check_in(event_id=event.pk, scan=Scan(user_id=person.pk), by=olive)
            end(event)
            for person in there:
                review(event, person)
        EventFactory.create_batch(number, created_by=olive)
        return events

    @pytest.mark.parametrize(
        ("path", "expected"), [("/", 21), (NUMBERS, 16), (ATTENDANCE, 9), (NOW, 8)]
    )
    def test_number_of_queries(
        self, client: Client, olive: User, events: list[Event], path: str, expected: int
    ) -> None:
        client.force_login(olive)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/admin{path.format(events[0].pk)}")
        assert len(captured) == expected
