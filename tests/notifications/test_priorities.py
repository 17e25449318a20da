"""Urgent messages go first: a password reset waited minutes behind 10,001 mails."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from notifications import tasks
from notifications.kinds import Channel, Priority
from notifications.models import Delivery, Notification
from notifications.relay import claims, planning, sending
from notifications.services import Notice, notify
from notifications.tasks import relay as relay_task
from tests.factories import people
from tests.notifications.kinds import Kind
from tests.notifications.notices import about_account, notice

pytestmark = pytest.mark.both

Status = Delivery.Status
CROWD = Kind.EVENT_CHANGED


def notify_people(users: list[User], kind: Kind = CROWD, *, occasion: str = "answer 1") -> None:
    notify([notice_of(user, kind, occasion) for user in users])


def notice_of(user: User, kind: Kind, occasion: str = "answer 1") -> Notice[Any]:
    if kind.is_about_account:
        return about_account(user, kind, occasion=occasion)
    return notice(user, kind, occasion=occasion)


def kinds_of(claimed: list[claims.Claimed]) -> list[str]:
    """Return the kinds in the order in which their deliveries are claimed."""
    rows = Delivery.objects.select_related("notification").in_bulk(
        [claim.delivery_id for claim in claimed]
    )
    return [rows[claim.delivery_id].notification.kind for claim in claimed]


def finish(claimed: list[claims.Claimed]) -> None:
    Delivery.objects.filter(pk__in=[claim.delivery_id for claim in claimed]).update(
        status=Status.SENT, is_claimed=False
    )


def test_every_kind_has_a_priority() -> None:
    assert {kind.value: kind.priority.name for kind in Kind} == {
        "verify_email": "ACCOUNT",
        "verify_phone": "ACCOUNT",
        "reset_password": "ACCOUNT",
        "account_security": "ACCOUNT",
        "admin_alert": "ACCOUNT",
        "promoted": "PROMOTION",
        "rsvp_confirmed": "RECEIPT",
        "waitlisted": "RECEIPT",
        "rsvp_cancelled": "RECEIPT",
        "payment_receipt": "RECEIPT",
        "refunded": "RECEIPT",
        "reminder": "REMINDER",
        "event_changed": "CROWD",
        "event_cancelled": "CROWD",
        "review_request": "CROWD",
        "new_in_interests": "CROWD",
    }


BY_PRIORITY = [
    Kind.RESET_PASSWORD,
    Kind.PROMOTED,
    Kind.RSVP_CONFIRMED,
    Kind.REMINDER,
    Kind.EVENT_CHANGED,
]


def test_messages_are_claimed_by_priority(ada: User) -> None:
    for kind in reversed(BY_PRIORITY):
        notify_people([ada], kind)
    planning.plan_all()
    assert kinds_of(claims.claim_next(Channel.EMAIL)) == BY_PRIORITY


def test_messages_are_planned_by_priority(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH", 1)
    for kind in reversed(BY_PRIORITY):
        notify_people([ada], kind)
    planned = []
    while planning.plan_next():
        planned.append(Delivery.objects.latest("id").notification.kind)
    assert planned == BY_PRIORITY


def test_older_message_of_the_same_priority_goes_first(ada: User, sam: User) -> None:
    notify_people([sam, ada])
    planning.plan_all()
    Delivery.objects.filter(notification__user=ada).update(
        due_at=timezone.now() - timedelta(minutes=1)
    )
    claimed = [claim.delivery_id for claim in claims.claim_next(Channel.EMAIL)]
    addresses = Delivery.objects.in_bulk(claimed)
    assert [addresses[pk].address for pk in claimed] == ["ada@example.com", "sam@example.com"]


def test_later_urgent_message_overtakes_a_crowd_in_embedded_mode(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay sends the messages itself: it looks for new ones after each portion."""
    monkeypatch.setattr(claims, "MOST_CLAIMED", 4)
    notify_people(people(20))
    deliver = sending.deliver
    sent: list[str] = []

    def deliver_and_note(*delivery_ids: int, longest_s: float) -> Any:
        if not sent:
            notify_people([ada], Kind.PROMOTED)
        sent.extend(Delivery.objects.get(pk=pk).notification.kind for pk in delivery_ids)
        return deliver(*delivery_ids, longest_s=longest_s)

    monkeypatch.setattr(sending, "deliver", deliver_and_note)
    relay_task()
    assert len(mail.outbox) == 21
    assert sent.index(Kind.PROMOTED) == 4


