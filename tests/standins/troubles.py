"""What can come instead of an answer, from any HTTP service and from what stands before it."""

from tests.standins import Answer

_JSON = (("Content-Type", "application/json"),)
_HTML = (("Content-Type", "text/html; charset=utf-8"),)

FAILURE = Answer(500, {"message": "Internal Server Error"}, _JSON)
AWAY = Answer(503, "<html><body>Service Unavailable</body></html>", _HTML)
CAPTCHA = Answer(406, "<!DOCTYPE html><title>Are you a robot?</title>", _HTML)
CAPTCHA_AS_200 = Answer(200, "<!DOCTYPE html><title>Are you a robot?</title>", _HTML)
TRUNCATED = Answer(200, '{"_embedded": {"events": [{"id": "G5', _JSON)
DEEP = Answer(200, "[" * 100_000 + "]" * 100_000, _JSON)


def huge(size: int = 10_000_000) -> Answer:
    """JSON of so many bytes."""
    return Answer(200, '{"x": "' + "x" * (size - 9) + '"}', _JSON)


def redirect_to(url: str) -> Answer:
    return Answer(302, "", (("Location", url),))
