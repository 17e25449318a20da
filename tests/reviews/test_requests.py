"""Attendees are asked once, some time after the end."""

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


def people_asked() -> list[str]:
    """Return the people asked so far, each as often as they were."""
    rows = Notification.objects.filter(kind="review_request").order_by("user_id", "id")
    return list(rows.values_list("user__username", flat=True))


def ended(event: Event, **ago: float) -> Event:
    """Move the end of the event to this long ago."""
    over = timezone.now() - timedelta(**ago)
    Event.objects.filter(pk=event.pk).update(start_time=over - timedelta(hours=2), end_time=over)
    return event


class TestWho:
    def test_everyone_with_a_seat_is_asked(self, past: Event, ada: User) -> None:
        assert (ask_for_reviews(), people_asked()) == (1, ["ada"])

    def test_person_who_waited_or_was_interested_or_left_is_not(
        self, event: Event, ada: User, sam: User
    ) -> None:
        [holder] = people(1)
        join_event(event_id=event.pk, attendee=holder, guests=1)
        join_event(event_id=event.pk, attendee=ada)
        mark_interested(event_id=event.pk, attendee=sam)
        for left in people(2):
            mark_interested(event_id=event.pk, attendee=left)
            leave_event(event_id=event.pk, attendee=left)
        ended(event, hours=2)
        assert (ask_for_reviews(), people_asked()) == (1, [holder.username])

    def test_where_people_were_checked_in_only_those_are(
        self, past: Event, ada: User, sam: User
    ) -> None:
        both = past_event(ada, sam)
        came(both, sam)
        ask_for_reviews()
        assert people_asked() == ["ada", "sam"]  # ada about the other one

    def test_one_scan_leaves_nobody_out(self, ada: User, sam: User) -> None:
        event = past_event(ada, sam, *people(1))
        came(event, sam)
        assert ask_for_reviews() == 3
        assert {"ada", "sam"} < set(people_asked())

    def test_person_who_has_reviewed_is_not(self, past: Event, ada: User) -> None:
        write(past, ada)
        assert ask_for_reviews() == 0

    def test_organizer_is_not(self, olive: User) -> None:
        past_event(olive, created_by=olive)
        assert ask_for_reviews() == 0

    def test_person_who_is_not_active_any_more_is_not(self, past: Event, ada: User) -> None:
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
    def test_an_hour_after_the_end_and_up_to_two_days(
        self, event: Event, ada: User, ago: dict[str, float], number: int
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        ended(event, **ago)
        assert ask_for_reviews() == number

    def test_setting_says_how_long_after(self, past: Event, settings: Any) -> None:
        settings.REVIEW_REQUEST_AFTER_MINUTES = 90
        assert ask_for_reviews() == 0
        settings.REVIEW_REQUEST_AFTER_MINUTES = 0
        assert ask_for_reviews() == 1

    @pytest.mark.parametrize(
        "change", [{"status": "cancelled"}, {"status": "draft"}, {"external_status": "postponed"}]
    )
    def test_cancelled_event_is_not_asked_about(self, past: Event, change: dict[str, str]) -> None:
        Event.objects.filter(pk=past.pk).update(**change)
        assert (ask_for_reviews(), ReviewRequest.objects.count()) == (0, 0)

    def test_deleted_event_is_not_asked_about(self, past: Event) -> None:
        take_out(past)
        assert ask_for_reviews() == 0


class TestOnce:
    def test_second_run_asks_nobody_again(self, past: Event) -> None:
        assert [ask_for_reviews() for _ in range(3)] == [1, 0, 0]
        assert people_asked() == ["ada"]
        assert ReviewRequest.objects.unfinished().count() == 0

    def test_each_event_is_asked_about(self, past: Event, ada: User) -> None:
        past_event(ada)
        ask_for_reviews()
        assert people_asked() == ["ada", "ada"]

    def test_row_that_is_lost_asks_nobody_twice(self, past: Event) -> None:
        ask_for_reviews()
        ReviewRequest.objects.all().delete()
        ask_for_reviews()
        assert people_asked() == ["ada"]

    def test_batches_go_on_where_a_cut_left_them(
        self, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = EventFactory.create()
        crowd = fill(event, 5)
        ended(event, hours=2)
        monkeypatch.setattr(requests, "BATCH", 2)
        requests._add_ended(timezone.now())
        assert requests._ask_next(event.pk) == 2
        assert len(people_asked()) == 2
        assert ask_for_reviews() == 3
        assert people_asked() == [person.username for person in crowd]
        [row] = ReviewRequest.objects.values("asked", "asked_up_to")
        assert row == {"asked": 5, "asked_up_to": crowd[-1].pk}

    def test_batch_that_breaks_off_is_asked_as_a_whole(
        self, past: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def cut(*_: Any, **__: Any) -> None:
            raise ConnectionError

        with monkeypatch.context() as broken:
            broken.setattr(ReviewRequest, "save", cut)
            with pytest.raises(ConnectionError):
                ask_for_reviews()
        assert people_asked() == []
        assert (ask_for_reviews(), people_asked()) == (1, ["ada"])

    def test_event_that_is_called_off_meanwhile_is_let_be(self, past: Event) -> None:
        requests._add_ended(timezone.now())
        call_off(past)
        assert ask_for_reviews() == 0
        assert not ReviewRequest.objects.exists()

    def test_event_that_moves_and_ends_again_is_asked_about(self, past: Event) -> None:
        requests._add_ended(timezone.now())
        ended(past, hours=-3)
        assert ask_for_reviews() == 0
        ended(past, hours=2)
        assert ask_for_reviews() == 1

    def test_person_who_comes_to_a_later_date_is_asked_too(self, past: Event) -> None:
        ask_for_reviews()
        ended(past, hours=-3)
        fill(past, 1)
        with travel(timezone.now() + timedelta(hours=5), tick=False):
            assert (ask_for_reviews(), ask_for_reviews()) == (2, 0)
        assert len(people_asked()) == 2  # ada but once


def sent(before: Callable[[], Any]) -> list[str]:
    """The requests that are sent after a change in the meantime."""
    ask_for_reviews()
    planning.plan_all()
    before()
    for delivery in Delivery.objects.filter(notification__kind="review_request"):
        sending.deliver(delivery.pk)
    rows = Delivery.objects.filter(notification__kind="review_request")
    return list(rows.values_list("status", flat=True))


class TestLeaving:
    def test_request_that_still_holds_is_sent(self, past: Event) -> None:
        assert sent(lambda: None) == ["sent"]

    def test_person_who_has_reviewed_meanwhile_is_not_asked_any_more(
        self, past: Event, ada: User
    ) -> None:
        assert sent(lambda: write(past, ada)) == ["skipped"]

    @pytest.mark.parametrize("end_it", [call_off, take_out])
    def test_event_that_is_gone_is_not_asked_about_any_more(
        self, past: Event, end_it: Callable[[Event], None]
    ) -> None:
        assert sent(lambda: end_it(past)) == ["skipped"]

    def test_request_of_the_day_before_yesterday_is_not_sent(self, past: Event) -> None:
        ask_for_reviews()
        planning.plan_all()
        with travel(timezone.now() + timedelta(hours=48)):
            [delivery] = Delivery.objects.filter(notification__kind="review_request")
            sending.deliver(delivery.pk)
        delivery.refresh_from_db()
        assert delivery.status == "skipped"

    def test_mail_leads_to_the_event(self, past: Event, settings: Any) -> None:
        relay_all()
        mail.outbox.clear()
        task()
        relay_all()
        [message] = mail.outbox
        assert message.subject.startswith("How was it? ")
        assert message.extra_headers["X-Notification-Kind"] == "review_request"
        assert f"{settings.FRONTEND_URL}/events/{past.pk}" in str(message.body)

    def test_whoever_does_not_want_it_finds_it_in_the_app_only(
        self, past: Event, ada: User
    ) -> None:
        set_preferences(user_id=ada.pk, changes={"channels": {"review_request": {"email": False}}})
        ask_for_reviews()
        planning.plan_all()
        assert people_asked() == ["ada"]
        assert not Delivery.objects.filter(notification__kind="review_request").exists()


@pytest.mark.parametrize("number", [1, 30])
def test_asking_costs_the_same_for_any_crowd(
    number: int, django_assert_num_queries: Any, olive: User
) -> None:
    event = EventFactory.create(created_by=olive)
    fill(event, number)
    ended(event, hours=2)
    requests._add_ended(timezone.now())
    # Savepoint, row, event, people, their notices, row, release.
    with django_assert_num_queries(7):
        assert requests._ask_next(event.pk) == number
