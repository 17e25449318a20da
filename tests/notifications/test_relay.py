"""Messages are planned, claimed, sent, retried, given up and deleted."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings
from time_machine import travel

from accounts.models import User
from notifications.kinds import Channel
from notifications.models import Delivery, Notification
from notifications.relay import claims, planning, sending
from notifications.selectors import preferences_of
from notifications.services import Notice, keep_in_app, notify, send_again, set_preferences
from notifications.tasks import forget_old
from notifications.tasks import relay as relay_task
from tests.factories import people as new_people
from tests.notifications.kinds import Kind
from tests.notifications.notices import notice

pytestmark = pytest.mark.both

Status = Delivery.Status


@pytest.fixture
def delivery(ada: User) -> Delivery:
    """One mail to Ada that is planned and due."""
    notify([notice(ada)])
    planning.plan_all()
    return Delivery.objects.get()


def smtp_at(settings: Settings, address: str) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, port = address.split(":")
    settings.EMAIL_PORT = int(port)


def state(delivery: Delivery) -> tuple[str, int]:
    delivery.refresh_from_db()
    return delivery.status, delivery.attempts


def test_message_is_sent_once(ada: User) -> None:
    notify([notice(ada)])
    for _ in range(2):
        relay_task()
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]
    assert state(Delivery.objects.get()) == ("sent", 1)


def test_same_occasion_creates_one_notification(ada: User) -> None:
    notify([notice(ada), notice(ada)])
    notify([notice(ada)])
    assert Notification.objects.count() == 1


def test_same_occasion_without_event_creates_one_notification(ada: User) -> None:
    digest = notice(ada, kind=Kind.NEW_IN_INTERESTS, event_id=None, context={"events": []})
    notify([digest])
    notify([digest])
    assert Notification.objects.count() == 1


def test_empty_list_of_notices_costs_no_query(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        notify([])


@pytest.mark.parametrize("people", [1, 3])
def test_planning_costs_the_same_for_any_number(
    people: int, django_assert_num_queries: Any, db: None
) -> None:
    notify([notice(person) for person in new_people(people)])
    # Anything; BEGIN, rows, preferences, verified, deliveries, marks, COMMIT; anything more.
    with django_assert_num_queries(9):
        planning.plan_all()


def test_inactive_people_get_nothing(ada: User) -> None:
    notify([notice(ada)])
    User.objects.filter(pk=ada.pk).update(is_active=False)
    relay_task()
    assert (mail.outbox, Delivery.objects.count()) == ([], 0)


def test_user_deactivated_after_planning_gets_nothing(ada: User, delivery: Delivery) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    sending.deliver(delivery.pk)
    assert (mail.outbox, state(delivery)[0]) == ([], "skipped")


def test_unwanted_kind_is_not_sent(ada: User) -> None:
    set_preferences(user_id=ada.pk, changes={"channels": {"rsvp_confirmed": {"email": False}}})
    notify([notice(ada)])
    relay_task()
    assert (mail.outbox, Notification.objects.count()) == ([], 1)


def test_outdated_notification_is_not_planned(ada: User) -> None:
    notify([notice(ada, useful_until=timezone.now())])
    relay_task()
    assert Delivery.objects.count() == 0


def test_notification_kept_in_the_app_is_not_sent(ada: User, sam: User) -> None:
    notify([notice(ada), notice(sam)])
    keep_in_app(user_ids=[ada.pk])
    relay_task()
    assert [message.to for message in mail.outbox] == [["sam@example.com"]]


def test_delivery_is_claimed_again_when_the_claim_lapses(delivery: Delivery) -> None:
    def claimed() -> list[int]:
        return [claim.delivery_id for claim in claims.claim_next(Channel.EMAIL)]

    now = timezone.now()
    assert claimed() == [delivery.pk]
    with travel(now + timedelta(seconds=claims.CLAIM_S - 2)):
        assert claimed() == []
    with travel(now + timedelta(seconds=claims.CLAIM_S + 2)):
        assert claimed() == [delivery.pk]


def test_delivery_under_way_is_left_alone_until_its_claim_lapses(delivery: Delivery) -> None:
    now = timezone.now()
    sending._claim(delivery)  # by a worker that was killed right after
    sending.deliver(delivery.pk)
    assert (mail.outbox, state(delivery)) == ([], ("sending", 1))
    with travel(now + timedelta(seconds=claims.CLAIM_S + 2)):
        relay_task()
    assert state(delivery) == ("sent", 2)


def test_sent_delivery_is_not_sent_again(delivery: Delivery) -> None:
    sending.deliver(delivery.pk)
    with travel(timezone.now() + timedelta(days=1)):
        sending.deliver(delivery.pk)
        relay_task()
    assert len(mail.outbox) == 1


def test_pauses_grow_until_the_delivery_fails(
    delivery: Delivery, settings: Settings, nowhere: str
) -> None:
    smtp_at(settings, nowhere)
    at = timezone.now()
    for attempt, pause_s in enumerate(settings.DELIVERY_PAUSES_S, start=1):
        with travel(at, tick=False):
            relay_task()
        assert state(delivery) == ("pending", attempt)
        wait_s = (delivery.due_at - at).total_seconds()
        assert 0.8 * pause_s <= wait_s <= 1.2 * pause_s
        at = delivery.due_at
    with travel(at, tick=False):
        relay_task()
    assert state(delivery) == ("failed", len(settings.DELIVERY_PAUSES_S) + 1)
    assert "ConnectionRefusedError" in delivery.error


def test_dead_letter_can_be_sent_again(delivery: Delivery) -> None:
    Delivery.objects.update(status=Status.FAILED, attempts=10, error="DeliveryRefused.")
    assert send_again(deliveries=[delivery.pk]) == 1
    relay_task()
    assert state(delivery) == ("sent", 1)
    assert delivery.error == ""


def test_action_does_not_resend_sent_deliveries(delivery: Delivery) -> None:
    relay_task()
    assert send_again(deliveries=[delivery.pk]) == 0


def test_delivery_to_an_invalid_address_fails_at_once(delivery: Delivery) -> None:
    forged = "ada@example.com\nBcc: everyone@example.com"
    User.objects.update(email=forged)
    EmailAddress.objects.update(email=forged)
    Delivery.objects.update(address=forged)
    sending.deliver(delivery.pk)
    assert (mail.outbox, state(delivery)) == ([], ("failed", 1))


def test_mail_is_skipped_after_unsubscribing(delivery: Delivery, ada: User) -> None:
    set_preferences(user_id=ada.pk, changes={"channels": {"rsvp_confirmed": {"email": False}}})
    sending.deliver(delivery.pk)
    assert (mail.outbox, state(delivery)[0]) == ([], "skipped")
    assert delivery.error == "Your preferences turn this message off."


def test_mail_is_skipped_after_a_change_of_address(delivery: Delivery, ada: User) -> None:
    User.objects.update(email="new@example.com")
    sending.deliver(delivery.pk)
    assert (mail.outbox, state(delivery)[0]) == ([], "skipped")
    assert delivery.error == "This address is no longer yours."


def test_delivery_that_kills_its_worker_is_given_up(delivery: Delivery) -> None:
    Delivery.objects.update(attempts=sending._most_attempts())
    sending.deliver(delivery.pk)
    assert (mail.outbox, state(delivery)[0]) == ([], "failed")


def test_unknown_time_zone_stops_no_delivery(ada: User, sam: User) -> None:
    User.objects.filter(pk=ada.pk).update(timezone="Mars/Olympus", phone="+4930901820")
    set_preferences(user_id=ada.pk, changes={"quiet_hours": {"from": time(0), "to": time(1)}})
    notify([notice(ada, kind=Kind.EVENT_CANCELLED), notice(sam)])
    relay_task()
    assert sorted(message.to[0] for message in mail.outbox) == [
        "ada@example.com",
        "sam@example.com",
    ]


def test_run_without_a_broker_ends_after_a_while(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliveries it had claimed are due at once for the next run."""
    monkeypatch.setattr("notifications.tasks.LONGEST_S", 0)
    notify([notice(person) for person in new_people(3)])
    sent = []
    for _ in range(3):
        relay_task()
        sent.append(len(mail.outbox))
    assert sent == [1, 2, 3]


