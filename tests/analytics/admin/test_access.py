"""Access to the dashboards, and their number of queries."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from events.models import Event, Helper
from events.services.events import delete_event, publish_event
from rsvp.check_in import Scan, check_in
from rsvp.services import leave_event
from tests.analytics.admin.pages import ATTENDANCE, NOW, NUMBERS, Show, staff
from tests.factories import EventFactory, begin, end, fill
from tests.reviews.past import review

pytestmark = pytest.mark.embedded  # the pages are tested on every database

EVERY = [NUMBERS, ATTENDANCE, NOW]
LIVE = [ATTENDANCE, NOW]


class TestPermissions:
    @pytest.mark.parametrize("path", EVERY)
    def test_owner_sees_their_event(self, show: Show, olive: User, event: Event, path: str) -> None:
        show(olive, path.format(event.pk))

    @pytest.mark.parametrize("path", EVERY)
    def test_foreign_event_is_not_found(
        self, show: Show, olive: User, foreign: Event, path: str
    ) -> None:
        show(olive, path.format(foreign.pk), expect=404)

    @pytest.mark.parametrize("path", EVERY)
    def test_admin_sees_every_event(
        self, show: Show, alma: User, foreign: Event, path: str
    ) -> None:
        show(alma, path.format(foreign.pk))

    @pytest.mark.parametrize("path", EVERY)
    def test_helper_sees_only_attendance(
        self, show: Show, helen: User, event: Event, path: str
    ) -> None:
        show(helen, path.format(event.pk), expect=200 if path in LIVE else 404)

    @pytest.mark.parametrize("path", LIVE)
    def test_helper_sees_no_other_event(
        self, show: Show, helen: User, foreign: Event, path: str
    ) -> None:
        show(helen, path.format(foreign.pk), expect=404)

    @pytest.mark.parametrize("path", EVERY)
    def test_unrelated_staff_find_nothing(
        self, show: Show, sam: User, event: Event, path: str
    ) -> None:
        show(staff(sam), path.format(event.pk), expect=404)

    @pytest.mark.parametrize("path", ["/", *EVERY])
    def test_attendee_is_redirected_to_the_login(
        self, show: Show, ada: User, event: Event, path: str
    ) -> None:
        path = path.format(event.pk)
        response = show(ada, path, expect=302)
        assert response["Location"] == f"/admin/login/?next=/admin{path}"

    @pytest.mark.parametrize("path", ["/", *EVERY])
    def test_visitor_is_redirected_to_the_login(self, show: Show, event: Event, path: str) -> None:
        response = show(None, path.format(event.pk), expect=302)
        assert response["Location"].startswith("/admin/login/")

    @pytest.mark.parametrize("path", EVERY)
    def test_draft_is_not_found_until_it_is_published(
        self, show: Show, olive: User, path: str
    ) -> None:
        draft = EventFactory.create(created_by=olive, status="draft")
        show(olive, path.format(draft.pk), expect=404)
        publish_event(event_id=draft.pk)
        show(olive, path.format(draft.pk))

    @pytest.mark.parametrize("path", EVERY)
    def test_deleted_event_is_not_found(
        self, show: Show, alma: User, event: Event, path: str
    ) -> None:
        delete_event(event_id=event.pk)
        show(alma, path.format(event.pk), expect=404)

    @pytest.mark.parametrize("path", EVERY)
    def test_pages_refuse_post(
        self, show: Show, alma: User, client: Client, event: Event, path: str
    ) -> None:
        client.force_login(alma)
        assert client.post(f"/admin{path.format(event.pk)}").status_code == 405

    def test_removed_helper_finds_nothing(self, show: Show, helen: User, event: Event) -> None:
        show(helen, NOW.format(event.pk))
        Helper.objects.all().delete()
        show(helen, NOW.format(event.pk), expect=404)


class TestQueries:
    """The number of queries is the same for one and three events, RSVPs and reviews.

    One query checks the session of the admin.
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
        ("path", "expected"), [("/", 23), (NUMBERS, 17), (ATTENDANCE, 10), (NOW, 9)]
    )
    def test_number_of_queries(
        self, client: Client, olive: User, events: list[Event], path: str, expected: int
    ) -> None:
        client.force_login(olive)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/admin{path.format(events[0].pk)}")
        assert len(captured) == expected
