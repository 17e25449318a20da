"""Where somebody has signed in before, so that guesses made elsewhere do not lock them out.

The idea of OWASP's device cookies without cookies: an address and a browser
that have signed in to an account have a count of wrong passwords of their own.
"""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.engine.client import Caller
from accounts.models import LoginPlace
from config.throttling import bucket_of

KEPT = timedelta(days=90)


def remember_place(*, user_id: int, caller: Caller) -> None:
    """The person has just signed in from there, or proved that the account is theirs."""
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


def allowance_of(*, user_id: int, caller: Caller) -> str:
    """Return a name for the count of tries that applies there; empty where nobody signed in yet.

    The browser at that address, or else the address, in the last 90 days or
    with a session that goes on. The same statements for any `user_id`, 0 for
    accounts that do not exist.
    """
    address, device = _address(user_id, caller), _device(user_id, caller)
    places = LoginPlace.objects.filter(
        user=user_id, address=address, last_used_at__gt=timezone.now() - KEPT
    )
    devices = set(places.values_list("device", flat=True))
    for ip, user_agent in UserSession.objects.filter(user=user_id).values_list("ip", "user_agent"):
        there = Caller(ip=ip, user_agent=user_agent)
        if _address(user_id, there) == address:
            devices.add(_device(user_id, there))
    if device in devices:
        return f"device:{device}"
    return f"address:{address}" if devices else ""


def forget_old_places() -> int:
    """Delete the places where nobody has signed in for a while; returns how many."""
    forgotten, _ = LoginPlace.objects.filter(last_used_at__lt=timezone.now() - KEPT).delete()
    return forgotten


def _address(user_id: int, caller: Caller) -> str:
    return _digest(f"{user_id} {bucket_of(caller.ip)}")


def _device(user_id: int, caller: Caller) -> str:
    """With the address: what a browser calls itself is easily guessed."""
    return _digest(f"{user_id} {bucket_of(caller.ip)} {caller.user_agent}")


def _digest(text: str) -> str:
    return salted_hmac("login-place", text, algorithm="sha256").hexdigest()[:32]
