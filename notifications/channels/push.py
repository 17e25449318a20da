"""Push messages to apps and browsers, through Firebase Cloud Messaging (FCM)."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from requests.adapters import HTTPAdapter

from notifications import rendering
from notifications.channels import DeliveryRefused, Recipient
from notifications.models import Delivery, Notification
from notifications.selectors import devices_in_use

TIMEOUT_S = 5
KEPT_BY_FCM = timedelta(days=28)  # at most; it refuses a longer time to live

_starting = threading.Lock()


def is_on() -> bool:
    return bool(settings.FCM_CREDENTIALS_FILE)


def recipients(users: Iterable[Any]) -> dict[int, list[Recipient]]:
    by_user = defaultdict(list)
    devices = devices_in_use().filter(user__in=[user.pk for user in users]).order_by("pk")
    for user_id, device_id in devices.values_list("user_id", "pk"):
        by_user[user_id].append(Recipient(str(device_id)))
    return dict(by_user)


def sender() -> nullcontext[Callable[[Delivery], None]]:
    return nullcontext(send)


def send(delivery: Delivery) -> None:
    from firebase_admin import exceptions, messaging

    notification = delivery.notification
    device = devices_in_use().filter(pk=delivery.address, user=notification.user_id).first()
    if device is None:
        raise DeliveryRefused("This device is no longer registered.")
    app = _app(settings.FCM_CREDENTIALS_FILE)
    try:
        messaging.send(_message(notification, device.token), app=app)
    except messaging.UnregisteredError as error:
        device.delete()
        raise DeliveryRefused(f"FCM does not know this device: {error}") from error
    except messaging.SenderIdMismatchError as error:
        # Keep the device: wrong credentials would otherwise delete every device.
        raise DeliveryRefused(f"FCM: {error}") from error
    except exceptions.InvalidArgumentError as error:
        problem = _problem(error.http_response)
        if problem is None:
            raise
        if _is_about_the_token(problem):
            device.delete()
        raise DeliveryRefused(f"FCM: {error}") from error


def _message(notification: Notification, token: str) -> Any:
    """Return the message; it expires, and a second copy replaces the first one on the phone."""
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
            headers={"apns-expiration": str(int(expires_at.timestamp())), "apns-collapse-id": tag}
        ),
        webpush=messaging.WebpushConfig(headers={"TTL": str(ttl_s)}),
    )


def _problem(response: Any) -> dict[str, Any] | None:
    """Return FCM's description of the error; None if the response came from a proxy."""
    try:
        problem = response.json()["error"]
    except (ValueError, LookupError, TypeError):
        return None
    return problem if isinstance(problem, dict) else None


def _is_about_the_token(problem: dict[str, Any]) -> bool:
    """Return whether the token is invalid, and not the rest of the message.

    FCM names the field, or otherwise describes it in its message
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
    """Return Firebase's app for this file, one per process. Errors are not cached."""
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
        # Without the library's text, which can contain the key.
        raise ImproperlyConfigured(
            "FCM_CREDENTIALS_FILE is not the JSON file of a service account."
        ) from None
    if not certificate.project_id:
        raise ImproperlyConfigured("FCM_CREDENTIALS_FILE has no project_id.")
    app = firebase_admin.initialize_app(
        certificate, {"httpTimeout": TIMEOUT_S}, name=credentials_file
    )
    # Turn off the library's own retries, for which it has no setting: it sleeps as long as
    # `Retry-After` says, and the claim on the delivery expires meanwhile. The outbox retries.
    session = messaging._get_messaging_service(app)._client.session
    for prefix in list(session.adapters):
        session.mount(prefix, HTTPAdapter())
    return app
