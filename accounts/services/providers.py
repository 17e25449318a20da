"""Log in, link accounts and confirm identities through providers.

`proof` is the body of a request: an id_token, an access_token or a code of the provider.
"""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction

from accounts import exceptions, mails
from accounts.allauth.adapters import is_own_redirect
from accounts.allauth.client import Caller, Reply, call
from accounts.allauth.providers import provider_name
from accounts.models import User
from accounts.services.login import SecondFactor, outcome_of
from accounts.services.reauthentication import require_recent, session_key_of
from accounts.services.second_factor import raise_refusal
from accounts.services.sessions import Tokens
from core.errors import BadValue


def log_in_with_provider(
    *, provider: str, proof: dict[str, str], caller: Caller
) -> Tokens | SecondFactor:
    """Log in through a provider; create an account if there is none yet.

    Raises ProviderNotThere, BadValue, AccountExists, EmailMissing, ProviderUnavailable,
    InvalidCredentials.
    """
    reply = call("ours:provider", _body(provider, proof, "login"), caller=caller)
    _check_proof(reply, proof)
    outcome = outcome_of(reply)
    if outcome is None:
        raise exceptions.InvalidCredentials(
            "The provider confirmed your identity, but your account here is not active."
        )
    return outcome


def link_provider(
    *, user: User, session_id: int, provider: str, proof: dict[str, str], caller: Caller
) -> SocialAccount:
    """Link a provider's account to the user's; again without an error if it is linked already.

    Raises ReauthenticationRequired, LinkedElsewhere, and the errors of `log_in_with_provider`.
    """
    body = _body(provider, proof, "connect")
    key = require_recent(session_id=session_id)
    reply = call("ours:provider", body, session_key=key, caller=caller)
    if "connected_other" in reply.error_codes:
        raise exceptions.LinkedElsewhere
    _check_proof(reply, proof)
    raise_refusal(reply)  # the session may have ended meanwhile
    return SocialAccount.objects.filter(user=user, provider=provider).latest("last_login")


@transaction.atomic
def unlink_provider(*, user: User, session_id: int, provider: str, caller: Caller) -> None:
    """Remove all links to a provider.

    Not through allauth, which would need the provider's configuration. The user is locked: of two
    simultaneous requests for the last two providers, one is refused. Raises
    ReauthenticationRequired, LinkNotFound, LastSignInMethod.
    """
    require_recent(session_id=session_id)
    person = User.objects.select_for_update().get(pk=user.pk)
    links = SocialAccount.objects.filter(user=person)
    removed = links.filter(provider=provider)
    if not removed.exists():
        raise exceptions.LinkNotFound
    if not person.has_usable_password() and not links.exclude(provider=provider).exists():
        raise exceptions.LastSignInMethod
    removed.delete()
    mails.send_security(
        user_id=person.pk, what="provider_unlinked", detail=provider_name(provider), **vars(caller)
    )


def reauthenticate_by_provider(
    *, session_id: int, provider: str, proof: dict[str, str], caller: Caller
) -> None:
    """For users without a password. Raises SessionOver, and as `log_in_with_provider`."""
    body = _body(provider, proof, "reauthenticate")
    reply = call("ours:provider", body, session_key=session_key_of(session_id), caller=caller)
    _check_proof(reply, proof)
    if not reply.is_signed_in:
        raise exceptions.SessionOver


def _body(provider: str, proof: dict[str, str], process: str) -> dict[str, Any]:
    """Return the body for `allauth.providers.ProviderView`."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get(provider, {}).get("APPS")
    if not apps:
        raise exceptions.ProviderNotThere
    client_ids = [app["client_id"] for app in apps]
    client_id = proof.get("client_id", client_ids[0])
    if client_id not in client_ids:
        message = "This client_id is not one of this server. Send the one that your app used."
        raise BadValue("client_id", "unknown_client", message)
    body: dict[str, Any] = {"provider": provider, "process": process}
    if "code" not in proof:
        return body | {"client_id": client_id, "token": proof | {"client_id": client_id}}
    if not is_own_redirect(proof["redirect_uri"]):
        message = "This redirect_uri is not allowed here. Use a page of the frontend."
        raise BadValue("redirect_uri", "foreign_redirect", message)
    return body | proof


def _check_proof(reply: Reply, proof: dict[str, str]) -> None:
    if reply.status != 400:
        return
    field = next(name for name in ("code", "id_token", "access_token") if name in proof)
    message = "The provider did not confirm this. Get a new one from the provider."
    raise BadValue(field, "invalid_token", message)
