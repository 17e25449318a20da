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


def tell(users: list[User], kind: Kind = CROWD, *, occasion: str = "answer 1") -> None:
    notify([of_kind(user, kind, occasion) for user in users])


def of_kind(user: User, kind: Kind, occasion: str = "answer 1") -> Notice[Any]:
    if kind.is_about_account:
        return about_account(user, kind, occasion=occasion)
    return notice(user, kind, occasion=occasion)


def kinds_of(claimed: list[claims.Claimed]) -> list[str]:
    """In the order in which they are handed out."""
    rows = Delivery.objects.select_related("notification").in_bulk(
        [each.delivery_id for each in claimed]
    )
    return [rows[each.delivery_id].notification.kind for each in claimed]


def finish(claimed: list[claims.Claimed]) -> None:
    Delivery.objects.filter(pk__in=[each.delivery_id for each in claimed]).update(
        status=Status.SENT, is_claimed=False
    )


def test_each_kind_has_a_priority() -> None:
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
        "reminder": "REMINDER",
        "event_changed": "CROWD",
        "event_cancelled": "CROWD",
        "review_request": "CROWD",
        "new_in_interests": "CROWD",
    }


IN_TURN = [
    Kind.RESET_PASSWORD,
    Kind.PROMOTED,
    Kind.RSVP_CONFIRMED,
    Kind.REMINDER,
    Kind.EVENT_CHANGED,
]


def test_messages_are_handed_out_by_priority(ada: User) -> None:
    for kind in reversed(IN_TURN):
        tell([ada], kind)
    planning.plan_all()
    assert kinds_of(claims.claim_next(Channel.EMAIL)) == IN_TURN


