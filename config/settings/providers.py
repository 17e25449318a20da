"""Providers of events: Ticketmaster and SeatGeek."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import env

# A provider is on if its key is set. The base URL has no path of a resource.
TICKETMASTER_API_KEY = env.str("TICKETMASTER_API_KEY", default="")
TICKETMASTER_BASE_URL = env.str(
    "TICKETMASTER_BASE_URL", default="https://app.ticketmaster.com"
).rstrip("/")
# Requests per day and key. Ticketmaster raises it on request.
TICKETMASTER_DAILY_QUOTA = env.int("TICKETMASTER_DAILY_QUOTA", default=5000)
# Requests to each provider that one person can cause in a day, at most a tenth of the quota of
# Ticketmaster. Cached results do not count.
PROVIDER_DAILY_REQUESTS_PER_PERSON = env.int("PROVIDER_DAILY_REQUESTS_PER_PERSON", default=250)
if PROVIDER_DAILY_REQUESTS_PER_PERSON < 1:
    raise ImproperlyConfigured("PROVIDER_DAILY_REQUESTS_PER_PERSON must be 1 or more.")
SEATGEEK_CLIENT_ID = env.str("SEATGEEK_CLIENT_ID", default="")
SEATGEEK_CLIENT_SECRET = env.str("SEATGEEK_CLIENT_SECRET", default="")
SEATGEEK_BASE_URL = env.str("SEATGEEK_BASE_URL", default="https://api.seatgeek.com").rstrip("/")
# Tests only: pictures of providers may be on this host.
PICTURES_FROM_LOOPBACK = False