def test_addresses_are_not_in_the_log(
    delivery: Delivery, settings: Settings, nowhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    smtp_at(settings, nowhere)
    sending.deliver(delivery.pk)
    assert ("delivery_failed" in caplog.text, "ada@" in caplog.text) == (True, False)


def test_sent_mark_waits_for_the_database(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost mark would send the mail a second time."""
    update, failures = Delivery.objects.none().update.__func__, [OperationalError("gone")] * 2  # type: ignore[attr-defined]

    def flaky(queryset: Any, **changes: Any) -> int:
        if changes.get("status") == Status.SENT and failures:
            raise failures.pop()
        return int(update(queryset, **changes))

    monkeypatch.setattr("notifications.models.DeliveryQuerySet.update", flaky)
    monkeypatch.setattr(sending, "close_old_connections", lambda: None)
    monkeypatch.setattr("notifications.relay.sending.time.sleep", lambda seconds: None)
    sending.deliver(delivery.pk)
    assert (len(mail.outbox), state(delivery)) == (1, ("sent", 1))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2027, 6, 4, 19, 59, tzinfo=UTC), None),
        (datetime(2027, 6, 4, 20, 0, tzinfo=UTC), datetime(2027, 6, 5, 5, tzinfo=UTC)),
        (datetime(2027, 6, 5, 4, 59, tzinfo=UTC), datetime(2027, 6, 5, 5, tzinfo=UTC)),
        (datetime(2027, 6, 5, 5, 0, tzinfo=UTC), None),
        # The night in which the clocks go forward is an hour shorter, and the other way round.
        (datetime(2027, 3, 27, 23, tzinfo=UTC), datetime(2027, 3, 28, 5, tzinfo=UTC)),
        (datetime(2027, 10, 30, 23, tzinfo=UTC), datetime(2027, 10, 31, 6, tzinfo=UTC)),
    ],
)
def test_quiet_hours_are_local(ada: User, now: datetime, until: datetime | None) -> None:
    hours = {"from": time(22), "to": time(7)}
    set_preferences(user_id=ada.pk, changes={"quiet_hours": hours})
    assert preferences_of(ada.pk).quiet_until(now, "Europe/Berlin") == until


def test_quiet_hours_at_noon(ada: User) -> None:
    set_preferences(user_id=ada.pk, changes={"quiet_hours": {"from": time(12), "to": time(14)}})
    at = datetime(2027, 6, 4, 13, tzinfo=UTC)
    assert preferences_of(ada.pk).quiet_until(at, "UTC") == at + timedelta(hours=1)
    assert preferences_of(ada.pk).quiet_until(at + timedelta(hours=1), "UTC") is None


class TestQuietHours:
    """Quiet hours delay SMS and push messages, not mails."""

    @pytest.fixture(autouse=True)
    def _quiet_night(self, ada: User, settings: Settings) -> None:
        settings.TWILIO_ACCOUNT_SID = settings.TWILIO_AUTH_TOKEN = settings.TWILIO_FROM = "on"
        User.objects.update(phone="+4930901820", confirmed_phone="+4930901820")
        hours = {"from": time(22), "to": time(7)}
        set_preferences(user_id=ada.pk, changes={"quiet_hours": hours})

    def planned(self, ada: User, **more: Any) -> dict[str, datetime]:
        with travel(datetime(2027, 6, 4, 23, tzinfo=UTC), tick=False):
            notify([notice(ada, kind=Kind.PROMOTED, **more)])
            planning.plan_all()
        return dict(Delivery.objects.values_list("channel", "due_at"))

    def test_mail_leaves_and_sms_waits_for_the_morning(self, ada: User) -> None:
        assert self.planned(ada) == {
            "email": datetime(2027, 6, 4, 23, tzinfo=UTC),
            "sms": datetime(2027, 6, 5, 7, tzinfo=UTC),
        }

    def test_retry_at_night_waits_for_the_morning(self, ada: User) -> None:
        self.planned(ada)
        sms = Delivery.objects.get(channel="sms")
        with travel(datetime(2027, 6, 5, 22, 30, tzinfo=UTC), tick=False):
            sending.deliver(sms.pk)
        assert state(sms) == ("pending", 0)
        assert sms.due_at == datetime(2027, 6, 6, 7, tzinfo=UTC)

    def test_message_outdated_in_the_morning_is_skipped(self, ada: User) -> None:
        self.planned(ada, useful_until=datetime(2027, 6, 5, 6, tzinfo=UTC))
        sms = Delivery.objects.get(channel="sms")
        with travel(datetime(2027, 6, 5, 7, 1, tzinfo=UTC), tick=False):
            sending.deliver(sms.pk)
        assert (state(sms)[0], sms.error) == ("skipped", "It was too late for this message.")


def test_old_messages_are_deleted(ada: User, sam: User) -> None:
    now = timezone.now()
    with travel(now - timedelta(days=31)):
        notify([notice(ada)])
        relay_task()
    notify([notice(sam)])
    forget_old()
    assert [n.user for n in Notification.objects.all()] == [sam]


def test_old_message_with_a_pending_delivery_is_kept(delivery: Delivery) -> None:
    Notification.objects.update(created_at=timezone.now() - timedelta(days=31))
    forget_old()
    assert Notification.objects.count() == 1


def test_notices_of_one_call_are_inserted_together(
    ada: User, django_assert_num_queries: Any
) -> None:
    many: list[Notice[Any]] = [notice(ada, occasion=f"answer {number}") for number in range(40)]
    with django_assert_num_queries(1):
        notify(many)
