"""Validators for the models, forms and serializers of every app."""

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

# Control characters, and characters that change the direction of text. Line breaks and tabs are not
# here, because descriptions may contain them; for NUL Django has a code of its own.
CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

# Default_Ignorable_Code_Point, which fonts do not draw (Unicode Standard Annex 44). Python has no
# such list; this one is from DerivedCoreProperties.txt, the same in Unicode 13 to 17. The last two
# are ordinary characters with a blank picture.
_NOT_DRAWN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
    "\u2800\U0001d159]"
)


def is_visible(text: str) -> bool:
    """Return whether the text shows a letter, number, punctuation mark or symbol."""
    return any(unicodedata.category(char)[0] in "LNPS" for char in _NOT_DRAWN.sub("", text))


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


# Read once, because it reads the disk. These three names mean another zone on every machine.
TIMEZONES = frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


# CLDR keeps the first name of a zone; these zones were renamed later.
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
            "This time zone does not exist. Use an IANA name, such as Europe/Berlin.",
            code="invalid_timezone",
        )
    return found


def validate_timezone(name: str) -> None:
    """Accept IANA names only, the form in which they are stored. Raises ValidationError."""
    if read_timezone(name) != name:
        raise ValidationError("Use the IANA name of this time zone.", code="invalid_timezone")


def zone_or_utc(name: str) -> ZoneInfo:
    """Return the zone, or UTC if this machine lacks it, so that one row can't stop a task."""
    return ZoneInfo(name if name in TIMEZONES else "UTC")


def validate_https(url: str) -> None:
    """Accept https URLs only: pages show them, and other schemes can run scripts."""
    if not url.startswith("https://"):
        raise ValidationError("Use a URL that starts with https://.", code="invalid_scheme")


def validate_year(value: date) -> None:
    """Accept years in which a change of the time zone can't overflow `datetime`."""
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
    """Return the number in E.164 (ITU-T), such as +4930901820; the text needs a country code.

    Raises ValidationError (`invalid_phone`), also for premium-rate numbers, which earn their owner
    money, and for numbers without a phone.
    """
    try:
        # The library converts letters to the digits on their keys, so that a typing error would be
        # the number of another person.
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
            "This is not a phone number. Use a form such as +49 30 901820.", code="invalid_phone"
        )
    return _e164(number)


def may_receive_sms(number: str) -> bool:
    """Return whether SMS_COUNTRIES contains the country of a number in E.164.

    The calling code is not enough: +1 is twenty countries with different prices.
    """
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return bool(settings.SMS_COUNTRIES & {"*", region})


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def validate_phone(number: str) -> None:
    """Accept only the form that `read_phone` returns. Raises ValidationError."""
    if read_phone(number) != number:
        raise ValidationError(
            "Write the number without blanks, such as +4930901820.", code="invalid_phone"
        )
