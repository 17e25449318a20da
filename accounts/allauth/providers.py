"""Logging in through Google, GitHub, Facebook, Apple or any OpenID Connect provider.

allauth's own headless view takes an id_token or access_token and no code. This
one takes both, checks first what its verification leaves open, and also lets
people who have no password prove by their provider that they are themselves.
"""

import hashlib
import json
import time
from typing import Any

import jwt
import requests
import structlog
from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import SignupClosedException
from allauth.headless.base.response import (
    AuthenticationResponse,
    ForbiddenResponse,
    UnauthorizedResponse,
)
from allauth.headless.base.views import APIView
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.socialaccount.internal import complete_token_login
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.allauth.sessions import is_still_of
from accounts.models import User
from core import ratelimit
from core.errors import BadValue, ProviderUnavailable

logger = structlog.get_logger(__name__)

# Signatures only: `none` is none, and with HS256 a public key would pass for a secret.
_ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
# A database row records a used token until it expires.
_LONGEST_LIFE_S = 366 * 24 * 3600
# PyJWT accepts a token for a moment longer than its `exp`, by rounding.
_LEEWAY_S = 60
# What hostile or broken tokens, keys and answers of a provider raise in the libraries;
# ImproperlyConfigured: for a `sub` longer than its column.
_BROKEN = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    OverflowError,
    RecursionError,
    ImproperlyConfigured,
)


class ProviderView(APIView):
    """POST `{provider, process, client_id, token}` or `{provider, process, code, redirect_uri, …}`.

    `process` is `login`, `connect` or `reauthenticate`. Responds like allauth's own views. Raises
    ProviderUnavailable, BadValue for a nonce that does not match, and the errors of
    `ProviderAdapter`.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        asked = self.data
        if asked["process"] != "login" and not request.user.is_authenticated:
            return UnauthorizedResponse(request)
        provider = get_adapter().get_provider(
            request, asked["provider"], client_id=asked.get("client_id")
        )
        try:
            if asked.get("code"):
                login = _exchange(request, provider, asked)
            else:
                login = _verify(request, provider, asked)
                if asked["process"] == "reauthenticate":
                    _check_age(asked["token"])
            login.state["process"] = asked["process"]
            # The provider may have been slow, so access is checked again. All in one transaction:
            # a token that a rule refuses, such as AccountExists, stays unused.
            with transaction.atomic():
                _use_up(asked.get("token", {}))
                if asked["process"] == "reauthenticate":
                    return self._reauthenticate(login)
                if asked["process"] == "connect" and not self._is_still_signed_in():
                    return UnauthorizedResponse(request)
                complete_token_login(request, login)
        except ValidationError as error:
            return ErrorResponse(request, exception=error)
        except SignupClosedException:
            return ForbiddenResponse(request)
        return AuthenticationResponse(request)

    def _is_still_signed_in(self) -> bool:
        """Read anew and locked: what allauth saves must not bring back what was."""
        session = self.request.session
        person = User.objects.locked(self.request.user.pk)
        if person is None or not session.exists(session.session_key):
            return False
        self.request.user = person
        return is_still_of(session, person)

    def _reauthenticate(self, login: SocialLogin) -> Any:
        """The provider's account must be linked to whoever is signed in."""
        mine = SocialAccount.objects.filter(
            user=self.request.user.pk, provider=login.account.provider, uid=login.account.uid
        )
        if not mine.exists():
            raise get_adapter().validation_error("invalid_token")
        record_authentication(
            self.request,
            self.request.user,
            "socialaccount",
            provider=login.account.provider,
            uid=login.account.uid,
            reauthenticated=True,
        )
        return AuthenticationResponse(self.request)


def name_of(provider: str) -> str:
    """As people know it, also where it is configured no more."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get(provider, {}).get("APPS") or [{}]
    known = registry.get_class(provider)
    return str(apps[0].get("name") or getattr(known, "name", provider))


def _verify(request: HttpRequest, provider: Any, asked: dict[str, Any]) -> SocialLogin:
    """Return the provider's login. Raises ValidationError, BadValue, ProviderUnavailable."""
    token: dict[str, str] = asked["token"]
    if not provider.supports_token_authentication:
        raise get_adapter().validation_error("invalid_token")
    claims = _check_form(token["id_token"]) if "id_token" in token else {}
    try:
        login: SocialLogin = provider.verify_token(request, token)
        _check_words(login)
    except ValidationError as error:
        if isinstance(error.__cause__, requests.RequestException):
            raise ProviderUnavailable from error
        raise
    except requests.RequestException as error:
        raise ProviderUnavailable from error
    except _BROKEN as error:
        logger.warning("provider_token_broken", provider=provider.id, error=type(error).__name__)
        raise get_adapter().validation_error("invalid_token") from error
    _check_party(claims, asked["provider"])
    _check_nonce(claims, token.get("nonce"))
    return login


