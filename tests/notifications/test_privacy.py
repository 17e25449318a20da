"""Export and erasure of a person's notifications."""

from datetime import UTC, datetime, time
from typing import Any

import orjson
import pytest
from django.utils import timezone
from time_machine import travel

from accounts.models import User
from notifications import services
from notifications.models import Delivery, Device, Notification, Preferences, ReminderLead
from notifications.relay import planning, sending
from notifications.selectors import export_of
from notifications.services import add_device, forget_person, notify, set_preferences
from tests.notifications.notices import about_account, notice

MODELS = (Notification, Delivery, Device, Preferences, ReminderLead)
TOKEN = "fcm:APA91b-" + "s3cret" * 20 + "-ending"
AT = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)


def fill_tables(person: User, messages: int = 1) -> None:
    """Create rows in every table."""
    notify([notice(person, occasion=f"answer {number}") for number in range(messages)])
    planning.plan_all()
    add_device(user_id=person.pk, token=f"{person.pk}-{TOKEN}", platform="ios")
    changes = {
        "reminder_minutes": [30, 60],
        "quiet_hours": {"from": time(22), "to": time(7)},
        "channels": {"reminder": {"email": False}},
    }
    set_preferences(user_id=person.pk, changes=changes)


def row_counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in MODELS}


class TestForget:
    def test_all_rows_of_a_person_are_deleted(self, ada: User) -> None:
        fill_tables(ada)
        forget_person(user_id=ada.pk)
        assert row_counts() == dict.fromkeys(row_counts(), 0)

    def test_sams_rows_are_kept(self, ada: User, sam: User) -> None:
        fill_tables(sam)
        before = row_counts()
        fill_tables(ada)
        forget_person(user_id=ada.pk)
        assert (row_counts(), {row.user for row in Notification.objects.all()}) == (before, {sam})

    def test_rows_are_deleted_in_batches(self, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(services, "_BATCH", 2)
        fill_tables(ada, messages=5)
        forget_person(user_id=ada.pk)
        assert row_counts() == dict.fromkeys(row_counts(), 0)

    def test_second_call_is_no_error(self, ada: User) -> None:
        for _ in range(2):
            forget_person(user_id=ada.pk)
        assert row_counts() == dict.fromkeys(row_counts(), 0)

    def test_number_of_queries_does_not_grow(
        self, ada: User, django_assert_max_num_queries: Any
    ) -> None:
        fill_tables(ada, messages=50)
        # BEGIN, IDs, rows, their deliveries, deletion, COMMIT; none left; three more tables.
        with django_assert_max_num_queries(14):
            forget_person(user_id=ada.pk)

    def test_claimed_delivery_of_a_forgotten_person_is_ignored(self, ada: User) -> None:
        fill_tables(ada)
        delivery = Delivery.objects.get()
        forget_person(user_id=ada.pk)
        sending.deliver(delivery.pk)
        assert Delivery.objects.count() == 0


class TestExport:
    @pytest.fixture(autouse=True)
    def _clock(self) -> Any:
        with travel(AT, tick=False):
            yield

    def test_export_contains_all_rows(self, ada: User) -> None:
        account_notice = about_account(ada, email="old@example.com", context={"ip": "203.0.113.7"})
        notify([account_notice])
        planning.plan_all()
        device, _ = add_device(user_id=ada.pk, token=TOKEN, platform="ios")
        set_preferences(
            user_id=ada.pk,
            changes={"reminder_minutes": [30], "quiet_hours": {"from": time(22), "to": time(7)}},
        )
        notification, lead = Notification.objects.get(), ReminderLead.objects.get()
        assert export_of(ada.pk) == {
            "notifications.notification": [
                {
                    "id": notification.pk,
                    "user_id": ada.pk,
                    "kind": "account_security",
                    "event_id": None,
                    "priority": 0,
                    "occasion": "password changed 1",
                    "context": {
                        "what": "password_changed",
                        "detail": "",
                        "at": "2026-11-22T18:05:00+00:00",
                        "ip": "203.0.113.7",
                        "device": "",
                    },
                    "email": "old@example.com",
                    "useful_until": account_notice.useful_until,
                    "request_id": "",
                    "created_at": AT,
                    "planned_at": AT,
                    "read_at": None,
                }
            ],
            "notifications.delivery": [
                {
                    "id": Delivery.objects.get().pk,
                    "notification_id": notification.pk,
                    "channel": "email",
                    "address": "old@example.com",
                    "status": "pending",
                    "priority": 0,
                    "attempts": 0,
                    "due_at": AT,
                    "is_claimed": False,
                    "updated_at": AT,
                    "error": "",
                }
            ],
            "notifications.device": [
                {
                    "id": device.pk,
                    "user_id": ada.pk,
                    "session_id": None,
                    "token": "…ending",
                    "platform": "ios",
                    "created_at": AT,
                }
            ],
            "notifications.preferences": [
                {
                    "user_id": ada.pk,
                    "channels": {},
                    "has_own_leads": True,
                    "quiet_from": time(22),
                    "quiet_to": time(7),
                }
            ],
            "notifications.reminderlead": [{"id": lead.pk, "user_id": ada.pk, "minutes": 30}],
        }

    def test_export_of_a_new_user_is_empty(self, ada: User) -> None:
        assert export_of(ada.pk) == {model._meta.label_lower: [] for model in MODELS}

    def test_export_excludes_other_people(self, ada: User, sam: User) -> None:
        fill_tables(sam)
        assert export_of(ada.pk) == {model._meta.label_lower: [] for model in MODELS}

    def test_export_can_be_written_as_json(self, ada: User) -> None:
        fill_tables(ada)
        export = orjson.loads(orjson.dumps(export_of(ada.pk)))
        assert [len(rows) for rows in export.values()] == [1, 1, 1, 1, 2]

    @pytest.mark.parametrize("messages", [1, 3])
    def test_export_costs_one_query_per_model(
        self, messages: int, ada: User, django_assert_num_queries: Any
    ) -> None:
        fill_tables(ada, messages)
        with django_assert_num_queries(len(MODELS)):
            export_of(ada.pk)

    @pytest.mark.parametrize(
        ("token", "shown"), [("abc", "…"), ("qwerty", "…y"), ("x" * 18 + "123456", "…123456")]
    )
    def test_short_token_is_not_exported_completely(
        self, ada: User, token: str, shown: str
    ) -> None:
        Device.objects.create(user=ada, token=token, platform="web", created_at=timezone.now())
        assert [row["token"] for row in export_of(ada.pk)["notifications.device"]] == [shown]
