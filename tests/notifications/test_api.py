"""The list of notifications and the devices over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from notifications.kinds import Channel
from notifications.models import Delivery, Device
from notifications.rendering import short_text
from notifications.services import MOST_DEVICES, add_device, mark_read
from tests.client import Api, refusal
from tests.factories import people
from tests.notifications.kinds import SWITCHABLE, Kind
from tests.notifications.outbox import create_delivery, create_notification

pytestmark = pytest.mark.both

PHONE = {"token": "fcm:APA91b-token_of-a-phone", "platform": "android"}


def as_json(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"


class TestList:
    def test_list_shows_content_and_deliveries(self, as_ada: Api, ada: User) -> None:
        notification = create_notification(ada)
        mail = create_delivery(notification, Channel.EMAIL, status=Delivery.Status.SENT)
        push = create_delivery(
            notification, Channel.PUSH, status=Delivery.Status.SKIPPED, error="Too late."
        )
        assert as_ada.get("/notifications/")["results"] == [
            {
                "id": notification.pk,
                "kind": "promoted",
                "event": {
                    "id": 42,
                    "title": "Rooftop Jazz Night",
                    "start_time": "2027-06-04T17:00:00Z",
                },
                "text": short_text(notification),
                "created_at": as_json(notification.created_at),
                "read_at": None,
                "deliveries": [
                    {
                        "channel": "email",
                        "status": "sent",
                        "at": as_json(mail.updated_at),
                        "reason": "",
                    },
                    {
                        "channel": "push",
                        "status": "skipped",
                        "at": as_json(push.updated_at),
                        "reason": "Too late.",
                    },
                ],
            }
        ]

    def test_start_time_is_in_utc(self, as_ada: Api, ada: User) -> None:
        notification = create_notification(ada)
        notification.context["event"]["starts_at"] = "2027-06-04T19:00:00+02:00"
        notification.save()
        (item,) = as_ada.get("/notifications/")["results"]
        assert item["event"]["start_time"] == "2027-06-04T17:00:00Z"

    def test_digest_has_no_single_event(self, as_ada: Api, ada: User) -> None:
        create_notification(ada, Kind.NEW_IN_INTERESTS, "2027-W22")
        (digest,) = as_ada.get("/notifications/")["results"]
        assert (digest["kind"], digest["event"]) == ("new_in_interests", None)

    @pytest.mark.parametrize("kind", [*SWITCHABLE, Kind.ACCOUNT_SECURITY])
    def test_every_kind_has_a_text(self, as_ada: Api, ada: User, kind: Kind) -> None:
        create_notification(ada, kind)
        (item,) = as_ada.get("/notifications/")["results"]
        assert item["kind"] == kind and item["text"]

    def test_newest_comes_first_on_every_page(self, as_ada: Api, ada: User) -> None:
        ids = [create_notification(ada, occasion=f"answer {number}").pk for number in range(3)]
        first = as_ada.get("/notifications/", limit=2)
        second = as_ada.get("/notifications/", limit=2, page=2)
        assert first["count"] == 3
        assert [item["id"] for item in first["results"]] == [ids[2], ids[1]]
        assert [item["id"] for item in second["results"]] == [ids[0]]

    def test_unread_filter_separates_unread_from_read(self, as_ada: Api, ada: User) -> None:
        read, unread = (
            create_notification(ada, occasion="answer 1"),
            create_notification(ada, occasion="answer 2"),
        )
        mark_read(notification_id=read.pk, user_id=ada.pk)
        for value, expected in [("true", [unread.pk]), ("false", [read.pk])]:
            found = as_ada.get("/notifications/", unread=value)["results"]
            assert [item["id"] for item in found] == expected

    def test_invalid_value_of_unread_is_refused(self, as_ada: Api) -> None:
        problem = as_ada.get("/notifications/", expect=400, unread="perhaps")
        assert refusal(problem) == (("unread", "invalid_choice"),)

    def test_sam_does_not_see_adas_notifications(self, as_sam: Api, ada: User) -> None:
        create_notification(ada)
        assert as_sam.get("/notifications/")["results"] == []

    def test_lists_require_login(self, as_nobody: Api) -> None:
        for path in ("/notifications/", "/notifications/preferences/", "/devices/"):
            assert refusal(as_nobody.get(path, expect=401)) == ("not_authenticated",)


class TestRead:
    def test_second_read_keeps_the_first_time(self, as_ada: Api, ada: User) -> None:
        notification = create_notification(ada)
        first = as_ada.post(f"/notifications/{notification.pk}/read/", expect=200)
        again = as_ada.post(f"/notifications/{notification.pk}/read/", expect=200)
        assert first["id"] == notification.pk
        assert first["read_at"] is not None
        assert again == first == as_ada.get("/notifications/")["results"][0]

    def test_sam_cannot_read_adas_notification(self, as_sam: Api, ada: User) -> None:
        notification = create_notification(ada)
        assert refusal(as_sam.post(f"/notifications/{notification.pk}/read/", expect=404)) == (
            "not_found",
        )
        notification.refresh_from_db()
        assert notification.read_at is None

    def test_reading_requires_login(self, as_nobody: Api, ada: User) -> None:
        as_nobody.post(f"/notifications/{create_notification(ada).pk}/read/", expect=401)

    def test_unknown_ids_are_not_found(self, as_ada: Api) -> None:
        for unknown in ("999", "9" * 18, "9" * 19, "x"):
            as_ada.post(f"/notifications/{unknown}/read/", expect=404)


class TestReadAll:
    def test_all_of_my_notifications_are_read(self, as_ada: Api, ada: User, sam: User) -> None:
        for number in range(3):
            create_notification(ada, occasion=f"answer {number}")
        of_sam = create_notification(sam)
        as_ada.post("/notifications/read-all/", expect=204)
        assert as_ada.get("/notifications/", unread="true")["count"] == 0
        assert as_ada.get("/notifications/", unread="false")["count"] == 3
        of_sam.refresh_from_db()
        assert of_sam.read_at is None

    def test_second_request_keeps_the_first_times(self, as_ada: Api, ada: User) -> None:
        create_notification(ada)
        as_ada.post("/notifications/read-all/", {}, expect=204)
        first = as_ada.get("/notifications/")
        as_ada.post("/notifications/read-all/", expect=204)
        assert as_ada.get("/notifications/") == first

    def test_person_without_notifications_gets_no_error(self, as_sam: Api) -> None:
        as_sam.post("/notifications/read-all/", expect=204)

    def test_fields_are_refused(self, as_ada: Api) -> None:
        problem = as_ada.post("/notifications/read-all/", {"kind": "promoted"}, expect=400)
        assert refusal(problem) == (("kind", "unknown_field"),)


class TestDevices:
    def test_new_device_is_created(self, as_ada: Api, ada: User) -> None:
        device = as_ada.post("/devices/", PHONE)
        row = Device.objects.get(user=ada)
        assert device == {"id": row.pk, **PHONE, "created_at": as_json(row.created_at)}
        assert as_ada.get("/devices/")["results"] == [device]

    def test_known_device_is_updated(self, as_ada: Api) -> None:
        first = as_ada.post("/devices/", PHONE)
        again = as_ada.post("/devices/", PHONE | {"platform": "web"}, expect=200)
        assert again == first | {"platform": "web"}

    def test_device_of_another_signed_in_account_is_refused(self, as_ada: Api, as_sam: Api) -> None:
        """Otherwise a copied token could stop the push messages of another person's phone."""
        device = as_ada.post("/devices/", PHONE)
        problem = as_sam.post("/devices/", PHONE, expect=409)
        assert refusal(problem) == ("device_of_another_account", "sign_out_other_account")
        assert as_ada.get("/devices/")["results"] == [device]
        assert as_sam.get("/devices/")["results"] == []

    def test_device_is_free_after_logout(self, as_ada: Api, as_sam: Api) -> None:
        as_ada.post("/devices/", PHONE)
        as_ada.post("/logout/", expect=204)
        as_sam.post("/devices/", PHONE)
        assert len(as_sam.get("/devices/")["results"]) == 1

    def test_device_is_free_after_its_session_expires(
        self, as_ada: Api, sam: User, time_machine: Any
    ) -> None:
        as_ada.post("/devices/", PHONE)
        time_machine.move_to(timezone.now() + timedelta(days=14, minutes=1))
        as_sam = Api(sam)
        as_sam.post("/devices/", PHONE, expect=200)
        assert len(as_sam.get("/devices/")["results"]) == 1

    def test_device_without_a_session_is_free(self, ada: User, as_sam: Api) -> None:
        add_device(user_id=ada.pk, token=PHONE["token"], platform="android")
        as_sam.post("/devices/", PHONE, expect=200)
        assert not Device.objects.filter(user=ada).exists()

    def test_device_moves_to_the_session_that_registered_it_last(
        self, as_ada: Api, ada: User
    ) -> None:
        as_ada.post("/devices/", PHONE)
        newer = Api(ada)
        newer.post("/devices/", PHONE, expect=200)
        as_ada.post("/logout/", expect=204)
        assert len(newer.get("/devices/")["results"]) == 1
        newer.post("/logout/", expect=204)
        assert not Device.objects.exists()

    def test_oldest_device_is_removed_at_the_limit(self, as_ada: Api, ada: User, sam: User) -> None:
        add_device(user_id=sam.pk, token="of-sam", platform="web")
        for number in range(MOST_DEVICES + 1):
            as_ada.post("/devices/", {"token": f"token-{number}", "platform": "web"})
        tokens = {item["token"] for item in as_ada.get("/devices/", limit=100)["results"]}
        assert tokens == {f"token-{number}" for number in range(1, MOST_DEVICES + 1)}
        assert Device.objects.filter(user=sam).count() == 1

    def test_device_that_changes_accounts_is_kept_at_the_limit(self, ada: User, sam: User) -> None:
        add_device(user_id=sam.pk, token="passed-on", platform="web")  # without a session
        for number in range(MOST_DEVICES):
            add_device(user_id=ada.pk, token=f"token-{number}", platform="web")
        passed_on, _ = add_device(user_id=ada.pk, token="passed-on", platform="web")
        assert Device.objects.filter(user=ada).count() == MOST_DEVICES
        assert Device.objects.filter(pk=passed_on.pk, user=ada).exists()

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"token": ""}, "token", "blank"),
            ({"token": None}, "token", "null"),
            ({"token": "x" * 1025}, "token", "max_length"),
            ({"token": "two words"}, "token", "invalid"),
            ({"token": "line\nbreak"}, "token", "invalid"),
            ({"token": "tökén"}, "token", "invalid"),
            ({"token": "nul\x00"}, "token", "invalid"),
            ({"token": ["a"]}, "token", "invalid"),
            ({"platform": "palm"}, "platform", "invalid_choice"),
            ({"platform": None}, "platform", "null"),
            ({"platform": {}}, "platform", "invalid_choice"),
        ],
    )
    def test_invalid_value_is_refused_by_field(
        self, as_ada: Api, changes: Any, field: str, code: str
    ) -> None:
        problem = as_ada.post("/devices/", PHONE | changes, expect=400)
        assert (field, code) in refusal(problem)

    def test_all_fields_are_required(self, as_ada: Api) -> None:
        problem = as_ada.post("/devices/", {}, expect=400)
        assert refusal(problem) == (("token", "required"), ("platform", "required"))

    def test_longest_token_fits(self, as_ada: Api) -> None:
        as_ada.post("/devices/", {"token": "~" * 1024, "platform": "ios"})

    def test_device_is_removed(self, as_ada: Api) -> None:
        device = as_ada.post("/devices/", PHONE)
        as_ada.delete(f"/devices/{device['id']}/")
        assert as_ada.get("/devices/")["results"] == []
        as_ada.delete(f"/devices/{device['id']}/", expect=404)

    def test_sam_neither_sees_nor_removes_adas_device(self, as_ada: Api, as_sam: Api) -> None:
        device = as_ada.post("/devices/", PHONE)
        assert as_sam.get("/devices/")["results"] == []
        problem = as_sam.delete(f"/devices/{device['id']}/", expect=404)
        assert refusal(problem) == ("not_found",)
        assert as_ada.get("/devices/")["results"] == [device]

    def test_devices_require_login(self, as_nobody: Api, as_ada: Api) -> None:
        device = as_ada.post("/devices/", PHONE)
        as_nobody.post("/devices/", PHONE, expect=401)
        as_nobody.delete(f"/devices/{device['id']}/", expect=401)

    def test_list_counts_only_own_devices(self, as_ada: Api, ada: User) -> None:
        for number, person in enumerate([ada, *people(2)]):
            add_device(user_id=person.pk, token=f"token-{number}", platform="web")
        assert as_ada.get("/devices/")["count"] == 1
