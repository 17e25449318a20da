"""Log in through Google, GitHub, Facebook, Apple or any OpenID Connect provider.

allauth's own headless view accepts an id_token or access_token, but no code. This one accepts
both, makes the checks that allauth's verification leaves out, and also lets users without a
password confirm their identity through their provider.
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

from accounts.allauth.sessions import is_session_of
from accounts.models import User
from core import ratelimit
from core.errors import BadValue, ProviderUnavailable

logger = structlog.get_logger(__name__)

# Public keys only: `none` is no signature, and with HS256 a public key would pass for a secret.
_ALGORITHMS = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}
# A database row records a used token until it expires.
_LONGEST_LIFE_S = 366 * 24 * 3600
# PyJWT accepts a token for a moment longer than its `exp`, by rounding.
_LEEWAY_S = 60
# Raised by the libraries for hostile or broken tokens, keys and responses of a provider;
# ImproperlyConfigured for a `sub` longer than its column.
_BROKEN = (
    KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError,
    ImproperlyConfigured,
)  # fmt: skip


class ProviderView(APIView):
    """Accept a token or a code of a provider by POST.

    The body is `{provider, process, client_id, token}` or `{provider, process, code, …}`.

    `process` is `login`, `connect` or `reauthenticate`. Responds like allauth's own views. Raises
    ProviderUnavailable, BadValue for a nonce that does not match, and the errors of
    `ProviderAdapter`.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        params = self.data
        if params["process"] != "login" and not request.user.is_authenticated:
            return UnauthorizedResponse(request)
        client_id = params.get("client_id")
        provider = get_adapter().get_provider(request, params["provider"], client_id=client_id)
        try:
            if params.get("code"):
                login = _exchange(request, provider, params)
            else:
                login = _verify(request, provider, params)
                if params["process"] == "reauthenticate":
                    _check_age(params["token"])
            login.state["process"] = params["process"]
            # The provider may have been slow, so access is checked again. All in one transaction:
            # a token that a rule refuses, such as AccountExists, stays unused.
            with transaction.atomic():
                _use_up(params.get("token", {}))
                if params["process"] == "reauthenticate":
                    return self._reauthenticate(login)
                if params["process"] == "connect" and not self._is_still_signed_in():
                    return UnauthorizedResponse(request)
                complete_token_login(request, login)
        except ValidationError as error:
            return ErrorResponse(request, exception=error)
        except SignupClosedException:
            return ForbiddenResponse(request)
        return AuthenticationResponse(request)

    def _is_still_signed_in(self) -> bool:
        """Read the user again, locked: allauth saves the whole object afterwards."""
        session = self.request.session
        person = User.objects.locked(self.request.user.pk)
        if person is None or not session.exists(session.session_key):
            return False
        self.request.user = person
        return is_session_of(session, person)

    def _reauthenticate(self, login: SocialLogin) -> Any:
        """Require that the provider's account is linked to the signed-in user."""
        user = self.request.user
        account = {"provider": login.account.provider, "uid": login.account.uid}
        if not SocialAccount.objects.filter(user=user.pk, **account).exists():
            raise get_adapter().validation_error("invalid_token")
        record_authentication(self.request, user, "socialaccount", **account, reauthenticated=True)
        return AuthenticationResponse(self.request)


def provider_name(provider: str) -> str:
    """Return the name that users know, also if the provider is not configured any more."""
    apps = settings.SOCIALACCOUNT_PROVIDERS.get(provider, {}).get("APPS") or [{}]
    provider_class = registry.get_class(provider)
    return str(apps[0].get("name") or getattr(provider_class, "name", provider))


def _verify(request: HttpRequest, provider: Any, params: dict[str, Any]) -> SocialLogin:
    """Return the provider's login. Raises ValidationError, BadValue, ProviderUnavailable."""
    token: dict[str, str] = params["token"]
    if not provider.supports_token_authentication:
        raise get_adapter().validation_error("invalid_token")
    claims = _check_format(token["id_token"]) if "id_token" in token else {}
    try:
        login: SocialLogin = provider.verify_token(request, token)
        _check_storable(login)
    except ValidationError as error:
        if isinstance(error.__cause__, requests.RequestException):
            raise ProviderUnavailable from error
        raise
    except requests.RequestException as error:
        raise ProviderUnavailable from error
    except _BROKEN as error:
        logger.warning("provider_token_broken", provider=provider.id, error=type(error).__name__)
        raise get_adapter().validation_error("invalid_token") from error
    _check_party(claims, params["provider"])
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


def _check_format(id_token: str) -> dict[str, Any]:
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
    """Require a recent id_token: an old one may be copied, and other tokens have no time."""
    if "id_token" not in token:
        raise get_adapter().validation_error("invalid_token")
    issued = _claims(token["id_token"]).get("iat")
    latest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    if isinstance(issued, bool) or not isinstance(issued, int | float) or not issued > latest:
        raise get_adapter().validation_error("invalid_token")


def _check_storable(login: SocialLogin) -> None:
    """Raises ValueError for text that PostgreSQL cannot store: NUL, and lone surrogates."""
    text = json.dumps([login.account.uid, login.account.extra_data], ensure_ascii=False)
    text.encode()
    if "\\u0000" in text:
        raise ValueError("NUL")


def _exchange(request: HttpRequest, provider: Any, params: dict[str, str]) -> SocialLogin:
    """Exchange the code for the user's login (RFC 6749 4.1.3, with PKCE, RFC 7636)."""
    adapter = provider.get_oauth2_adapter(request)
    # The provider compares the URI with the one to which it sent the code.
    adapter.get_callback_url = lambda request, app: params["redirect_uri"]
    try:
        client = adapter.get_client(request, provider.app)
        response = client.get_access_token(
            params["code"], **_pkce(adapter, params["code_verifier"])
        )
        # The token came directly from the provider, so its signature need not be verified (OpenID
        # Connect Core, 3.1.3.7). Providers with one key may also omit the `kid`.
        adapter.did_fetch_access_token = True
        token = adapter.parse_token(response)
        login: SocialLogin = adapter.complete_login(request, provider.app, token, response=response)
        _check_storable(login)
        if "nonce" in params:
            _check_nonce(_claims(response["id_token"]), params["nonce"])
    except requests.HTTPError as error:
        raise get_adapter().validation_error("invalid_token") from error
    except requests.RequestException as error:
        raise ProviderUnavailable from error
    except (OAuth2Error, ProviderException, PermissionDenied, jwt.PyJWTError, *_BROKEN) as error:
        logger.warning("provider_code_refused", provider=provider.id, error=type(error).__name__)
        raise get_adapter().validation_error("invalid_token") from error
    login.token = token
    return login


def _pkce(adapter: Any, verifier: str) -> dict[str, Any]:
    """Return the verifier's arguments: allauth omits it in GET requests, which Facebook needs."""
    if adapter.access_token_method == "GET":  # noqa: S105
        return {"extra_data": {"code_verifier": verifier}}
    return {"pkce_code_verifier": verifier}