def _check_party(claims: dict[str, Any], provider: str) -> None:
    """Refuse a token that was issued to another client (OpenID Connect Core, 3.1.3.7).

    allauth checks only that `aud` holds our client id. Raises ValidationError.
    """
    ours = {app["client_id"] for app in settings.SOCIALACCOUNT_PROVIDERS[provider]["APPS"]}
    audiences = claims.get("aud")
    is_for_several = isinstance(audiences, list) and len(audiences) > 1
    party = claims.get("azp")
    if (party is not None or is_for_several) and not (isinstance(party, str) and party in ours):
        raise get_adapter().validation_error("invalid_token")


def _check_nonce(claims: dict[str, Any], nonce: str | None) -> None:
    """Check the nonce, which ties the token to the client's login. Raises BadValue."""
    claimed = claims.get("nonce")
    if claimed is None and nonce is None:
        return
    if not (isinstance(claimed, str) and nonce and constant_time_compare(claimed, nonce)):
        raise BadValue(
            "nonce",
            "invalid_nonce",
            "The nonce does not match the token. Send the nonce that you sent to the provider.",
        )


def _use_up(token: dict[str, str]) -> None:
    """Accept an id_token once.

    In the database, because the cache may be down or per process. Identified by its signed part:
    the signature itself can be encoded in more than one way. Raises ValidationError.
    """
    if "id_token" not in token:
        return
    signed = token["id_token"].rpartition(".")[0]
    digest = hashlib.sha256(signed.encode()).hexdigest()
    life_s = max(0, _claims(token["id_token"])["exp"] - time.time()) + _LEEWAY_S
    if not ratelimit.is_first(f"id_token:{digest}", window_s=int(life_s)):
        raise get_adapter().validation_error("invalid_token")


def _claims(id_token: str) -> dict[str, Any]:
    """Return the claims without verifying anything."""
    claims: dict[str, Any] = jwt.decode(
        id_token, options={"verify_signature": False, "verify_exp": False}
    )
    return claims


def _check_form(id_token: str) -> dict[str, Any]:
    """Return the claims, unverified.

    Raises ValidationError unless the token has what allauth expects without checking: a kid, an
    expiry, and an algorithm with a public key.
    """
    try:
        header = jwt.get_unverified_header(id_token)
        claims = _claims(id_token)
    except (jwt.PyJWTError, *_BROKEN) as error:
        raise get_adapter().validation_error("invalid_token") from error
    expires = claims.get("exp")
    is_sound = (
        header.get("alg") in _ALGORITHMS
        and isinstance(header.get("kid"), str)
        and isinstance(expires, int | float)
        and not isinstance(expires, bool)
        and expires < time.time() + _LONGEST_LIFE_S
        and all(isinstance(claims.get(name), str) for name in ("iss", "sub"))
    )
    if not is_sound:
        raise get_adapter().validation_error("invalid_token")
    return claims


def _check_age(token: dict[str, str]) -> None:
    """An id_token that lies about since the login proves nothing; other tokens tell no age."""
    if "id_token" not in token:
        raise get_adapter().validation_error("invalid_token")
    issued = _claims(token["id_token"]).get("iat")
    latest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    if isinstance(issued, bool) or not isinstance(issued, int | float) or not issued > latest:
        raise get_adapter().validation_error("invalid_token")


def _check_words(login: SocialLogin) -> None:
    """Raises ValueError for what PostgreSQL cannot keep: NUL, and halves of surrogates."""
    told = json.dumps([login.account.uid, login.account.extra_data], ensure_ascii=False)
    told.encode()
    if "\\u0000" in told:
        raise ValueError("NUL")


def _exchange(request: HttpRequest, provider: Any, asked: dict[str, str]) -> SocialLogin:
    """Trade the code for a token (RFC 6749 4.1.3, PKCE by RFC 7636) and ask who it is."""
    adapter = provider.get_oauth2_adapter(request)
    # The client's own: it was sent there with the code, and the provider compares.
    adapter.get_callback_url = lambda request, app: asked["redirect_uri"]
    try:
        client = adapter.get_client(request, provider.app)
        answer = client.get_access_token(asked["code"], **_pkce(adapter, asked["code_verifier"]))
        # From the provider's own hand: it needs no signature (OpenID Connect Core, 3.1.3.7),
        # and where the provider has one key it may name none.
        adapter.did_fetch_access_token = True
        token = adapter.parse_token(answer)
        login: SocialLogin = adapter.complete_login(request, provider.app, token, response=answer)
        _check_words(login)
        if "nonce" in asked:
            _check_nonce(_claims(answer["id_token"]), asked["nonce"])
    except requests.HTTPError as error:
        raise get_adapter().validation_error("invalid_token") from error
    except requests.RequestException as error:
        raise ProviderUnavailable from error
    except (
        OAuth2Error,
        ProviderException,
        PermissionDenied,
        jwt.PyJWTError,
        *_BROKEN,
    ) as error:
        logger.warning("provider_code_refused", provider=provider.id, error=type(error).__name__)
        raise get_adapter().validation_error("invalid_token") from error
    login.token = token
    return login


def _pkce(adapter: Any, verifier: str) -> dict[str, Any]:
    """allauth forgets it where the token is asked for by GET, as Facebook wants."""
    if adapter.access_token_method == "GET":  # noqa: S105
        return {"extra_data": {"code_verifier": verifier}}
    return {"pkce_code_verifier": verifier}
