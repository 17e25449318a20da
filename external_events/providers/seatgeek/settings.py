"""Environment variables of SeatGeek; `config.settings.providers` includes them."""

from config.settings.environment import env

SEATGEEK_CLIENT_ID = env.str("SEATGEEK_CLIENT_ID", default="")
SEATGEEK_CLIENT_SECRET = env.str("SEATGEEK_CLIENT_SECRET", default="")
# Without the path of a resource.
SEATGEEK_BASE_URL = env.str("SEATGEEK_BASE_URL", default="https://api.seatgeek.com").rstrip("/")
