"""SMS through Twilio."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from core.validators import may_receive_sms
from notifications import rendering
from notifications.channels import DeliveryRefused, Recipient
from notifications.models import Delivery

TIMEOUT_S = 10
UNCONFIRMED = "Your phone number is not confirmed."

# Error codes with status 400 that are not about the message: the sender's number is not ours,
# cannot send SMS, or has too many waiting. The library also reports 400 if a proxy responded.
_NOT_FINAL = {400, 21212, 21603, 21606, 21611, 21659, 21660, 21661}


def is_on() -> bool:
    return all((settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM))


def recipients(users: Iterable[Any]) -> dict[int, list[Recipient]]:
    """Return the numbers; unconfirmed ones may be a stranger's, or premium-rate numbers."""
    return {user.pk: [Recipient(user.phone, _obstacle(user))] for user in users if user.phone}


def _obstacle(user: Any) -> str:
    if user.phone != user.confirmed_phone:
        return UNCONFIRMED
    return "" if may_receive_sms(user.phone) else "SMS are not sent to numbers of this country."


def sender() -> nullcontext[Callable[[Delivery], None]]:
    return nullcontext(send)


def send(delivery: Delivery) -> None:
    client = _client(
        settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_BASE_URL
    )
    try:
        client.messages.create(
            to=delivery.address,
            from_=settings.TWILIO_FROM,
            body=rendering.sms(delivery.notification),
        )
    except TwilioRestException as error:
        if _is_final(error):
            raise DeliveryRefused(f"Twilio {error.code}: {error.msg}") from error
        raise


def _is_final(error: TwilioRestException) -> bool:
    """Return whether the number or the text is wrong, and not the account or Twilio itself.

    Twilio warns that its codes change, so only the exceptions are listed.
    """
    return error.status == 400 and error.code not in _NOT_FINAL


@lru_cache(maxsize=1)
def _client(account_sid: str, auth_token: str, base_url: str) -> Client:
    """Return one client per process, which keeps its connections."""
    if not (account_sid + auth_token).isascii():
        # The error of the HTTP library would contain the token.
        raise ImproperlyConfigured("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must be ASCII.")
    client = Client(account_sid, auth_token, http_client=TwilioHttpClient(timeout=TIMEOUT_S))
    client.api.base_url = base_url
    return client
