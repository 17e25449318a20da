"""Receipts for RSVPs to a whole series."""

from typing import Any

from accounts.models import User
from rsvp.models import RsvpChange
from rsvp.services import join_event, join_series, leave_series, mark_interested_in_series
from tests.factories import fill
from tests.rsvp.dates import series_with
from tests.rsvp.test_overtaken import sent_after


def receipts(person: User) -> list[tuple[str, int | None, Any, Any]]:
    """Return kind, event, and numbers of other and of waitlisted dates of each message."""
    return [
        (n.kind, n.event_id, n.context.get("more"), n.context.get("waits"))
        for n in person.notifications.order_by("id")
    ]


def test_one_receipt_covers_all_dates(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 2, 2, 2)
    join_series(series_id=series.pk, attendee=ada, guests=1)
    [receipt] = ada.notifications.all()
    first = RsvpChange.objects.get(event=dates[0])
    assert receipts(ada) == [("rsvp_confirmed", dates[0].pk, 2, None)]
    assert (receipt.occasion, receipt.context["guests"]) == (f"answer {first.pk}", 1)
    assert receipt.useful_until == dates[-1].end_time


def test_receipt_names_the_first_seat_and_counts_where_one_waits(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 1, 1, 1, 1)
    fill(dates[0], 1)
    fill(dates[3], 1)
    join_series(series_id=series.pk, attendee=ada)
    assert receipts(ada) == [("rsvp_confirmed", dates[1].pk, 1, 2)]


def test_person_who_only_waits_gets_that_receipt(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 1, 1)
    for event in dates:
        fill(event, 1)
    join_series(series_id=series.pk, attendee=ada)
    assert receipts(ada) == [("waitlisted", dates[0].pk, 1, None)]


def test_receipt_covers_changes_only(olive: User, ada: User) -> None:
    series, (first, second) = series_with(olive, 1, 1)
    join_event(event_id=first.pk, attendee=ada)
    join_series(series_id=series.pk, attendee=ada)
    join_series(series_id=series.pk, attendee=ada)
    assert receipts(ada) == [
        ("rsvp_confirmed", first.pk, None, None),
        ("rsvp_confirmed", second.pk, None, None),
    ]


def test_refused_dates_are_not_in_the_receipt(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 1, 2, 1, 2)
    join_series(series_id=series.pk, attendee=ada, guests=1)
    assert receipts(ada) == [("rsvp_confirmed", dates[1].pk, 1, None)]


def test_refused_attempt_sends_nothing(olive: User, ada: User) -> None:
    series, [event] = series_with(olive, 1)
    fill(event, 1)
    join_series(series_id=series.pk, attendee=ada, may_wait=False)
    assert receipts(ada) == []


def test_one_receipt_for_leaving_covers_all_dates(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 1, 1)
    join_series(series_id=series.pk, attendee=ada)
    leave_series(series_id=series.pk, attendee=ada)
    assert receipts(ada)[1:] == [("rsvp_cancelled", dates[0].pk, 1, None)]


def test_seats_given_up_for_an_interest_send_one_receipt(olive: User, ada: User) -> None:
    series, dates = series_with(olive, 1, 1)
    join_series(series_id=series.pk, attendee=ada)
    mark_interested_in_series(series_id=series.pk, attendee=ada)
    assert receipts(ada)[1:] == [("rsvp_cancelled", dates[0].pk, 1, None)]
    assert ada.notifications.latest("id").context["now"] == "interested"


def test_interest_has_no_receipt(olive: User, ada: User) -> None:
    series, _ = series_with(olive, 1, 1)
    mark_interested_in_series(series_id=series.pk, attendee=ada)
    leave_series(series_id=series.pk, attendee=ada)
    assert receipts(ada) == []


def test_promoted_people_are_notified_of_each_date(olive: User, ada: User, sam: User) -> None:
    series, dates = series_with(olive, 1, 1)
    join_series(series_id=series.pk, attendee=ada)
    join_series(series_id=series.pk, attendee=sam)
    leave_series(series_id=series.pk, attendee=ada)
    assert receipts(sam)[1:] == [("promoted", event.pk, None, None) for event in dates]


def test_party_that_shrinks_into_seats_is_notified_of_the_seats_only(
    olive: User, ada: User
) -> None:
    series, dates = series_with(olive, 2, 2)
    for event in dates:
        fill(event, 1)
    join_series(series_id=series.pk, attendee=ada, guests=1)
    join_series(series_id=series.pk, attendee=ada, guests=0)
    assert [kind for kind, *_ in receipts(ada)] == ["waitlisted", "promoted", "promoted"]


def test_delayed_receipts_send_the_last_state_only(olive: User, ada: User) -> None:
    series, _ = series_with(olive, 2, 2)
    join_series(series_id=series.pk, attendee=ada)
    leave_series(series_id=series.pk, attendee=ada)
    assert sent_after(seconds=90) == [("rsvp_confirmed", "skipped"), ("rsvp_cancelled", "sent")]
