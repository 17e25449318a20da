"""The tally counts the waiting parties that have a position, so that the last one knows its own."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from events.models import Event, Tally
from events.services.events import update_event
from rsvp.models import Rsvp
from rsvp.recounts import Difference, tally_differences
from rsvp.services import join_event, join_series, leave_event
from rsvp.services.seats import COUNTS
from tests.client import Api
from tests.factories import EventFactory, fill, people
from tests.invariants import check_invariants, numbered_waitlist
from tests.rsvp import previous_version
from tests.rsvp.dates import series_with

pytestmark = [pytest.mark.both, pytest.mark.django_db]

SEATS = 3
POSITION = "ahead"  # the alias in the SQL of a position


@pytest.fixture
def full(olive: User) -> Event:
    """Three people have the three seats, and three wait."""
    event = EventFactory.create(created_by=olive, max_attendees=SEATS)
    fill(event, SEATS + 3)
    return event


def length_of(event: Event) -> int | None:
    return Tally.objects.get(pk=event.pk).waitlist_length


def join(event: Event, guests: int = 0) -> Rsvp:
    [person] = people(1)
    return join_event(event_id=event.pk, attendee=person, guests=guests)[0]


def test_last_party_learns_its_position_without_a_query(full: Event, as_ada: Api) -> None:
    with CaptureQueriesContext(connection) as captured:
        rsvp = as_ada.post(f"/events/{full.pk}/rsvp/", {"status": "going"}, expect=201)
    assert rsvp["waitlist_position"] == 4
    assert [query for query in captured if POSITION in query["sql"]] == []


def test_last_party_of_each_date_learns_its_position(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 1, 1)
    for date, waiting in zip(dates, (0, 2), strict=True):
        fill(date, 1 + waiting)
    outcomes = join_series(series_id=series.pk, attendee=ada)
    assert [outcome.rsvp.waitlist_position for outcome in outcomes] == [1, 3]


def test_other_positions_are_counted_when_they_are_shown(full: Event, as_ada: Api) -> None:
    path = f"/events/{full.pk}/rsvp/"
    as_ada.post(path, {"status": "going"}, expect=201)
    fill(full, 1)
    leave_event(event_id=full.pk, attendee=Rsvp.objects.waiting().get(pk=_first(full)).user)
    assert as_ada.post(path, {"status": "going"}, expect=200)["waitlist_position"] == 3


def test_party_that_grows_is_last_after_the_promotions(ada: User) -> None:
    event = EventFactory.create(max_attendees=4)
    fill(event, 3)
    join_event(event_id=event.pk, attendee=ada, guests=1)
    behind = [join(event) for _ in range(2)]
    rsvp, _ = join_event(event_id=event.pk, attendee=ada, guests=2)
    assert (rsvp.status, rsvp.waitlist_position) == ("waitlisted", 2)
    assert numbered_waitlist(event) == {behind[1].pk: 1, rsvp.pk: 2}
    check_invariants()


def test_promotion_shortens_the_waitlist(full: Event) -> None:
    seated = Rsvp.objects.filter(event=full, status="going").first()
    assert seated
    leave_event(event_id=full.pk, attendee=seated.user)
    assert length_of(full) == 2
    check_invariants()


@pytest.mark.parametrize("limit", [4, 2], ids=["raised", "lowered"])
def test_limit_that_changes_who_fits_has_the_parties_counted_again(limit: int) -> None:
    event = EventFactory.create(max_attendees=3)
    fill(event, 2)
    for guests in (2, 1, 0):
        join(event, guests)
    update_event(event_id=event.pk, changes={"max_attendees": limit})
    rsvp = join(event, 1)
    assert rsvp.waitlist_position == numbered_waitlist(event)[rsvp.pk] == length_of(event)
    check_invariants()


def test_unknown_length_is_counted_by_the_next_party(full: Event) -> None:
    Tally.objects.filter(pk=full.pk).update(waitlist_length=None)
    leave_event(event_id=full.pk, attendee=Rsvp.objects.get(pk=_first(full)).user)
    assert length_of(full) is None
    assert join(full).waitlist_position == length_of(full) == 3
    check_invariants()


@pytest.mark.parametrize("length", [0, 4], ids=["nobody", "more than people"])
def test_length_that_the_people_exclude_is_refused(full: Event, length: int) -> None:
    with pytest.raises(IntegrityError, match="tally_waitlist_has_people"), transaction.atomic():
        Tally.objects.filter(pk=full.pk).update(waitlist_length=length)


def test_wrong_length_is_a_difference(full: Event) -> None:
    Tally.objects.filter(pk=full.pk).update(waitlist_length=2)
    assert list(tally_differences()) == [Difference(full.pk, "waitlist_length", 2, 3)]


@pytest.mark.real
class TestPreviousVersion:
    """Its processes may still write while the first new ones run."""

    def test_its_writes_have_the_parties_counted_again(self, full: Event, ada: User) -> None:
        previous_version.join_waitlist(event_id=full.pk, attendee=ada)
        assert length_of(full) is None
        assert join(full).waitlist_position == 5
        check_invariants()

    def test_its_upserts_for_a_series_do_too(self, full: Event) -> None:
        tally = Tally.objects.get(pk=full.pk)
        tally.waiting += 1
        before = [name for name in COUNTS if name != "waitlist_length"]
        Tally.objects.bulk_create(
            [tally], update_conflicts=True, unique_fields=["event"], update_fields=before
        )
        assert length_of(full) is None

    def test_control_counts_wrongly_without_the_trigger(self, full: Event, ada: User) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE events_tally DISABLE TRIGGER forget_waitlist_length")
        previous_version.join_waitlist(event_id=full.pk, attendee=ada)
        assert join(full).waitlist_position == 4
        assert list(tally_differences()) == [Difference(full.pk, "waitlist_length", 4, 5)]

    @pytest.mark.parametrize(
        "changes", [{"going": 2}, {"interested": 1}, {"max_attendees": 9}], ids=str
    )
    def test_other_writes_keep_the_length(self, full: Event, changes: dict[str, Any]) -> None:
        Tally.objects.filter(pk=full.pk).update(**changes)
        assert length_of(full) == 3


def _first(event: Event) -> int:
    return next(iter(numbered_waitlist(event)))