def test_messages_are_planned_by_priority(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH", 1)
    for kind in reversed(IN_TURN):
        tell([ada], kind)
    planned = []
    while planning.plan_next():
        planned.append(Delivery.objects.latest("id").notification.kind)
    assert planned == IN_TURN


def test_older_message_of_the_same_priority_goes_first(ada: User, sam: User) -> None:
    tell([sam, ada])
    planning.plan_all()
    Delivery.objects.filter(notification__user=ada).update(
        due_at=timezone.now() - timedelta(minutes=1)
    )
    claimed = [each.delivery_id for each in claims.claim_next(Channel.EMAIL)]
    addresses = Delivery.objects.in_bulk(claimed)
    assert [addresses[pk].address for pk in claimed] == ["ada@example.com", "sam@example.com"]


def test_message_that_comes_later_overtakes_a_crowd_in_the_embedded_mode(
    ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The relay sends by itself there: a portion at a time, and then looks for what is new."""
    monkeypatch.setattr(claims, "MOST_CLAIMED", 4)
    tell(people(20))
    deliver = sending.deliver
    sent: list[str] = []

    def deliver_and_note(delivery_id: int) -> Any:
        if not sent:
            tell([ada], Kind.PROMOTED)
        sent.append(Delivery.objects.get(pk=delivery_id).notification.kind)
        return deliver(delivery_id)

    monkeypatch.setattr(sending, "deliver", deliver_and_note)
    relay_task()
    assert len(mail.outbox) == 21
    assert sent.index(Kind.PROMOTED) == 4


class TestRoom:
    """Few are in workers' hands at a time, because what is urgent waits behind them."""

    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
        monkeypatch.setattr(claims, "MOST_CLAIMED", 4)

    def test_no_more_is_claimed_than_workers_have_room_for(self) -> None:
        tell(people(10))
        planning.plan_all()
        assert len(claims.claim_next(Channel.EMAIL)) == 4
        assert claims.claim_next(Channel.EMAIL) == []

    def test_next_are_claimed_once_half_of_them_are_done(self) -> None:
        tell(people(10))
        planning.plan_all()
        claimed = claims.claim_next(Channel.EMAIL)
        finish(claimed[:1])
        assert claims.claim_next(Channel.EMAIL) == []
        finish(claimed[1:2])
        assert len(claims.claim_next(Channel.EMAIL)) == 2

    def test_messages_about_accounts_have_room_of_their_own(self, ada: User) -> None:
        tell(people(10))
        planning.plan_all()
        claims.claim_next(Channel.EMAIL)
        tell([ada], Kind.RESET_PASSWORD)
        planning.plan_all()
        [claimed] = claims.claim_next(Channel.EMAIL)
        assert claimed.is_urgent

    def test_retries_take_no_room(self, nowhere: str, settings: Settings) -> None:
        """They wait for a mail server, and others need not wait with them."""
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, port = nowhere.split(":")
        settings.EMAIL_PORT = int(port)
        tell(people(8))
        planning.plan_all()
        for each in claims.claim_next(Channel.EMAIL):
            sending.deliver(each.delivery_id)
        assert Delivery.objects.filter(attempts=1, due_at__gt=timezone.now()).count() == 4
        assert len(claims.claim_next(Channel.EMAIL)) == 4

    def test_claim_that_lapsed_takes_no_room(self) -> None:
        tell(people(8))
        planning.plan_all()
        claims.claim_next(Channel.EMAIL)
        Delivery.objects.filter(is_claimed=True).update(due_at=timezone.now())
        assert len(claims.claim_next(Channel.EMAIL)) == 4

    def test_claim_that_was_given_back_takes_no_room(self) -> None:
        tell(people(8))
        planning.plan_all()
        claims.release([each.delivery_id for each in claims.claim_next(Channel.EMAIL)])
        assert Delivery.objects.filter(is_claimed=True).count() == 0
        assert len(claims.claim_next(Channel.EMAIL)) == 4


def test_crowd_gets_on_while_urgent_messages_keep_coming(
    monkeypatch: pytest.MonkeyPatch, db: None
) -> None:
    monkeypatch.setattr(claims, "MOST_CLAIMED", 10)
    crowd = people(12)
    tell(crowd)
    planning.plan_all()
    Delivery.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    portions = []
    for number in range(3):
        tell(crowd, Kind.PROMOTED, occasion=f"answer {number}")
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
    tell([ada], kind)
    relay_task()
    assert queues == [queue]


def test_broker_that_dies_while_deliveries_are_handed_out_keeps_none_of_them(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[int] = []

    def publish(arguments: list[int], **_: Any) -> None:
        if published:
            raise ConnectionError
        published.extend(arguments)

    monkeypatch.setattr(tasks.deliver, "apply_async", publish)
    tell(people(3))
    with pytest.raises(ConnectionError):
        relay_task()
    assert list(Delivery.objects.filter(is_claimed=True).values_list("pk", flat=True)) == published


@pytest.mark.parametrize(("in_worker", "claimed"), [(True, 4), (False, 2)])
def test_worker_hands_out_the_next_ones_by_itself(
    db: None, monkeypatch: pytest.MonkeyPatch, in_worker: bool, claimed: int
) -> None:
    """Otherwise it would wait for the next sweep, with so few in hand."""
    monkeypatch.setattr(claims, "MOST_CLAIMED", 4)
    monkeypatch.setattr(tasks, "is_in_worker", lambda: in_worker)
    tell(people(10))
    planning.plan_all()
    first = claims.claim_next(Channel.EMAIL)
    finish(first[:1])
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda _, **__: None)
    tasks.deliver.run(first[1].delivery_id)
    assert Delivery.objects.claimed(timezone.now()).count() == claimed


def test_rows_of_the_previous_version_are_sent(ada: User) -> None:
    """Its processes write rows without a priority while this version starts."""
    tell([ada], Kind.PROMOTED)
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
    tell(people(waiting))
    planning.plan_all()
    # Room, whether any is due; BEGIN, about accounts, others, claimed, COMMIT.
    with django_assert_num_queries(7):
        claims.claim_next(Channel.EMAIL)
