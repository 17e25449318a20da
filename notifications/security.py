"""What the plain context of an `account_security` message says, made safe to show."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db.models import TextChoices

from notifications.facts import moment, one_line, shorten
from notifications.links import defang, without_links


class Change(TextChoices):
    """What was done to an account, and the sentence that tells its owner."""

    PASSWORD_CHANGED = "password_changed", "Your password was changed"
    PASSWORD_RESET = "password_reset", "Your password was reset"
    EMAIL_CHANGE_ASKED = "email_change_asked", "Your e-mail address is to be changed"
    EMAIL_CHANGED = "email_changed", "Your e-mail address was changed"
    EMAIL_CHANGE_UNDONE = "email_change_undone", "The change of your e-mail address was undone"
    SECOND_FACTOR_ON = "second_factor_on", "Your second factor was switched on"
    SECOND_FACTOR_OFF = "second_factor_off", "Your second factor was switched off"
    RECOVERY_CODES_NEW = "recovery_codes_new", "New recovery codes were made"
    PASSKEY_ADDED = "passkey_added", "A passkey was added"
    PASSKEY_COPIED = (
        "passkey_copied",
        "A login was refused, because the passkey used for it may be a copy of yours",
    )
    PASSKEY_REMOVED = "passkey_removed", "A passkey was removed"
    PHONE_TAKEN = (
        "phone_taken",
        "Another account has confirmed your phone number, so you get no more SMS there",
    )
    PROVIDER_LINKED = "provider_linked", "A login by another service was added"
    PROVIDER_UNLINKED = "provider_unlinked", "A login by another service was removed"
    SESSIONS_ENDED_TOKEN_REUSE = (
        "sessions_ended_token_reuse",
        "Somebody used an old refresh token again; that sign-in was ended",
    )


@dataclass(frozen=True)
class SecurityFacts:
    """`detail` is the new address, the passkey's name or the provider; `device` is plain text;
    `reference` is the number of the row that the link of the mail is about."""

    what: Change
    detail: str
    at: datetime
    ip: str
    device: str
    reference: int = 0

    @classmethod
    def read(cls, said: dict[str, Any]) -> Self:
        """`what` and `at` must be there; raises KeyError or ValueError.

        The others are written by people and their browsers: of any length, hostile too.
        """
        at = datetime.fromisoformat(said["at"])
        if at.tzinfo is None:
            raise ValueError("`at` needs an offset: else it is another instant on each machine.")
        return cls(
            what=Change(said["what"]),
            detail=shorten(one_line(said.get("detail") or ""), 320),
            at=at,
            ip=shorten(one_line(said.get("ip") or ""), 45),
            device=shorten(one_line(said.get("device") or ""), 120),
            reference=int(said.get("reference") or 0),
        )

    @property
    def context(self) -> dict[str, Any]:
        """To be kept: no longer than what is shown, and without what PostgreSQL refuses (NUL)."""
        context = {**asdict(self), "what": self.what.value, "at": self.at.isoformat()}
        if not self.reference:
            del context["reference"]
        return context

    @property
    def sentence(self) -> str:
        return self._sentence(defang(self.detail))

    @property
    def short_sentence(self) -> str:
        return self._sentence(shorten(defang(self.detail), 80))

    @property
    def subject(self) -> str:
        """The subject, without the detail if that is a link, such as a new address."""
        return self._sentence(shorten(without_links(self.detail), 80))

    def when(self, reader: ZoneInfo) -> str:
        """`Sunday 22 November 2026, 19:05, Europe/Berlin, from 203.0.113.7, Firefox on Linux`."""
        origin = ", ".join(filter(None, (self.ip, defang(self.device))))
        at = moment(self.at, reader)
        return f"{at}, from {origin}" if origin else at

    @property
    def is_undone(self) -> bool:
        """Whether the change was undone by a link, without a login: a new password must follow."""
        return self.what == Change.EMAIL_CHANGE_UNDONE

    @property
    def is_of_address(self) -> bool:
        """Links by mail now go to the new address, so that the old one cannot ask for any."""
        return self.what == Change.EMAIL_CHANGED

    @property
    def is_of_phone(self) -> bool:
        """Whether another account confirmed the number: nobody accessed this account."""
        return self.what == Change.PHONE_TAKEN

    def _sentence(self, detail: str) -> str:
        if not detail:
            return self.what.label
        return f"{self.what.label}{' to' if self.is_of_address else ':'} {detail}"
