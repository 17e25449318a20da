"""Failures of any HTTP service, and of the proxies in front of it."""

from tests.standins import StandInResponse

_JSON = (("Content-Type", "application/json"),)
_HTML = (("Content-Type", "text/html; charset=utf-8"),)

FAILURE = StandInResponse(500, {"message": "Internal Server Error"}, _JSON)
AWAY = StandInResponse(503, "<html><body>Service Unavailable</body></html>", _HTML)
CAPTCHA = StandInResponse(406, "<!DOCTYPE html><title>Are you a robot?</title>", _HTML)
CAPTCHA_AS_200 = StandInResponse(200, "<!DOCTYPE html><title>Are you a robot?</title>", _HTML)
TRUNCATED = StandInResponse(200, '{"_embedded": {"events": [{"id": "G5', _JSON)
DEEP = StandInResponse(200, "[" * 100_000 + "]" * 100_000, _JSON)


def huge(size: int = 10_000_000) -> StandInResponse:
    """Return JSON of this many bytes."""
    return StandInResponse(200, '{"x": "' + "x" * (size - 9) + '"}', _JSON)


def redirect_to(url: str) -> StandInResponse:
    return StandInResponse(302, "", (("Location", url),))
