"""Ways in through Google, GitHub, Facebook, Apple and OpenID Connect."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts import mails
from accounts.allauth.adapters import is_own_redirect
from accounts.allauth.client import Caller, Reply, ask
from accounts.allauth.providers import name_of
from accounts.exceptions import (
    InvalidCredentials,
    LastWayIn,
    LinkedElsewhere,
    LinkNotFound,
    ProviderNotThere,
    SessionOver,
)
from accounts.models import User
from accounts.services.login import SecondFactor, let_in
from accounts.services.reauthentication import require_recent, session_key_of
from accounts.services.second_factor import refuse
from accounts.services.sessions import Tokens
from core.errors import BadValue


def links_of(user: User) -> QuerySet[SocialAccount]:
    links: QuerySet[SocialAccount] = SocialAccount.objects.filter(user=user)
    return links.order_by("provider", "pk")


def log_in_with_provider(
    *, provider: str, proof: dict[str, str], caller: Caller
) -> Tokens | SecondFactor:
    """With an id_token, an access_token or a code; a new account where there is none yet.

    Raises ProviderNotThere, BadValue, AccountExists, EmailMissing, ProviderUnavailable.
    """
    reply = ask("ours:provider", _asked(provider, proof, "login"), caller=caller)
    _check_proof(reply, proof)
    outcome = let_in(reply)
    if outcome is None:
        raise InvalidCredentials("The provider lets this person in; the account is not active.")
    return outcome


def link_provider(
    *, user: User, session_id: int, provider: str, proof: dict[str, str], caller: Caller
) -> SocialAccount:
    """Linking twice is no error. Raises ReauthenticationRequired, LinkedElsewhere and the above."""
    asked = _asked(provider, proof, "connect")
    key = require_recent(session_id=session_id)
    reply = ask("ours:provider", asked, session_key=key, caller=caller)
    if "connected_other" in reply.error_codes:
        raise LinkedElsewhere
    _check_proof(reply, proof)
    refuse(reply)  # the session may have ended meanwhile
    return links_of(user).filter(provider=provider).latest("last_login")


@transaction.atomic
def unlink_provider(*, user: User, session_id: int, provider: str, caller: Caller) -> None:
    """All of its accounts, or none. Raises ReauthenticationRequired, LinkNotFound, LastWayIn.

    Not by allauth, which needs the provider's configuration for it. The person
    is locked: of two links that go at once, one must stay.
    """
    require_recent(session_id=session_id)
    person = User.objects.select_for_update().get(pk=user.pk)
    links = links_of(person)
    gone = links.filter(provider=provider)
    if not gone.exists():
        raise LinkNotFound
    if not person.has_usable_password() and not links.exclude(provider=provider).exists():
        raise LastWayIn
    gone.delete()
    mails.send_security(
        user_id=person.pk,
        what="provider_unlinked",
        detail=name_of(provider),
        ip=caller.ip,
        user_agent=caller.user_agent,
    )


def reauthenticate_by_provider(
    *, session_id: int, provider: str, proof: dict[str, str], caller: Caller
) -> None:
    """For those who have no password. Raises as logging in does."""
    asked = _asked(provider, proof, "reauthenticate")
    reply = ask("ours:provider", asked, session_key=session_key_of(session_id), caller=caller)
    _check_proof(reply, proof)
    if not reply.is_signed_in:
        raise SessionOver


def _asked(provider: str, proof: dict[str, str], process: str) -> dict[str, Any]:
    apps = settings.SOCIALACCOUNT_PROVIDERS.get(provider, {}).get("APPS")
    if not apps:
        raise ProviderNotThere
    client_ids = [app["client_id"] for app in apps]
    client_id = proof.get("client_id", client_ids[0])
    if client_id not in client_ids:
        raise BadValue("client_id", "unknown_client", "This client id is not ours.")
    asked: dict[str, Any] = {"provider": provider, "process": process}
    if "code" not in proof:
        return asked | {"client_id": client_id, "token": proof | {"client_id": client_id}}
    if not is_own_redirect(proof["redirect_uri"]):
        raise BadValue("redirect_uri", "foreign_redirect", "People are not sent back there.")
    return asked | proof


def _check_proof(reply: Reply, proof: dict[str, str]) -> None:
    if reply.status != 400:
        return
    field = next(name for name in ("code", "id_token", "access_token") if name in proof)
    raise BadValue(field, "invalid_token", "The provider does not confirm this; get a new one.")
