"""Environment variables of Ticketmaster; `config.settings.providers` includes them."""

from config.settings.environment import env

TICKETMASTER_API_KEY = env.str("TICKETMASTER_API_KEY", default="")
# Without the path of a resource.
TICKETMASTER_BASE_URL = env.str(
    "TICKETMASTER_BASE_URL", default="https://app.ticketmaster.com"
).rstrip("/")
# Requests of one key in a day; Ticketmaster raises it on request.
TICKETMASTER_DAILY_QUOTA = env.int("TICKETMASTER_DAILY_QUOTA", default=5000)
