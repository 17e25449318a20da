"""Which accounts an admin may change."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest

from accounts.authentication import signed_in
from accounts.models import User

_REFUSED = "This account has more rights than yours. Ask a superuser to do this."


def allowed_people(request: HttpRequest, page: Any, people: Iterable[User]) -> list[User]:
    """Return the people whose accounts the admin may change; show the others as refused."""
    allowed = []
    for person in people:
        if signed_in(request).may_act_on(person):
            allowed.append(person)
        else:
            page.message_user(request, f"{person}: {_REFUSED}", messages.ERROR)
    return allowed
