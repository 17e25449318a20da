"""Push messages to apps and browsers, through Firebase Cloud Messaging (FCM)."""

import threading
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from requests.adapters import HTTPAdapter

from notifications import rendering
from notifications.channels import Reach, Refused
from notifications.models import Delivery, Notification
from notifications.selectors import devices_in_use

TIMEOUT_S = 5
KEPT_BY_FCM = timedelta(days=28)  # at most; it refuses a longer time to live

_starting = threading.Lock()


def is_on() -> bool:
    return bool(settings.FCM_CREDENTIALS_FILE)


def reach(users: Iterable[Any]) -> dict[int, list[Reach]]:
    found = defaultdict(list)
    theirs = devices_in_use().filter(user__in=[user.pk for user in users]).order_by("pk")
    for user_id, device_id in theirs.values_list("user_id", "pk"):
        found[user_id].append(Reach(str(device_id)))
    return dict(found)


def send(delivery: Delivery) -> None:
    from firebase_admin import exceptions, messaging

    notification = delivery.notification
    device = devices_in_use().filter(pk=delivery.address, user=notification.user_id).first()
    if device is None:
        raise Refused("The device is not there any more.")
    app = _app(settings.FCM_CREDENTIALS_FILE)
    try:
        messaging.send(_message(notification, device.token), app=app)
    except messaging.UnregisteredError as error:
        device.delete()
        raise Refused(f"FCM does not know the device: {error}") from error
    except messaging.SenderIdMismatchError as error:
        # Kept: with another project's credentials by mistake every device would be lost.
        raise Refused(f"FCM: {error}") from error
    except exceptions.InvalidArgumentError as error:
        problem = _problem(error.http_response)
        if problem is None:
            raise
        if _is_about_the_token(problem):
            device.delete()
        raise Refused(f"FCM: {error}") from error


def _message(notification: Notification, token: str) -> Any:
    """Not shown after its time; what is sent twice replaces the first on phones."""
    from firebase_admin import messaging

    now = timezone.now()
    expires_at = max(now, min(notification.useful_until, now + KEPT_BY_FCM))
    ttl_s = int((expires_at - now).total_seconds())
    tag = f"notification-{notification.pk}"
    return messaging.Message(
        token=token,
        notification=messaging.Notification(
            title=rendering.subject(notification), body=rendering.short_text(notification)
        ),
        data={
            "kind": notification.kind,
            "event_id": str(notification.event_id or ""),
            "notification_id": str(notification.pk),
        },
        android=messaging.AndroidConfig(
            ttl=ttl_s, notification=messaging.AndroidNotification(tag=tag)
        ),
        apns=messaging.APNSConfig(
            headers={
                "apns-expiration": str(int(expires_at.timestamp())),
                "apns-collapse-id": tag,
            }
        ),
        webpush=messaging.WebpushConfig(headers={"TTL": str(ttl_s)}),
    )


def _problem(response: Any) -> dict[str, Any] | None:
    """FCM's own words, or None if a proxy answered in its place."""
    try:
        problem = response.json()["error"]
    except (ValueError, LookupError, TypeError):
        return None
    return problem if isinstance(problem, dict) else None


def _is_about_the_token(problem: dict[str, Any]) -> bool:
    """Whether the device is to blame, and not what we sent.

    FCM names the field; where it names none, its message tells
    (https://firebase.google.com/docs/cloud-messaging/error-codes).
    """
    fields = [
        violation.get("field")
        for detail in problem.get("details", [])
        for violation in detail.get("fieldViolations", [])
    ]
    if fields:
        return "message.token" in fields
    return "registration token" in problem.get("message", "")


def _app(credentials_file: str) -> Any:
    """Firebase's app of that file: one per process, named by it.

    A file that cannot be read is read again next time, one that could is not.
    """
    import firebase_admin

    with _starting:
        try:
            return firebase_admin.get_app(credentials_file)
        except ValueError:
            return _start(credentials_file)


def _start(credentials_file: str) -> Any:
    import firebase_admin
    from firebase_admin import credentials, messaging

    try:
        certificate = credentials.Certificate(credentials_file)
    except OSError as error:
        raise ImproperlyConfigured(f"FCM_CREDENTIALS_FILE cannot be read: {error}") from error
    except (ValueError, TypeError, AttributeError):
        # Without the library's words, which can repeat the key.
        raise ImproperlyConfigured(
            "FCM_CREDENTIALS_FILE cannot be used: it is no service account's JSON file."
        ) from None
    if not certificate.project_id:
        raise ImproperlyConfigured("FCM_CREDENTIALS_FILE cannot be used: it has no project_id.")
    app = firebase_admin.initialize_app(
        certificate, {"httpTimeout": TIMEOUT_S}, name=credentials_file
    )
    # The library repeats calls and sleeps for as long as a `Retry-After` says, which outlives
    # the claim on the delivery. The outbox repeats them; the library has no setting for it.
    session = messaging._get_messaging_service(app)._client.session
    for prefix in list(session.adapters):
        session.mount(prefix, HTTPAdapter())
    return app
