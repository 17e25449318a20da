"""A real browser, a frontend on its own origin, and an authenticator."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from accounts.models import User
from tests.browser.pages import DESKTOP, Admin, Chromium, Enter
from tests.docs.markdown import code_blocks
from tests.standins import Call, StandIn, StandInResponse

GUIDE = settings.BASE_DIR / "docs/frontend/second-factor.md"


class Site(StandIn):
    """A site at the name localhost, which browsers trust without TLS."""

    def __init__(self) -> None:
        super().__init__()
        self.origin = f"http://localhost:{self.server_port}"

    def respond(self, call: Call) -> StandInResponse:
        script = "".join(code_blocks(GUIDE, "js"))
        page = f"<!doctype html><title>Passkeys</title><script>{script}</script>"
        return StandInResponse(200, page, (("Content-Type", "text/html"),))


class Frontend:
    """The page in a new browser context."""

    def __init__(self, chromium: Chromium, origin: str, api: str) -> None:
        self._do = chromium.do
        self._context = self._do(chromium.browser.new_context)
        self._page = self._do(self._context.new_page)
        self._do(self._page.add_init_script, f"globalThis.API = {api!r}")
        self._do(self._page.goto, origin)
        self._devtools = self._do(self._context.new_cdp_session, self._page)
        self._send("WebAuthn.enable")

    def run(self, script: str, *arguments: Any) -> Any:
        """Return the result of `script`, a JavaScript function."""
        return self._do(self._page.evaluate, script, list(arguments))

    def add_authenticator(self, *, verifies: bool = True) -> str:
        """Add one that needs no touch (WebAuthn in the Chrome DevTools Protocol)."""
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        added = self._send("WebAuthn.addVirtualAuthenticator", options=options)
        return str(added["authenticatorId"])

    def remove_authenticator(self, authenticator: str) -> None:
        self._send("WebAuthn.removeVirtualAuthenticator", authenticatorId=authenticator)

    def close(self) -> None:
        self._do(self._context.close)

    def _send(self, command: str, **parameters: Any) -> Any:
        return self._do(self._devtools.send, command, parameters)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    chromium = Chromium()
    yield chromium
    chromium.close()


@pytest.fixture
def frontend(chromium: Chromium, live_server: Any, settings: Any) -> Iterator[Frontend]:
    with Site() as site:
        settings.FRONTEND_URL = site.origin
        settings.CORS_ALLOWED_ORIGINS = [site.origin]
        page = Frontend(chromium, site.origin, live_server.url)
        yield page
        page.close()


@pytest.fixture
def enter(chromium: Chromium, live_server: Any) -> Iterator[Enter]:
    """Return a function that opens the admin. The test fails for requests to other hosts and for
    messages in the console, where browsers report violations of the Content-Security-Policy.
    """
    opened: list[Admin] = []

    def enter(user: User, width: int = DESKTOP) -> Admin:
        opened.append(Admin(chromium, live_server.url, user, width))
        return opened[-1]

    yield enter
    complaints = [complaint for admin in opened for complaint in admin.complaints]
    for admin in opened:
        admin.close()
    assert complaints == []
