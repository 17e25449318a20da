"""Attendees get one review request, some time after the end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from accounts.services.lifecycle import deactivate
from events.models import Event
from notifications.models import Delivery, Notification
from notifications.relay import planning, sending
from notifications.services import set_preferences
from notifications.tasks import relay as relay_all
from reviews import requests
from reviews.models import ReviewRequest
from reviews.requests import ask_for_reviews
from reviews.tasks import ask_for_reviews as task
from rsvp.services import join_event, leave_event, mark_interested
from tests.factories import EventFactory, call_off, fill, people, take_out
from tests.reviews.past import came, past_event
from tests.reviews.past import review as write


def recipients() -> list[str]:
    """Return the recipients so far, one entry for each request."""
    rows = Notification.objects.filter(kind="review_request").order_by("user_id", "id")
    return list(rows.values_list("user__username", flat=True))


def ended(event: Event, **ago: float) -> Event:
    """Move the end of the event to this long ago."""
    over = timezone.now() - timedelta(**ago)
    Event.objects.filter(pk=event.pk).update(start_time=over - timedelta(hours=2), end_time=over)
    return event


class TestWho:
    def test_everyone_with_a_seat_gets_a_request(self, past: Event, ada: User) -> None:
        assert (ask_for_reviews(), recipients()) == (1, ["ada"])

    def test_people_without_a_seat_get_no_request(self, event: Event, ada: User, sam: User) -> None:
        [holder] = people(1)
        join_event(event_id=event.pk, attendee=holder, guests=1)
        join_event(event_id=event.pk, attendee=ada)
        mark_interested(event_id=event.pk, attendee=sam)
        for left in people(2):
            mark_interested(event_id=event.pk, attendee=left)
            leave_event(event_id=event.pk, attendee=left)
        ended(event, hours=2)
        assert (ask_for_reviews(), recipients()) == (1, [holder.username])

    def test_only_checked_in_people_get_a_request_if_check_in_was_used(
        self, past: Event, ada: User, sam: User
    ) -> None:
        both = past_event(ada, sam)
        came(both, sam)
        ask_for_reviews()
        assert recipients() == ["ada", "sam"]  # Ada about the other event

    def test_single_scan_excludes_nobody(self, ada: User, sam: User) -> None:
        event = past_event(ada, sam, *people(1))
        came(event, sam)
        assert ask_for_reviews() == 3
        assert {"ada", "sam"} < set(recipients())

    def test_reviewer_gets_no_request(self, past: Event, ada: User) -> None:
        write(past, ada)
        assert ask_for_reviews() == 0

    def test_organizer_gets_no_request(self, olive: User) -> None:
        past_event(olive, created_by=olive)
        assert ask_for_reviews() == 0

    def test_inactive_person_gets_no_request(self, past: Event, ada: User) -> None:
        deactivate(user=ada)
        assert ask_for_reviews() == 0


class TestWhen:
    @pytest.mark.parametrize(
        ("ago", "number"),
        [
            ({"minutes": -30}, 0),
            ({"minutes": 59}, 0),
            ({"minutes": 61}, 1),
            ({"hours": 47.9}, 1),
            ({"hours": 48.1}, 0),
        ],
    )
    def test_requests_are_sent_an_hour_to_two_days_after_the_end(
        self, event: Event, ada: User, ago: dict[str, float], number: int
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        ended(event, **ago)
        assert ask_for_reviews() == number

    def test_setting_changes_the_delay(self, past: Event, settings: Any) -> None:
        settings.REVIEW_REQUEST_AFTER_MINUTES = 90
        assert ask_for_reviews() == 0
        settings.REVIEW_REQUEST_AFTER_MINUTES = 0
        assert ask_for_reviews() == 1

    @pytest.mark.parametrize(
        "change", [{"status": "cancelled"}, {"status": "draft"}, {"external_status": "postponed"}]
    )
    def test_cancelled_event_has_no_requests(self, past: Event, change: dict[str, str]) -> None:
        Event.objects.filter(pk=past.pk).update(**change)
        assert (ask_for_reviews(), ReviewRequest.objects.count()) == (0, 0)

    def test_deleted_event_has_no_requests(self, past: Event) -> None:
        take_out(past)
        assert ask_for_reviews() == 0


class TestOnce:
    def test_second_run_sends_no_requests(self, past: Event) -> None:
        assert [ask_for_reviews() for _ in range(3)] == [1, 0, 0]
        assert recipients() == ["ada"]
        assert ReviewRequest.objects.unfinished().count() == 0

    def test_each_event_has_its_own_request(self, past: Event, ada: User) -> None:
        past_event(ada)
        ask_for_reviews()
        assert recipients() == ["ada", "ada"]

    def test_lost_row_sends_no_request_twice(self, past: Event) -> None:
        ask_for_reviews()
        ReviewRequest.objects.all().delete()
        ask_for_reviews()
        assert recipients() == ["ada"]

    def test_batches_continue_after_an_interruption(
        self, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = EventFactory.create()
        crowd = fill(event, 5)
        ended(event, hours=2)
        monkeypatch.setattr(requests, "BATCH", 2)
        requests._add_ended(timezone.now())
        assert requests._ask_next(event.pk) == 2
        assert len(recipients()) == 2
        assert ask_for_reviews() == 3
        assert recipients() == [person.username for person in crowd]
        [row] = ReviewRequest.objects.values("asked", "asked_up_to")
        assert row == {"asked": 5, "asked_up_to": crowd[-1].pk}

    def test_interrupted_batch_is_repeated(
        self, past: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cut(*_: Any, **__: Any) -> None:
            raise ConnectionError

        with monkeypatch.context() as broken:
            broken.setattr(ReviewRequest, "save", cut)
            with pytest.raises(ConnectionError):
                ask_for_reviews()
        assert recipients() == []
        assert (ask_for_reviews(), recipients()) == (1, ["ada"])

    def test_event_cancelled_meanwhile_has_no_requests(self, past: Event) -> None:
        requests._add_ended(timezone.now())
        call_off(past)
        assert ask_for_reviews() == 0
        assert not ReviewRequest.objects.exists()

    def test_moved_event_has_requests_after_its_new_end(self, past: Event) -> None:
        requests._add_ended(timezone.now())
        ended(past, hours=-3)
        assert ask_for_reviews() == 0
        ended(past, hours=2)
        assert ask_for_reviews() == 1

    def test_attendee_of_a_later_date_gets_a_request(self, past: Event) -> None:
        ask_for_reviews()
        ended(past, hours=-3)
        fill(past, 1)
        with travel(timezone.now() + timedelta(hours=5), tick=False):
            assert (ask_for_reviews(), ask_for_reviews()) == (2, 0)
        assert len(recipients()) == 2  # Ada only once


def sent(before: Callable[[], Any]) -> list[str]:
    """Return the requests that are sent after a change in the meantime."""
    ask_for_reviews()
    planning.plan_all()
    before()
    for delivery in Delivery.objects.filter(notification__kind="review_request"):
        sending.deliver(delivery.pk)
    rows = Delivery.objects.filter(notification__kind="review_request")
    return list(rows.values_list("status", flat=True))


class TestLeaving:
    def test_valid_request_is_sent(self, past: Event) -> None:
        assert sent(lambda: None) == ["sent"]

    def test_request_is_dropped_after_a_review(self, past: Event, ada: User) -> None:
        assert sent(lambda: write(past, ada)) == ["skipped"]

    @pytest.mark.parametrize("end_it", [call_off, take_out])
    def test_request_of_a_deleted_event_is_dropped(
        self, past: Event, end_it: Callable[[Event], None]
    ) -> None:
        assert sent(lambda: end_it(past)) == ["skipped"]

    def test_old_request_is_dropped(self, past: Event) -> None:
        ask_for_reviews()
        planning.plan_all()
        with travel(timezone.now() + timedelta(hours=48)):
            [delivery] = Delivery.objects.filter(notification__kind="review_request")
            sending.deliver(delivery.pk)
        delivery.refresh_from_db()
        assert delivery.status == "skipped"

    def test_mail_links_to_the_event(self, past: Event, settings: Any) -> None:
        relay_all()
        mail.outbox.clear()
        task()
        relay_all()
        [message] = mail.outbox
        assert message.subject.startswith("How was it? ")
        assert message.extra_headers["X-Notification-Kind"] == "review_request"
        assert f"{settings.FRONTEND_URL}/events/{past.pk}" in str(message.body)

    def test_request_is_in_the_app_only_without_mails(self, past: Event, ada: User) -> None:
        set_preferences(user_id=ada.pk, changes={"channels": {"review_request": {"email": False}}})
        ask_for_reviews()
        planning.plan_all()
        assert recipients() == ["ada"]
        assert not Delivery.objects.filter(notification__kind="review_request").exists()


@pytest.mark.parametrize("number", [1, 30])
def test_number_of_statements_is_the_same_for_any_crowd(
    number: int, django_assert_num_queries: Any, olive: User
) -> None:
    event = EventFactory.create(created_by=olive)
    fill(event, number)
    ended(event, hours=2)
    requests._add_ended(timezone.now())
    # Savepoint, row, event, people, their notifications, row, release.
    with django_assert_num_queries(7):
        assert requests._ask_next(event.pk) == number
