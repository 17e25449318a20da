"""What values may be, for every app's models, forms and serializers."""

import re
import unicodedata
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.deconstruct import deconstructible
from tzlocal.windows_tz import win_tz

FIRST_YEAR, LAST_YEAR = 1970, 2200

# Line breaks and tabs belong in a description; other control characters belong nowhere, and
# neither do those that make text read backwards. (NUL has a code of its own: Django's.)
CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

# Default_Ignorable_Code_Point: not drawn unless a font says otherwise (Unicode Standard Annex 44;
# the list is DerivedCoreProperties.txt's, the same in Unicode 13 to 17). Python does not have it.
# Added: two characters whose picture is blank.
_NOT_DRAWN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
    "\u2800\U0001d159]"
)


def is_visible(text: str) -> bool:
    """Return whether the text shows a letter, number, punctuation mark or symbol."""
    return bool({unicodedata.category(each)[0] for each in _NOT_DRAWN.sub("", text)} & set("LNPS"))


def normalize_name(text: str) -> str:
    """Return the name of a person in NFC, the form in which it is stored and searched."""
    return unicodedata.normalize("NFC", text.strip())


@deconstructible
class PlainText:
    """Validates visible text, without control characters or (on one line) line breaks."""

    def __init__(self, *, lines: bool = False) -> None:
        self.lines = lines

    def __call__(self, text: str) -> None:
        if CONTROL.search(text) or (not self.lines and re.search(r"[\t\n\r]", text)):
            raise ValidationError("Control characters are not allowed.", code="control_characters")
        if (text or not self.lines) and not is_visible(text):
            raise ValidationError(
                "This field can't be blank or contain only invisible characters.", code="blank"
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlainText) and other.lines == self.lines

    def __hash__(self) -> int:
        return hash(self.lines)


# Read once, as it walks the disk; without the names that mean another zone on every machine.
TIMEZONES = frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


# CLDR keeps the name that a zone had first; these zones have been renamed since.
_RENAMED = {
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Europe/Kiev": "Europe/Kyiv",
}
# The names of time zones in Outlook and other Microsoft programs (CLDR's windowsZones).
_WINDOWS = {name.casefold(): _RENAMED.get(zone, zone) for name, zone in win_tz.items()}


def find_timezone(name: str) -> str | None:
    """Return the IANA name for an IANA or Windows name of a time zone, or None."""
    return name if name in TIMEZONES else _WINDOWS.get(name.casefold())


def read_timezone(name: str) -> str:
    """Return the IANA name of a zone, also of "W. Europe Standard Time".

    Raises ValidationError (`invalid_timezone`).
    """
    found = find_timezone(name)
    if found is None:
        raise ValidationError(
            "This time zone is not known. Use an IANA name, such as Europe/Berlin.",
            code="invalid_timezone",
        )
    return found


def validate_timezone(name: str) -> None:
    """Accept IANA names only: rows keep no others. Raises as `read_timezone` does."""
    if read_timezone(name) != name:
        raise ValidationError("Use the IANA name of this time zone.", code="invalid_timezone")


def zone_or_utc(name: str) -> ZoneInfo:
    """The zone, or UTC where this machine does not know it: one row must not stop everybody's."""
    return ZoneInfo(name if name in TIMEZONES else "UTC")


def validate_https(url: str) -> None:
    """An https address; no other scheme may end up in a page that shows it."""
    if not url.startswith("https://"):
        raise ValidationError("Use an https:// address.", code="invalid_scheme")


def validate_year(value: date) -> None:
    """Far from the edges of `datetime`, where a change of zone overflows."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(
            f"Use a time between the years {FIRST_YEAR} and {LAST_YEAR}.", code="out_of_range"
        )


_PHONES = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.VOIP,
}


def read_phone(text: str) -> str:
    """The number in E.164 (ITU-T), such as +4930901820; it must name its country.

    Refuses premium-rate numbers, which earn their owner money, and numbers that reach no phone.
    """
    try:
        # The library reads letters as the digits on their keys: a typo would be somebody's number.
        has_letters = re.search(r"[^\W\d_]", text)
        number = None if has_letters else phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        number = None
    if (
        number is None
        or not phonenumbers.is_valid_number(number)
        or phonenumbers.number_type(number) not in _PHONES
        or len(_e164(number)) > 16
    ):
        raise ValidationError(
            "This is no phone number; write one such as +49 30 901820.", code="invalid_phone"
        )
    return _e164(number)


def may_receive_sms(number: str) -> bool:
    """Whether SMS_COUNTRIES has the country of a number in E.164.

    By region, not by calling code: +1 is twenty countries with different prices.
    """
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return bool(settings.SMS_COUNTRIES & {"*", region})


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def validate_phone(number: str) -> None:
    """A phone number as `read_phone` answers it."""
    if read_phone(number) != number:
        raise ValidationError("Write it without blanks, such as +4930901820.", code="invalid_phone")