class TestRoom:
    """Workers hold few deliveries at a time, because urgent ones wait behind them."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
        monkeypatch.setattr(claims, "MOST_CLAIMED", 4)

    def test_claims_are_limited_to_the_room_of_the_workers(self) -> None:
        notify_people(people(10))
        planning.plan_all()
        assert len(claims.claim_next(Channel.EMAIL)) == 4
        assert claims.claim_next(Channel.EMAIL) == []

    def test_more_are_claimed_once_half_are_done(self) -> None:
        notify_people(people(10))
        planning.plan_all()
        claimed = claims.claim_next(Channel.EMAIL)
        finish(claimed[:1])
        assert claims.claim_next(Channel.EMAIL) == []
        finish(claimed[1:2])
        assert len(claims.claim_next(Channel.EMAIL)) == 2

    def test_messages_about_accounts_have_their_own_room(self, ada: User) -> None:
        notify_people(people(10))
        planning.plan_all()
        claims.claim_next(Channel.EMAIL)
        notify_people([ada], Kind.RESET_PASSWORD)
        planning.plan_all()
        [claimed] = claims.claim_next(Channel.EMAIL)
        assert claimed.is_urgent

    def test_retries_take_no_room(self, nowhere: str, settings: Settings) -> None:
        """They wait for a mail server; other deliveries don't have to."""
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, port = nowhere.split(":")
        settings.EMAIL_PORT = int(port)
        notify_people(people(8))
        planning.plan_all()
        for claim in claims.claim_next(Channel.EMAIL):
            sending.deliver(claim.delivery_id)
        assert Delivery.objects.filter(attempts=1, due_at__gt=timezone.now()).count() == 4
        assert len(claims.claim_next(Channel.EMAIL)) == 4

    def test_lapsed_claim_takes_no_room(self) -> None:
        notify_people(people(8))
        planning.plan_all()
        claims.claim_next(Channel.EMAIL)
        Delivery.objects.filter(is_claimed=True).update(due_at=timezone.now())
        assert len(claims.claim_next(Channel.EMAIL)) == 4

    def test_released_claim_takes_no_room(self) -> None:
        notify_people(people(8))
        planning.plan_all()
        claims.release([claim.delivery_id for claim in claims.claim_next(Channel.EMAIL)])
        assert Delivery.objects.filter(is_claimed=True).count() == 0
        assert len(claims.claim_next(Channel.EMAIL)) == 4


def test_crowd_progresses_while_urgent_messages_arrive(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    monkeypatch.setattr(claims, "MOST_CLAIMED", 10)
    crowd = people(12)
    notify_people(crowd)
    planning.plan_all()
    Delivery.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    portions = []
    for number in range(3):
        notify_people(crowd, Kind.PROMOTED, occasion=f"answer {number}")
        planning.plan_all()
        claimed = claims.claim_next(Channel.EMAIL)
        portions.append(kinds_of(claimed).count(CROWD))
        finish(claimed)
    assert portions == [1, 1, 1]


@pytest.mark.parametrize(
    ("kind", "queue"),
    [(Kind.RESET_PASSWORD, "default"), (Kind.PROMOTED, "mail"), (CROWD, "mail")],
)
def test_messages_about_accounts_have_a_queue_without_crowds(
    ada: User, kind: Kind, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda _, **o: queues.append(o["queue"]))
    notify_people([ada], kind)
    relay_task()
    assert queues == [queue]


def test_claims_are_released_when_the_broker_fails(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[int] = []

    def publish(arguments: list[list[int]], **_: Any) -> None:
        if published:
            raise ConnectionError
        published.extend(arguments[0])

    monkeypatch.setattr(tasks.deliver, "apply_async", publish)
    monkeypatch.setattr(tasks, "BATCH", 1)
    notify_people(people(3))
    with pytest.raises(ConnectionError):
        relay_task()
    assert list(Delivery.objects.filter(is_claimed=True).values_list("pk", flat=True)) == published


@pytest.mark.parametrize(("in_worker", "claimed"), [(True, 4), (False, 2)])
def test_worker_claims_the_next_deliveries(
    db: None, monkeypatch: pytest.MonkeyPatch, in_worker: bool, claimed: int
) -> None:
    """Otherwise it would wait for the next sweep with few deliveries left."""
    monkeypatch.setattr(claims, "MOST_CLAIMED", 4)
    monkeypatch.setattr(tasks, "is_in_worker", lambda: in_worker)
    notify_people(people(10))
    planning.plan_all()
    first = claims.claim_next(Channel.EMAIL)
    finish(first[:1])
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda _, **__: None)
    tasks.deliver.run([first[1].delivery_id])
    assert Delivery.objects.claimed(timezone.now()).count() == claimed


def test_rows_of_the_previous_version_are_sent(ada: User) -> None:
    """Its processes write rows without a priority while this version starts."""
    notify_people([ada], Kind.PROMOTED)
    fields = [
        f.name for f in Notification._meta.concrete_fields if f.name not in ("id", "priority")
    ]
    row = Notification.objects.get()
    Notification.objects.all().delete()
    Notification.objects.create(**{name: getattr(row, name) for name in fields})
    relay_task()
    assert Delivery.objects.values_list("priority", "status").get() == (Priority.RECEIPT, "sent")


@pytest.mark.parametrize("waiting", [1, 3])
def test_claiming_costs_the_same_for_any_number(
    waiting: int, django_assert_num_queries: Callable[[int], Any], db: None
) -> None:
    notify_people(people(waiting))
    planning.plan_all()
    # Room, anything due; BEGIN, about accounts, others, marks, COMMIT.
    with django_assert_num_queries(7):
        claims.claim_next(Channel.EMAIL)
