"""Analytics over HTTP: permissions and days."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import User
from events.models import Event
from rsvp.services import join_event
from tests.analytics.world import World, build_world
from tests.client import Api, refusal
from tests.factories import EventFactory, fill
from tests.rsvp.check_in_helpers import name_helper

OVERVIEW = "/analytics/overview/"
POPULAR = "/analytics/popular-events/"


def page_of(event: Event) -> str:
    return f"/events/{event.pk}/analytics/"


def allow_to_view_events(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="view_event"))


@pytest.fixture
def staff(db: None, sam: User) -> Api:
    """Return the API of Sam, who is an organizer and staff."""
    User.objects.filter(pk=sam.pk).update(is_staff=True, is_organizer=True)
    return Api(sam)


class TestOverview:
    def test_organizer_sees_their_own_events(self, as_olive: Api, event: Event) -> None:
        EventFactory.create()
        assert as_olive.get(OVERVIEW)["events"] == 1

    def test_admin_sees_all_events(self, as_alma: Api, event: Event) -> None:
        EventFactory.create()
        assert as_alma.get(OVERVIEW)["events"] == 2

    @pytest.mark.parametrize("by", ["pk", "username"])
    def test_admin_can_choose_one_organizer(
        self, as_alma: Api, event: Event, olive: User, by: str
    ) -> None:
        EventFactory.create_batch(2)
        assert as_alma.get(OVERVIEW, organizer=getattr(olive, by))["events"] == 1

    def test_organizer_cannot_choose_another_organizer(self, as_olive: Api, event: Event) -> None:
        other = EventFactory.create().created_by
        assert as_olive.get(OVERVIEW, organizer=other.username)["events"] == 0

    def test_staff_with_view_permission_see_all_events(
        self, staff: Api, sam: User, event: Event
    ) -> None:
        allow_to_view_events(sam)
        assert staff.get(OVERVIEW)["events"] == 1

    def test_other_staff_see_only_their_own_events(self, staff: Api, event: Event) -> None:
        assert staff.get(OVERVIEW)["events"] == 0

    def test_view_permission_without_staff_shows_only_own_events(
        self, event: Event, as_olive: Api, olive: User
    ) -> None:
        EventFactory.create()
        allow_to_view_events(olive)
        assert as_olive.get(OVERVIEW)["events"] == 1

    def test_attendee_is_refused(self, as_ada: Api) -> None:
        assert refusal(as_ada.get(OVERVIEW, expect=403)) == ("organizer_required",)

    def test_helper_is_refused(self, as_sam: Api, sam: User, event: Event) -> None:
        name_helper(event, sam)
        assert refusal(as_sam.get(OVERVIEW, expect=403)) == ("organizer_required",)

    def test_anonymous_request_is_refused(self, as_nobody: Api) -> None:
        assert refusal(as_nobody.get(OVERVIEW, expect=401)) == ("not_authenticated",)

    def test_response_has_the_fields_of_the_contract(
        self, as_olive: Api, olive: User, ada: User, sam: User
    ) -> None:
        world: World = build_world(olive, ada, sam)
        numbers = as_olive.get(OVERVIEW)
        assert sorted(numbers) == [
            "answers_per_day",
            "best_categories",
            "best_hours",
            "cancellation_rate",
            "date_from",
            "date_to",
            "events",
            "fill_by_event",
            "fill_rate",
            "ratings",
            "returning",
            "revenue",
            "show_up_rate",
            "timezone",
            "totals",
            "waitlist",
        ]
        start = world.chess.start_time.isoformat().replace("+00:00", "Z")
        assert numbers["fill_by_event"][0] == {
            "event": {"id": world.chess.pk, "title": "Chess", "start_time": start},
            "going": 1,
            "waiting": 0,
            "max_attendees": None,
            "revenue": {},
            "fill_rate": None,
        }
        assert numbers["ratings"] == {
            "average": 4.5,
            "count": 2,
            "stars": {"1": 0, "2": 0, "3": 0, "4": 1, "5": 1},
        }


class TestDays:
    def test_days_are_returned_with_their_zone(self, as_olive: Api) -> None:
        numbers = as_olive.get(
            OVERVIEW, date_from="2027-05-01", date_to="2027-05-02", tz="Asia/Tokyo"
        )
        assert (numbers["date_from"], numbers["date_to"]) == ("2027-05-01", "2027-05-02")
        assert numbers["timezone"] == "Asia/Tokyo"

    def test_default_zone_is_that_of_the_profile(self, olive: User) -> None:
        User.objects.filter(pk=olive.pk).update(timezone="Asia/Kathmandu")
        assert Api(olive).get(OVERVIEW)["timezone"] == "Asia/Kathmandu"

    def test_days_filter_the_events(self, as_olive: Api, event: Event) -> None:
        day = event.start_time.date().isoformat()
        before = (event.start_time - timedelta(days=1)).date().isoformat()
        assert as_olive.get(OVERVIEW, date_from=day, date_to=day)["events"] == 1
        assert as_olive.get(OVERVIEW, date_to=before)["events"] == 0

    @pytest.mark.parametrize(
        ("query", "field", "code"),
        [
            ({"date_from": "yesterday"}, "date_from", "invalid"),
            ({"date_to": "2027-02-30"}, "date_to", "invalid"),
            ({"date_from": "1950-01-01"}, "date_from", "out_of_range"),
            ({"tz": "Berlin"}, "tz", "invalid_timezone"),
            (
                {"date_from": "2027-05-02", "date_to": "2027-05-01"},
                "date_to",
                "end_before_start",
            ),
        ],
    )
    @pytest.mark.parametrize("path", [OVERVIEW, "event"])
    def test_invalid_days_are_refused(
        self, as_olive: Api, event: Event, path: str, query: dict[str, Any], field: str, code: str
    ) -> None:
        path = page_of(event) if path == "event" else path
        assert refusal(as_olive.get(path, expect=400, **query)) == ((field, code),)


class TestOneEvent:
    def test_owner_sees_the_numbers(self, as_olive: Api, event: Event) -> None:
        fill(event, 3)
        numbers = as_olive.get(page_of(event))
        assert numbers["totals"]["waitlisted"] == 1
        assert sorted(numbers) == [
            "answers_per_day",
            "arrivals",
            "cancellation_rate",
            "event",
            "fill_rate",
            "ratings",
            "returning",
            "revenue",
            "show_up_rate",
            "ticket_types",
            "timezone",
            "totals",
            "waitlist",
        ]

    def test_admin_sees_the_numbers(self, as_alma: Api, event: Event) -> None:
        assert as_alma.get(page_of(event))["event"]["id"] == event.pk

    def test_other_organizer_is_refused(self, event: Event) -> None:
        other = EventFactory.create().created_by
        assert refusal(Api(other).get(page_of(event), expect=403)) == ("owner_required",)

    def test_helper_is_refused(self, as_sam: Api, sam: User, event: Event) -> None:
        name_helper(event, sam)
        assert refusal(as_sam.get(page_of(event), expect=403)) == ("owner_required",)

    def test_attendee_is_refused(self, as_ada: Api, ada: User, event: Event) -> None:
        join_event(event_id=event.pk, attendee=ada)
        assert refusal(as_ada.get(page_of(event), expect=403)) == ("owner_required",)

    def test_staff_without_view_permission_are_refused(self, staff: Api, event: Event) -> None:
        assert refusal(staff.get(page_of(event), expect=403)) == ("owner_required",)

    def test_anonymous_request_is_refused(self, as_nobody: Api, event: Event) -> None:
        assert refusal(as_nobody.get(page_of(event), expect=401)) == ("not_authenticated",)

    def test_draft_is_found_by_its_owner_only(
        self, as_olive: Api, as_alma: Api, olive: User
    ) -> None:
        draft = EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
        assert as_olive.get(page_of(draft))["event"]["status"] == "draft"
        as_alma.get(page_of(draft), expect=404)

    def test_deleted_event_is_not_found(self, as_olive: Api, event: Event) -> None:
        Event.objects.filter(pk=event.pk).update(deleted_at=timezone.now())
        as_olive.get(page_of(event), expect=404)

    def test_days_filter_the_rsvps(self, as_olive: Api, event: Event) -> None:
        fill(event, 2)
        yesterday = (timezone.now() - timedelta(days=1)).date().isoformat()
        numbers = as_olive.get(page_of(event), date_from=yesterday, date_to=yesterday)
        assert numbers["answers_per_day"] == [
            {"date": yesterday}
            | dict.fromkeys(
                ["going", "pending_payment", "interested", "waitlisted", "cancelled"], 0
            )
        ]
        assert numbers["totals"]["going"] == 2


class TestPopular:
    def test_organizer_sees_events_of_others(self, as_olive: Api) -> None:
        event = EventFactory.create()
        fill(event, 2)
        page = as_olive.get(POPULAR)
        assert (page["count"], page["results"][0]["event"]["id"]) == (1, event.pk)

    def test_pages_do_not_overlap(self, as_olive: Api, ada: User) -> None:
        events = EventFactory.create_batch(3)
        for event in events:
            join_event(event_id=event.pk, attendee=ada)
        pages = [as_olive.get(POPULAR, limit=2, page=number) for number in (1, 2)]
        shown = [row["event"]["id"] for page in pages for row in page["results"]]
        assert sorted(shown) == [event.pk for event in events]

    def test_admin_sees_popular_events(self, as_alma: Api) -> None:
        assert as_alma.get(POPULAR)["results"] == []

    def test_attendee_is_refused(self, as_ada: Api) -> None:
        assert refusal(as_ada.get(POPULAR, expect=403)) == ("organizer_required",)

    def test_anonymous_request_is_refused(self, as_nobody: Api) -> None:
        assert refusal(as_nobody.get(POPULAR, expect=401)) == ("not_authenticated",)
