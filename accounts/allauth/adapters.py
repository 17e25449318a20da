"""Where allauth lets us have our way: mails, secrets, names, and who is let in from a provider."""

import re
import unicodedata
from typing import Any

import requests
import structlog
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
from accounts.allauth.asking import ProviderSession
from accounts.exceptions import AccountExists, EmailMissing, SecondFactorUnreadable
from accounts.models import User
from accounts.selectors import is_email_taken
from core.crypto import CannotOpen, seal, unseal
from core.email_addresses import read_email_address

logger = structlog.get_logger(__name__)

_SECRETS = "second-factor"
_NAME_LENGTH = 50
_LEAVES_ITS_FOLDER = re.compile(r"\.\.|%2e|%5c|\\|[\x00-\x20\x7f]", re.IGNORECASE)

# allauth's template of a mail -> our word for what happened.
_EVENTS = {
    "account/email/password_reset": ("password_reset", ""),
    "mfa/email/totp_activated": ("second_factor_on", ""),
    "mfa/email/totp_deactivated": ("second_factor_off", ""),
    "mfa/email/recovery_codes_generated": ("recovery_codes_new", ""),
    "mfa/email/webauthn_added": ("passkey_added", ""),
    "mfa/email/webauthn_removed": ("passkey_removed", ""),
    "socialaccount/email/account_connected": ("provider_linked", "provider"),
}


class AccountAdapter(DefaultAccountAdapter):
    def get_client_ip(self, request: HttpRequest) -> str:
        """`Caller.ip`, which was found out where the request came in."""
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
        what, detail = _EVENTS[template_prefix]
        told = (context or {}).get(detail, "")
        mails.send_security(
            user_id=user.pk,
            what=what,
            detail=str(getattr(told, "name", told)),
            ip=self.get_client_ip(self.request),
            user_agent=str(self.request.META["HTTP_USER_AGENT"]),
            email=email or "",
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every mail of ours goes through the outbox, so that none can be sent from here."""
        raise NotImplementedError(template_prefix)

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        """A name for who comes from a provider, as our rules for names want it."""
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
        """Let nobody in by an address alone. Raises AccountExists, EmailMissing."""
        for address in sociallogin.email_addresses:
            # Some providers answer "false", which is true enough for Python.
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
        """Return the primary address, which allauth has sorted to the front, as it is stored.

        "" if there is none, or none that accounts may have.
        The others may be other people's here, and an account has one address:
        while it has an unverified one beside it, it gets no second factor.
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
    """As much of it as may be a username: ASCII, beginning with a letter, no @."""
    plain = unicodedata.normalize("NFKD", (text or "").partition("@")[0])
    name = re.sub(r"[^A-Za-z0-9._+-]", "", plain.encode("ascii", "ignore").decode())
    name = name.lstrip("._+-")[:_NAME_LENGTH]
    return "" if name.isdigit() else name


def is_own_redirect(uri: str) -> bool:
    """Whether a provider may have sent somebody back there: below FRONTEND_URL, or listed.

    To the letter: what is spelled otherwise is read otherwise by somebody.
    """
    if uri in settings.SOCIAL_REDIRECT_URIS:
        return True
    if not uri.startswith(settings.FRONTEND_URL):
        return False
    path = uri.removeprefix(settings.FRONTEND_URL).partition("?")[0]
    return path[:1] in ("", "/") and not _LEAVES_ITS_FOLDER.search(path)
