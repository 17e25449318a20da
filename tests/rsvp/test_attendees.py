"""The list of attendees for the owner, helpers and admins, and its file."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.services.erasure import erase
from core.csv_files import csv_file
from events.models import Event
from rsvp.check_in import Scan, admit_walk_in, undo_check_in
from rsvp.exceptions import RsvpNotFound
from rsvp.services import join_series, leave_event, leave_series, mark_interested
from tests.client import Api, refusal
from tests.factories import EventFactory, UserFactory, fill, people
from tests.rsvp.check_in_helpers import going, let_in, move_start, name_helper, open_event
from tests.rsvp.ticketed import buy, offer

pytestmark = pytest.mark.both


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive, max_attendees=20)


@pytest.fixture
def as_hugo(event: Event) -> Api:
    hugo = UserFactory.create(username="hugo")
    name_helper(event, hugo)
    return Api(hugo)


def names(api: Api, event: Event, **query: Any) -> list[str]:
    page = api.get(f"/events/{event.pk}/attendees/", **query)
    return [row["user"]["username"] for row in page["results"]]


def rows(api: Api, event: Event, **query: Any) -> list[dict[str, str]]:
    response = api.client.get(f"/api/events/{event.pk}/attendees/", {"format": "csv"} | query)
    assert response.status_code == 200, response.content
    return list(csv.DictReader(StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


class TestList:
    def test_owner_helper_and_admin_see_arrivals(
        self, as_olive: Api, as_hugo: Api, as_alma: Api, olive: User, ada: User, event: Event
    ) -> None:
        going(event, ada, guests=1)
        rsvp = let_in(event, ada, olive, people=1)
        for api in (as_olive, as_hugo, as_alma):
            [attendee] = api.get(f"/events/{event.pk}/attendees/")["results"]
            assert (attendee["arrived"], attendee["email"]) == (1, "ada@example.com")
            assert rsvp.checked_in_at is not None
            assert attendee["checked_in_at"].startswith(f"{rsvp.checked_in_at:%Y-%m-%dT%H:%M:%S}")

    def test_attendee_and_stranger_see_no_arrivals(
        self, as_ada: Api, as_sam: Api, ada: User, event: Event
    ) -> None:
        going(event, ada)
        for api in (as_ada, as_sam):
            [attendee] = api.get(f"/events/{event.pk}/attendees/")["results"]
            assert sorted(attendee) == ["created_at", "guests", "status", "user"]

    @pytest.mark.parametrize(
        "query",
        [{"status": "all"}, {"status": "waitlisted"}, {"checked_in": "true"}, {"search": "ada"}],
    )
    def test_only_owner_helper_and_admin_may_use_filters(
        self, as_ada: Api, as_sam: Api, as_hugo: Api, ada: User, event: Event, query: Any
    ) -> None:
        going(event, ada)
        for api in (as_ada, as_sam):
            problem = api.get(f"/events/{event.pk}/attendees/", expect=403, **query)
            assert refusal(problem) == ("owner_required",)
        as_hugo.get(f"/events/{event.pk}/attendees/", **query)

    def test_rows_have_their_status(
        self, as_olive: Api, ada: User, sam: User, event: Event
    ) -> None:
        going(event, ada)
        mark_interested(event_id=event.pk, attendee=sam)
        leave_event(event_id=event.pk, attendee=ada)
        page = as_olive.get(f"/events/{event.pk}/attendees/", status="all")
        assert [row["status"] for row in page["results"]] == ["cancelled", "interested"]

    def test_arrived_and_missing_attendees(
        self, as_olive: Api, olive: User, ada: User, sam: User, event: Event
    ) -> None:
        for person in (ada, sam):
            going(event, person)
        let_in(event, ada, olive)
        assert names(as_olive, event, checked_in="true") == ["ada"]
        assert names(as_olive, event, checked_in="false") == ["sam"]

    @pytest.mark.parametrize("text", ["AD", "ada@exa"])
    def test_search_finds_names_and_addresses(
        self, as_olive: Api, ada: User, sam: User, event: Event, text: str
    ) -> None:
        for person in (ada, sam):
            going(event, person)
        assert names(as_olive, event, search=text) == ["ada"]

    def test_organizer_reads_no_address_of_walk_ins(
        self, as_olive: Api, sam: User, event: Event
    ) -> None:
        """Otherwise they could admit anybody, and undo it, to read the address."""
        walk_in = {"user_id": sam.pk, "walk_in": True}
        door = f"/events/{event.pk}/check-in/"
        assert as_olive.post(door, walk_in, expect=200)["email"] is None
        assert [row["email"] for row in rows(as_olive, event)] == [""]
        assert names(as_olive, event, search="sam@exa") == []
        as_olive.delete(door, expect=200, body={"user_id": sam.pk})
        assert as_olive.get(f"/events/{event.pk}/attendees/", status="all")["results"] == []

    def test_rsvp_after_a_walk_in_shows_the_address(
        self, as_olive: Api, olive: User, sam: User, event: Event
    ) -> None:
        admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        going(event, sam, guests=1)
        [attendee] = as_olive.get(f"/events/{event.pk}/attendees/")["results"]
        assert attendee["email"] == "sam@example.com"

    def test_leaving_a_series_has_nothing_to_leave_after_an_undone_walk_in(
        self, as_olive: Api, olive: User, sam: User
    ) -> None:
        """Otherwise the organizer would read the address of a person who only cancelled."""
        first = EventFactory.create(created_by=olive, recurrence_pattern="FREQ=DAILY;COUNT=2")
        move_start(first, hours=1)
        admit_walk_in(event_id=first.pk, attendee=sam, by=olive)
        undo_check_in(event_id=first.pk, scan=Scan(user_id=sam.pk), by=olive)
        with pytest.raises(RsvpNotFound):
            leave_series(series_id=first.series_id, attendee=sam)
        assert as_olive.get(f"/events/{first.pk}/attendees/", status="all")["results"] == []

    def test_rsvp_to_a_series_shows_the_address(
        self, as_olive: Api, olive: User, sam: User
    ) -> None:
        first = EventFactory.create(created_by=olive, recurrence_pattern="FREQ=DAILY;COUNT=2")
        move_start(first, hours=1)
        admit_walk_in(event_id=first.pk, attendee=sam, by=olive)
        join_series(series_id=first.series_id, attendee=sam, guests=1)
        [attendee] = as_olive.get(f"/events/{first.pk}/attendees/")["results"]
        assert attendee["email"] == "sam@example.com"

    @pytest.mark.parametrize(
        "query", [{"checked_in": "x"}, {"format": "xml"}, {"search": "x" * 257}]
    )
    def test_invalid_filter_is_refused(self, as_olive: Api, event: Event, query: Any) -> None:
        as_olive.get(f"/events/{event.pk}/attendees/", expect=400, **query)


class TestFile:
    def test_file_has_all_columns_for_each_person(
        self, as_olive: Api, olive: User, ada: User, event: Event
    ) -> None:
        Event.objects.update(timezone="Asia/Kathmandu")
        going(event, ada, guests=1)
        let_in(event, ada, olive)
        [row] = rows(as_olive, event)
        times = [row.pop("checked_in_at"), row.pop("answered_at")]
        assert [at[-6:] for at in times] == ["+05:45", "+05:45"]
        assert row == {
            "username": "ada",
            "display_name": "ada",
            "email": "ada@example.com",
            "status": "going",
            "people": "2",
            "arrived": "2",
            "confirmed": "yes",
            "tickets": "",
        }

    @pytest.mark.parametrize("number", [1, 3])
    def test_file_has_the_tickets_of_all_parties_with_one_query(
        self, as_olive: Api, olive: User, number: int
    ) -> None:
        event = EventFactory.create(created_by=olive)
        vip = offer(event, name="VIP", position=2)
        regular = offer(event, name="Regular", position=1)
        for person in people(number):
            buy(event, person, {vip.pk: 1, regular.pk: 2})
        with CaptureQueriesContext(connection) as captured:
            tickets = [row["tickets"] for row in rows(as_olive, event)]
        assert tickets == ["2 × Regular; 1 × VIP"] * number
        assert len([query for query in captured if "rsvp_rsvpticket" in query["sql"]]) == 1

    def test_file_accepts_the_filters_of_the_list(
        self, as_olive: Api, ada: User, sam: User, event: Event
    ) -> None:
        going(event, ada)
        mark_interested(event_id=event.pk, attendee=sam)
        assert [row["username"] for row in rows(as_olive, event)] == ["ada"]
        assert [row["username"] for row in rows(as_olive, event, status="all")] == ["ada", "sam"]

    def test_file_is_an_attachment_that_is_not_cached(self, as_olive: Api, event: Event) -> None:
        response = as_olive.client.get(f"/api/events/{event.pk}/attendees/", {"format": "csv"})
        headers = [response[name] for name in ("Content-Type", "Content-Disposition")]
        assert headers == [
            "text/csv; charset=utf-8", f'attachment; filename="attendees-{event.pk}.csv"',
        ]  # fmt: skip
        assert (response.streaming, response["Cache-Control"]) == (True, "private, no-store")

    def test_file_is_for_owner_and_admins(
        self, as_olive: Api, as_alma: Api, as_hugo: Api, as_ada: Api, as_sam: Api, event: Event
    ) -> None:
        path = f"/api/events/{event.pk}/attendees/?format=csv"
        everyone = (as_olive, as_alma, as_hugo, as_ada, as_sam, Api())
        statuses = [api.client.get(path).status_code for api in everyone]
        assert statuses == [200, 200, 403, 403, 403, 401]

    def test_erased_person_has_no_address(
        self, as_olive: Api, ada: User, olive: User, event: Event
    ) -> None:
        going(event, ada)
        let_in(event, ada, olive)
        erase(user_id=ada.pk)
        [row] = rows(as_olive, event)
        assert (row["email"], row["arrived"]) == ("", "1")

    def test_name_is_no_formula(self, as_olive: Api, event: Event) -> None:
        going(event, UserFactory.create(username="@SUM", email="=1+2@example.com"))
        [row] = rows(as_olive, event)
        assert (row["username"], row["email"]) == ("'@SUM", "'=1+2@example.com")

    @pytest.mark.embedded
    @pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "＝1", "－1"])
    def test_cell_is_no_formula(self, cell: str) -> None:
        text = csv_file(["a"], [[cell]], name="a").getvalue().decode("utf-8-sig")
        assert list(csv.reader(StringIO(text, newline=""))) == [["a"], [f"'{cell}"]]

    @pytest.mark.embedded
    @pytest.mark.parametrize("cell", ["a=1", "", 'say "=1"', "a,b", "a\nb", -1, "1-2"])
    def test_other_cells_stay(self, cell: Any) -> None:
        text = csv_file(["a"], [[cell]], name="a").getvalue().decode("utf-8-sig")
        assert list(csv.reader(StringIO(text, newline=""))) == [["a"], [str(cell)]]

    def test_number_of_queries_is_constant(self, as_olive: Api, event: Event) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                rows(as_olive, event)
            return len(captured)

        fill(event, 1)
        rows(as_olive, event)  # the first of a session looks at more
        few = queries()
        fill(event, 4)
        assert queries() == few
