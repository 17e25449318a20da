"""Push messages, by Firebase's own library against stand-ins of Google's servers."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import firebase_admin
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from firebase_admin import exceptions, messaging
from google.auth import _helpers
from google.auth.exceptions import RefreshError, TransportError

from accounts.models import User
from notifications import rendering
from notifications.channels import DeliveryRefused, Recipient, push
from notifications.kinds import Channel
from notifications.models import Delivery, Device, Notification
from tests.notifications.kinds import Kind
from tests.standins import StandInResponse
from tests.standins.fcm import ACCESS_TOKEN, SEND_PATH, Fcm, problem

# Needs no servers.
pytestmark = [pytest.mark.embedded, pytest.mark.slow]

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
ENDS_AT = datetime(2027, 6, 4, 20, tzinfo=UTC)
UNREGISTERED = problem(404, "NOT_FOUND", "Requested entity was not found.", fcm_code="UNREGISTERED")


@pytest.fixture
def credentials_file(tmp_path: Path) -> Path:
    return tmp_path / "service-account.json"


@pytest.fixture
def fcm(settings: Any, monkeypatch: pytest.MonkeyPatch, credentials_file: Path) -> Iterator[Fcm]:
    with Fcm() as server:
        # The only other addresses that the libraries call. A separate thread calls the second one
        # for the regions that an account may use.
        monkeypatch.setattr(messaging._MessagingService, "FCM_URL", server.url + SEND_PATH)
        monkeypatch.setattr(_helpers, "DEFAULT_UNIVERSE_DOMAIN", "localhost")
        credentials_file.write_text(json.dumps(server.service_account()))
        settings.FCM_CREDENTIALS_FILE = str(credentials_file)
        yield server
        with suppress(ValueError):  # a test of an invalid file starts none
            firebase_admin.delete_app(firebase_admin.get_app(str(credentials_file)))


@pytest.fixture
def device(ada: User) -> Device:
    return Device.objects.create(user=ada, token="ada-phone", platform=Device.Platform.ANDROID)


@pytest.fixture
def delivery(ada: User, device: Device) -> Delivery:
    event = {
        "id": 1,
        "title": "Rooftop Jazz Night",
        "starts_at": "2027-06-04T17:00:00+00:00",
        "ends_at": ENDS_AT.isoformat(),
        "timezone": "Europe/Berlin",
        "location": "Dachgarten, Berlin",
        "sequence": 0,
        "organizer": "olive",
    }
    notification = Notification.objects.create(
        user=ada,
        kind=Kind.RSVP_CONFIRMED,
        event_id=1,
        occasion="1",
        context={"event": event, "guests": 0},
        useful_until=ENDS_AT,
    )
    return Delivery.objects.create(
        notification=notification,
        channel=Channel.PUSH,
        address=str(device.pk),
        due_at=timezone.now(),
    )


def is_kept(device: Device) -> bool:
    return Device.objects.filter(pk=device.pk).exists()


class TestRecipients:
    def test_on_with_credentials(self, fcm: Fcm) -> None:
        assert push.is_on() is True

    def test_off_without_credentials(self, settings: Any) -> None:
        settings.FCM_CREDENTIALS_FILE = ""
        assert push.is_on() is False

    def test_reaches_every_device(
        self, ada: User, sam: User, olive: User, device: Device, django_assert_num_queries: Any
    ) -> None:
        tablet = Device.objects.create(user=ada, token="ada-tablet", platform="ios")
        browser = Device.objects.create(user=sam, token="sam-browser", platform="web")
        with django_assert_num_queries(1):
            found = push.recipients([ada, sam, olive])
        assert found == {
            ada.pk: [Recipient(str(device.pk)), Recipient(str(tablet.pk))],
            sam.pk: [Recipient(str(browser.pk))],
        }


class TestSending:
    def test_message_has_content_and_expiry(
        self, fcm: Fcm, delivery: Delivery, time_machine: Any
    ) -> None:
        time_machine.move_to(NOW, tick=False)
        push.send(delivery)
        notification = delivery.notification
        tag = f"notification-{notification.pk}"
        ttl_s = int((ENDS_AT - NOW).total_seconds())
        assert fcm.taken == [
            {
                "token": "ada-phone",
                "notification": {
                    "title": rendering.subject(notification),
                    "body": rendering.short_text(notification),
                },
                "data": {
                    "kind": "rsvp_confirmed",
                    "event_id": "1",
                    "notification_id": str(notification.pk),
                },
                "android": {"ttl": f"{ttl_s}s", "notification": {"tag": tag}},
                "apns": {
                    "headers": {
                        "apns-expiration": str(int(ENDS_AT.timestamp())),
                        "apns-collapse-id": tag,
                    }
                },
                "webpush": {"headers": {"TTL": str(ttl_s)}},
            }
        ]

    @pytest.mark.parametrize(
        ("useful_until", "ttl"),
        [(NOW + timedelta(days=300), "2419200s"), (NOW - timedelta(seconds=1), "0s")],
    )
    def test_time_to_live_is_limited_to_what_fcm_accepts(
        self, fcm: Fcm, delivery: Delivery, time_machine: Any, useful_until: datetime, ttl: str
    ) -> None:
        time_machine.move_to(NOW, tick=False)
        delivery.notification.useful_until = useful_until
        push.send(delivery)
        assert fcm.taken[0]["android"]["ttl"] == ttl

    def test_message_without_event_has_no_event_id(self, fcm: Fcm, delivery: Delivery) -> None:
        delivery.notification.event_id = None
        push.send(delivery)
        assert fcm.taken[0]["data"]["event_id"] == ""

    def test_access_token_is_kept(self, fcm: Fcm, delivery: Delivery) -> None:
        push.send(delivery)
        push.send(delivery)
        assert (len(fcm.taken), fcm.tokens_given) == (2, 1)

    def test_threads_share_one_app(self, fcm: Fcm, settings: Any) -> None:
        together = threading.Barrier(8)

        def start(path: str) -> Any:
            together.wait()
            return push._app(path)

        with ThreadPoolExecutor(8) as pool:
            apps = list(pool.map(start, [settings.FCM_CREDENTIALS_FILE] * 8))
        assert len(set(apps)) == 1


class TestDeviceGone:
    def test_deleted_device_is_refused(self, fcm: Fcm, delivery: Delivery, device: Device) -> None:
        device.delete()
        with pytest.raises(DeliveryRefused, match=r"^This device is no longer registered\.$"):
            push.send(delivery)

    def test_message_does_not_follow_a_device_to_another_user(
        self, fcm: Fcm, delivery: Delivery, device: Device, sam: User
    ) -> None:
        Device.objects.filter(pk=device.pk).update(user=sam)
        with pytest.raises(DeliveryRefused, match=r"^This device is no longer registered\.$"):
            push.send(delivery)
        assert fcm.calls == []

    @pytest.mark.parametrize(
        "response",
        [
            UNREGISTERED,
            problem(
                400,
                "INVALID_ARGUMENT",
                "The registration token is not a valid FCM registration token",
                fcm_code="INVALID_ARGUMENT",
            ),
            problem(
                400,
                "INVALID_ARGUMENT",
                "Invalid registration token",
                fcm_code="INVALID_ARGUMENT",
                field="message.token",
            ),
        ],
        ids=["unregistered", "no token", "no token, with its field"],
    )
    def test_device_that_fcm_does_not_know_is_dropped(
        self, fcm: Fcm, delivery: Delivery, device: Device, response: StandInResponse
    ) -> None:
        fcm.refused["ada-phone"] = response
        with pytest.raises(DeliveryRefused):
            push.send(delivery)
        assert not is_kept(device)

    def test_device_of_another_sender_is_kept(
        self, fcm: Fcm, delivery: Delivery, device: Device
    ) -> None:
        """The credentials may be another project's by mistake."""
        fcm.refused["ada-phone"] = problem(
            403, "PERMISSION_DENIED", "SenderId mismatch", fcm_code="SENDER_ID_MISMATCH"
        )
        with pytest.raises(DeliveryRefused, match="SenderId mismatch"):
            push.send(delivery)
        assert is_kept(device)

    def test_other_devices_stay(self, fcm: Fcm, delivery: Delivery, ada: User) -> None:
        tablet = Device.objects.create(user=ada, token="ada-tablet", platform="ios")
        fcm.refused["ada-phone"] = UNREGISTERED
        with pytest.raises(DeliveryRefused):
            push.send(delivery)
        assert list(Device.objects.all()) == [tablet]


