"""Quotas, check-in, reviews and exports."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env

# RATE_LIMITS=off lifts these, too. Each date of a series counts as an event.
EVENT_DATES_PER_DAY = env.int("EVENT_DATES_PER_DAY", default=1000)
OPEN_EVENTS_PER_ORGANIZER = env.int("OPEN_EVENTS_PER_ORGANIZER", default=5000)
# Seats at events that have not ended, of an account without a verified e-mail address.
UNVERIFIED_SEATS = env.int("UNVERIFIED_SEATS", default=5)
for _quota in (EVENT_DATES_PER_DAY, OPEN_EVENTS_PER_ORGANIZER, UNVERIFIED_SEATS):
    if _quota < 1:
        raise ImproperlyConfigured("Quotas are 1 or more. RATE_LIMITS=off lifts all of them.")

# CSV files: the most rows of a file, and how many files a process sends at once.
EXPORT_ROWS = env.int("EXPORT_ROWS", default=20_000)
EXPORTS_AT_ONCE = env.int("EXPORTS_AT_ONCE", default=max(1, env.int("WEB_THREADS", default=8) // 4))
# Most request threads of a process that may wait for one event's tally while nobody gets its lock.
WAITERS_PER_EVENT = env.int(
    "WAITERS_PER_EVENT", default=max(1, env.int("WEB_THREADS", default=8) // 2)
)

# People are checked in from so long before an event's start, up to so long after its end.
CHECK_IN_OPENS_MINUTES = env.int("CHECK_IN_OPENS_MINUTES", default=120)
CHECK_IN_CLOSES_MINUTES = env.int("CHECK_IN_CLOSES_MINUTES", default=0)

# Who was at an event is asked for a review so long after its end; after two days nobody is.
REVIEW_REQUEST_AFTER_MINUTES = env.int("REVIEW_REQUEST_AFTER_MINUTES", default=60)
if not 0 <= REVIEW_REQUEST_AFTER_MINUTES < 48 * 60:
    raise ImproperlyConfigured("REVIEW_REQUEST_AFTER_MINUTES must be from 0 to 2879.")
