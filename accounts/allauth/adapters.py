"""allauth's hooks: mails, encryption, usernames, and the rules for logins by a provider."""

import re
import time
import unicodedata
from typing import Any

import requests
import structlog
import urllib3
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from accounts import mails
from accounts.exceptions import AccountExists, EmailMissing, SecondFactorUnreadable
from accounts.models import User
from accounts.selectors import is_email_taken
from core.crypto import CannotOpen, seal, unseal
from core.email_addresses import read_email_address

logger = structlog.get_logger(__name__)

_SECRETS = "second-factor"
_NAME_LENGTH = 50
_LEAVES_ITS_FOLDER = re.compile(r"\.\.|%2e|%5c|\\|[\x00-\x20\x7f]", re.IGNORECASE)

# Limits for a request to a provider. core.http_client does only GET, and allauth also needs POST.
_CONNECT_S, _READ_S, _TOTAL_S = 3, 5, 10
_MAX_BYTES = 1024 * 1024

# allauth's template of a mail -> `what` of `mails.send_security`.
_EVENTS = {
    "account/email/password_reset": "password_reset",
    "mfa/email/totp_activated": "second_factor_on",
    "mfa/email/totp_deactivated": "second_factor_off",
    "mfa/email/recovery_codes_generated": "recovery_codes_new",
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "socialaccount/email/account_connected": "provider_linked",
}


class AccountAdapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        """Return `Caller.ip`, which was determined for the client's own request."""
        return str(request.META["REMOTE_ADDR"])

    def send_confirmation_mail(
        self, request: HttpRequest, emailconfirmation: Any, signup: bool
    ) -> None:
        mails.send_verification(emailconfirmation.email_address)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        if template_prefix == "account/email/email_changed":
            return  # services.address_changes mails the old address, with an undo link
        provider = (context or {}).get("provider", "")
        mails.send_security(
            user_id=user.pk,
            what=_EVENTS[template_prefix],
            detail=str(getattr(provider, "name", provider)),
            ip=self.get_client_ip(self.request),
            user_agent=str(self.request.META["HTTP_USER_AGENT"]),
            email=email or "",
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Refuse: all our mails go through the outbox."""
        raise NotImplementedError(template_prefix)

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        """Return a free username for a new account, made of the provider's data."""
        wanted = next(filter(None, map(_as_name, txts)), "") or "user"
        taken = User.objects.annotate(name=Lower("username"))
        if not taken.filter(name=wanted.lower()).exists():
            return wanted
        while True:
            name = f"{wanted[: _NAME_LENGTH - 7]}-{get_random_string(6).lower()}"
            if not taken.filter(name=name.lower()).exists():
                return name


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal(text, purpose=_SECRETS)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises SecondFactorUnreadable."""
        try:
            return unseal(encrypted_text, purpose=_SECRETS)
        except CannotOpen as error:
            logger.exception("second_factor_unreadable")
            raise SecondFactorUnreadable from error

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": settings.PASSKEY_DOMAIN, "name": settings.MFA_TOTP_ISSUER}


class ProviderAdapter(DefaultSocialAccountAdapter):
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse to log in by an e-mail address alone. Raises AccountExists, EmailMissing."""
        for address in sociallogin.email_addresses:
            # Some providers send "false", a string that Python takes for true.
            address.verified = address.verified is True
        if sociallogin.is_existing or sociallogin.state.get("process") != "login":
            return
        email = self._keep_one_address(sociallogin)
        if not email:
            raise EmailMissing
        if is_email_taken(email):
            raise AccountExists

    def get_requests_session(self) -> requests.Session:
        return ProviderSession()

    def _keep_one_address(self, sociallogin: SocialLogin) -> str:
        """Keep the primary address, which allauth sorts to the front, and return it.

        Return "" if there is none, or none that accounts may have. The other addresses may belong
        to other accounts here, and an account has one address: with an unverified one beside it,
        allauth refuses a second factor.
        """
        assert sociallogin.user
        del sociallogin.email_addresses[1:]
        for address in sociallogin.email_addresses:
            sociallogin.user.email = address.email
        try:
            email = read_email_address(str(sociallogin.user.email))
        except ValidationError:
            return ""
        for holder in (sociallogin.user, *sociallogin.email_addresses):
            holder.email = email
        return email


def _as_name(text: str | None) -> str:
    """Return the part of the text that a username may have; "" if there is none."""
    plain = unicodedata.normalize("NFKD", (text or "").partition("@")[0])
    name = re.sub(r"[^A-Za-z0-9._+-]", "", plain.encode("ascii", "ignore").decode())
    name = name.lstrip("._+-")[:_NAME_LENGTH]
    return "" if name.isdigit() else name


def is_own_redirect(uri: str) -> bool:
    """Return whether a provider may redirect there: below FRONTEND_URL, or listed in settings.

    Compare exactly, without normalizing: URL parsers disagree about variants.
    """
    if uri in settings.SOCIAL_REDIRECT_URIS:
        return True
    if not uri.startswith(settings.FRONTEND_URL):
        return False
    path = uri.removeprefix(settings.FRONTEND_URL).partition("?")[0]
    return path[:1] in ("", "/") and not _LEAVES_ITS_FOLDER.search(path)


class ProviderSession(requests.Session):
    """HTTP client for providers, with limits on the time and size of a response.

    Raises RequestException if the provider hangs, sends slowly or too much, or fails. Redirects
    are not followed: the endpoints of providers do not move.
    """

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        deadline = time.monotonic() + _TOTAL_S
        options = {"timeout": (_CONNECT_S, _READ_S), "allow_redirects": False, "stream": True}
        response = super().request(method, url, **(kwargs | options))
        with response:
            if response.is_redirect:
                raise requests.TooManyRedirects(response=response)
            if response.status_code >= 500 or response.status_code == 429:
                raise requests.RequestException(response=response)
            response._content = _read(response, deadline)
        return response


def _read(response: requests.Response, deadline: float) -> bytes:
    content = b""
    try:
        while chunk := response.raw.read1(decode_content=True):
            content += chunk
            if len(content) > _MAX_BYTES or time.monotonic() > deadline:
                raise requests.RequestException(response=response)
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(response=response) from error
    return content
