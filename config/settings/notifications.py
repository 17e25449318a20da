"""Channels of notifications and their limits."""

import re

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import checked_rate, env


def _mail_quota(variable: str, default: str) -> tuple[int, int]:
    """Return the number and the seconds of a rate such as `10/min`."""
    number, _, period = checked_rate(variable, default).partition("/")
    return int(number), {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}[period[0]]


_email = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST = _email["EMAIL_HOST"] or "localhost"
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _email.get("EMAIL_USE_SSL", False)
EMAIL_PORT = _email["EMAIL_PORT"] or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)
EMAIL_HOST_USER = _email["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_PASSWORD"] or ""
EMAIL_TIMEOUT = 10  # seconds, for each response of the mail server
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Event Booking <events@localhost>")

# A channel is on if the credentials of its provider are set.
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")
TWILIO_BASE_URL = env.str("TWILIO_BASE_URL", default="https://api.twilio.com")
FCM_CREDENTIALS_FILE = env.str("FCM_CREDENTIALS_FILE", default="")

NOTIFICATIONS_KEPT_DAYS = 30

# Quotas of mails to one mailbox, from all accounts together; RATE_LIMITS=off turns them off. Kinds
# refer to them as `mail_quota`. The app still lists skipped messages. The window of resets is as
# long as their links are valid, so if a stranger uses up the quota, the mailbox has a valid link.
MAIL_LIMITS = {
    "verification": _mail_quota("MAIL_LIMIT_VERIFICATION", "10/day"),
    "reset": _mail_quota("MAIL_LIMIT_RESET", "3/hour"),
    "receipts": _mail_quota("MAIL_LIMIT_RECEIPTS", "20/hour"),
    "security": _mail_quota("MAIL_LIMIT_SECURITY", "5/day"),
}
# SMS cost money, so they are sent only to these countries (ISO 3166; * for all), and have budgets
# for 24 hours. These limits also apply with RATE_LIMITS=off.
_CHEAP = "AT,AU,BE,CA,CH,CZ,DE,DK,ES,FI,FR,GB,IE,IS,IT,LI,LU,NL,NO,NZ,PL,PT,SE,US"
SMS_COUNTRIES = frozenset(
    country.strip().upper() for country in env.list("SMS_COUNTRIES", default=_CHEAP.split(","))
)
if not all(re.fullmatch(r"[A-Z]{2}|\*", country) for country in SMS_COUNTRIES):
    raise ImproperlyConfigured("SMS_COUNTRIES must be codes of two letters, such as DE,US, or *.")
SMS_PER_NUMBER_DAY = env.int("SMS_PER_NUMBER_DAY", default=10)
SMS_PER_EVENT_DAY = env.int("SMS_PER_EVENT_DAY", default=500)
SMS_PER_ORGANIZER_DAY = env.int("SMS_PER_ORGANIZER_DAY", default=1000)
SMS_PER_DAY = env.int("SMS_PER_DAY", default=2000)
# Anybody can request codes that confirm a number, so codes have a separate budget.
SMS_CODES_PER_NUMBER_DAY = env.int("SMS_CODES_PER_NUMBER_DAY", default=5)
SMS_CODES_PER_DAY = env.int("SMS_CODES_PER_DAY", default=200)
