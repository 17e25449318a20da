"""Quotas, check-in, reviews and exports."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env
from config.settings.server import WEB_THREADS

# RATE_LIMITS=off also turns these off. Each date of a series counts as an event.
EVENT_DATES_PER_DAY = env.int("EVENT_DATES_PER_DAY", default=1000)
OPEN_EVENTS_PER_ORGANIZER = env.int("OPEN_EVENTS_PER_ORGANIZER", default=5000)
# Seats of an account without a verified e-mail address, at events that have not ended.
UNVERIFIED_SEATS = env.int("UNVERIFIED_SEATS", default=5)
for _quota in (EVENT_DATES_PER_DAY, OPEN_EVENTS_PER_ORGANIZER, UNVERIFIED_SEATS):
    if _quota < 1:
        raise ImproperlyConfigured("Quotas must be 1 or more. RATE_LIMITS=off turns them off.")

# The largest number of rows in a CSV file, and of files that one process sends at once.
EXPORT_ROWS = env.int("EXPORT_ROWS", default=20_000)
EXPORTS_AT_ONCE = env.int("EXPORTS_AT_ONCE", default=max(1, WEB_THREADS // 4))
# Request threads of a process that may wait for the tally of one event while none gets its lock.
WAITERS_PER_EVENT = env.int("WAITERS_PER_EVENT", default=max(1, WEB_THREADS // 2))

# Check-in opens this long before the start of an event, and closes this long after its end.
CHECK_IN_OPENS_MINUTES = env.int("CHECK_IN_OPENS_MINUTES", default=120)
CHECK_IN_CLOSES_MINUTES = env.int("CHECK_IN_CLOSES_MINUTES", default=0)

# Attendees get a review request this long after the end of an event, but not after two days.
REVIEW_REQUEST_AFTER_MINUTES = env.int("REVIEW_REQUEST_AFTER_MINUTES", default=60)
if not 0 <= REVIEW_REQUEST_AFTER_MINUTES < 48 * 60:
    raise ImproperlyConfigured("REVIEW_REQUEST_AFTER_MINUTES must be from 0 to 2879.")