class TestRefusals:
    @pytest.mark.parametrize(
        "response",
        [
            problem(
                400,
                "INVALID_ARGUMENT",
                "Invalid value at 'message.data[0].value' (registration token)",
                field="message.data[0].value",
            ),
            problem(400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
        ],
        ids=["field", "too big"],
    )
    def test_refused_message_is_final_and_the_device_stays(
        self, fcm: Fcm, delivery: Delivery, device: Device, response: StandInResponse
    ) -> None:
        fcm.refused["ada-phone"] = response
        with pytest.raises(DeliveryRefused) as refusal:
            push.send(delivery)
        assert str(refusal.value) == f"FCM: {response.body['error']['message']}"
        assert is_kept(device)

    @pytest.mark.parametrize(
        ("response", "error"),
        [
            (problem(401, "UNAUTHENTICATED", "No."), exceptions.UnauthenticatedError),
            (
                problem(401, "UNAUTHENTICATED", "No.", fcm_code="THIRD_PARTY_AUTH_ERROR"),
                messaging.ThirdPartyAuthError,
            ),
            (problem(403, "PERMISSION_DENIED", "No."), exceptions.PermissionDeniedError),
            (problem(404, "NOT_FOUND", "No such project."), exceptions.NotFoundError),
            (
                problem(429, "RESOURCE_EXHAUSTED", "Slowly.", fcm_code="QUOTA_EXCEEDED"),
                messaging.QuotaExceededError,
            ),
            (problem(500, "INTERNAL", "Oh.", fcm_code="INTERNAL"), exceptions.InternalError),
            (problem(503, "UNAVAILABLE", "Later."), exceptions.UnavailableError),
            (StandInResponse(502, "<h1>Bad Gateway</h1>"), exceptions.UnknownError),
            (StandInResponse(400, "<h1>Bad Request</h1>"), exceptions.InvalidArgumentError),
            (StandInResponse(400, ["error"]), exceptions.InvalidArgumentError),
        ],
        ids=lambda value: str(getattr(value, "status", "")),
    )
    def test_error_of_account_or_server_is_tried_again_later(
        self, fcm: Fcm, delivery: Delivery, device: Device, response: StandInResponse, error: Any
    ) -> None:
        fcm.refused["ada-phone"] = response
        with pytest.raises(error):
            push.send(delivery)
        assert is_kept(device)

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_library_neither_retries_nor_waits(
        self, fcm: Fcm, delivery: Delivery, status: int
    ) -> None:
        push.send(delivery)
        fcm.trouble = StandInResponse(status, "", (("Retry-After", "2"),))
        began = time.monotonic()
        with pytest.raises(exceptions.FirebaseError):
            push.send(delivery)
        assert time.monotonic() - began < 2
        assert [call.path for call in fcm.calls].count(fcm.calls[-1].path) == 2


class TestNetwork:
    def test_silent_server_costs_the_timeout_and_no_more(
        self, fcm: Fcm, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(push, "TIMEOUT_S", 0.3)
        push.send(delivery)
        fcm.is_hanging = True
        began = time.monotonic()
        with pytest.raises(exceptions.DeadlineExceededError):
            push.send(delivery)
        assert time.monotonic() - began < 2

    def test_silent_token_server_costs_the_timeout_and_no_more(
        self, fcm: Fcm, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(push, "TIMEOUT_S", 0.3)
        fcm.is_hanging = True
        began = time.monotonic()
        with pytest.raises(TransportError):
            push.send(delivery)
        assert time.monotonic() - began < 2

    def test_connection_cut_off_is_an_error(self, fcm: Fcm, delivery: Delivery) -> None:
        push.send(delivery)
        fcm.is_hanging_up = True
        with pytest.raises(exceptions.UnavailableError):
            push.send(delivery)


class TestCredentials:
    @pytest.mark.parametrize(
        "changes",
        [
            {"type": "authorized_user"},
            {"client_email": None},
            {"project_id": ""},
            {"private_key": "-----BEGIN PRIVATE KEY-----\nSECRET"},
            {"private_key": ["SECRET"]},
            {"private_key": 5},
        ],
        ids=str,
    )
    def test_invalid_file_is_reported_without_its_key(
        self, fcm: Fcm, delivery: Delivery, credentials_file: Path, changes: dict[str, Any]
    ) -> None:
        broken = {k: v for k, v in (fcm.service_account() | changes).items() if v is not None}
        credentials_file.write_text(json.dumps(broken))
        with pytest.raises(ImproperlyConfigured) as error:
            push.send(delivery)
        assert str(error.value).startswith("FCM_CREDENTIALS_FILE ")
        assert "SECRET" not in repr(error.value)

    @pytest.mark.parametrize("content", ["", "{", "[]", "5", "\udcff"])
    def test_file_that_is_no_json_object_is_reported(
        self, fcm: Fcm, delivery: Delivery, credentials_file: Path, content: str
    ) -> None:
        credentials_file.write_text(content, errors="surrogateescape")
        with pytest.raises(ImproperlyConfigured, match="FCM_CREDENTIALS_FILE "):
            push.send(delivery)

    def test_missing_file_is_named(
        self, fcm: Fcm, delivery: Delivery, credentials_file: Path
    ) -> None:
        credentials_file.unlink()
        with pytest.raises(ImproperlyConfigured, match=credentials_file.name):
            push.send(delivery)

    def test_repaired_file_is_used_without_a_restart(
        self, fcm: Fcm, delivery: Delivery, credentials_file: Path
    ) -> None:
        good = credentials_file.read_text()
        credentials_file.write_text("{")
        with pytest.raises(ImproperlyConfigured):
            push.send(delivery)
        credentials_file.write_text(good)
        push.send(delivery)
        assert len(fcm.taken) == 1

    def test_revoked_key_is_tried_again_later(
        self, fcm: Fcm, delivery: Delivery, device: Device
    ) -> None:
        fcm.trouble = StandInResponse(400, {"error": "invalid_grant"})
        with pytest.raises(RefreshError, match="invalid_grant"):
            push.send(delivery)
        assert is_kept(device)

    @pytest.mark.parametrize("trouble", ["hang up", "401", "403"])
    def test_secrets_are_in_no_error_and_no_log(
        self, fcm: Fcm, delivery: Delivery, caplog: pytest.LogCaptureFixture, trouble: str
    ) -> None:
        push.send(delivery)
        caplog.set_level("DEBUG")
        fcm.is_hanging_up = trouble == "hang up"
        if trouble != "hang up":
            fcm.refused["ada-phone"] = problem(int(trouble), "PERMISSION_DENIED", "No.")
        with pytest.raises(exceptions.FirebaseError) as error:
            push.send(delivery)
        output = f"{error.value!r} {error.value} {caplog.text}"
        assert "PRIVATE KEY" not in output
        assert ACCESS_TOKEN not in output
