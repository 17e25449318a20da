"""Places of earlier logins, so that guesses from elsewhere do not lock the owner out.

Like OWASP's device cookies, but without cookies: a client address and a browser that have signed
in to an account have their own count of wrong passwords.
"""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.allauth.client import Caller
from accounts.models import LoginPlace
from core.ratelimit.throttles import bucket_of

KEPT = timedelta(days=90)


def remember_place(*, user_id: int, caller: Caller) -> None:
    """Record that the user signed in from there, or proved that the account is theirs."""
    place = LoginPlace(
        user_id=user_id,
        address=_address(user_id, caller),
        device=_device(user_id, caller),
        last_used_at=timezone.now(),
    )
    LoginPlace.objects.bulk_create(
        [place],
        update_conflicts=True,
        unique_fields=["user", "address", "device"],
        update_fields=["last_used_at"],
    )


def counter_of(*, user_id: int, caller: Caller) -> str:
    """Return the name of the counter of attempts from this place; "" for a new place.

    The place is the browser at that address, or else the address, used in the last 90 days or by
    an open session. The statements are the same for every `user_id`, including 0 for accounts that
    do not exist.
    """
    address, device = _address(user_id, caller), _device(user_id, caller)
    places = LoginPlace.objects.filter(
        user=user_id, address=address, last_used_at__gt=timezone.now() - KEPT
    )
    devices = set(places.values_list("device", flat=True))
    for ip, user_agent in UserSession.objects.filter(user=user_id).values_list("ip", "user_agent"):
        place = Caller(ip=ip, user_agent=user_agent)
        if _address(user_id, place) == address:
            devices.add(_device(user_id, place))
    if device in devices:
        return f"device:{device}"
    return f"address:{address}" if devices else ""


def forget_old_places() -> int:
    """Delete the places without a recent login; return their number."""
    forgotten, _ = LoginPlace.objects.filter(last_used_at__lt=timezone.now() - KEPT).delete()
    return forgotten


def _address(user_id: int, caller: Caller) -> str:
    return _digest(f"{user_id} {bucket_of(caller.ip)}")


def _device(user_id: int, caller: Caller) -> str:
    """Include the address: a browser's user agent is easily guessed."""
    return _digest(f"{user_id} {bucket_of(caller.ip)} {caller.user_agent}")


def _digest(text: str) -> str:
    return salted_hmac("login-place", text, algorithm="sha256").hexdigest()[:32]
