"""A frontend on an origin of its own, in a real browser with an authenticator."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from accounts.models import User
from tests.browser.pages import DESKTOP, Admin, Chromium, Enter
from tests.docs.markdown import code_blocks
from tests.standins import Answer, Call, StandIn

GUIDE = settings.BASE_DIR / "docs/frontend/second-factor.md"


class Site(StandIn):
    """Serves the page below the name localhost, which browsers trust without TLS."""

    def __init__(self) -> None:
        super().__init__()
        self.origin = f"http://localhost:{self.server_port}"

    def answer(self, call: Call) -> Answer:
        script = "".join(code_blocks(GUIDE, "js"))
        page = f"<!doctype html><title>Passkeys</title><script>{script}</script>"
        return Answer(200, page, (("Content-Type", "text/html"),))


class Frontend:
    """The page, as nobody has opened it before."""

    def __init__(self, chromium: Chromium, origin: str, api: str) -> None:
        self._do = chromium.do
        self._context = self._do(chromium.browser.new_context)
        self._page = self._do(self._context.new_page)
        self._do(self._page.add_init_script, f"globalThis.API = {api!r}")
        self._do(self._page.goto, origin)
        self._devtools = self._do(self._context.new_cdp_session, self._page)
        self._tell("WebAuthn.enable")

    def run(self, script: str, *arguments: Any) -> Any:
        """What `script`, a function in JavaScript, resolves to."""
        return self._do(self._page.evaluate, script, list(arguments))

    def add_authenticator(self, *, verifies: bool = True) -> str:
        """One that needs no finger: https://chromedevtools.github.io/devtools-protocol WebAuthn."""
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        added = self._tell("WebAuthn.addVirtualAuthenticator", options=options)
        return str(added["authenticatorId"])

    def remove_authenticator(self, authenticator: str) -> None:
        self._tell("WebAuthn.removeVirtualAuthenticator", authenticatorId=authenticator)

    def close(self) -> None:
        self._do(self._context.close)

    def _tell(self, command: str, **parameters: Any) -> Any:
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
    """Nothing is asked of another host, and nothing goes wrong in the console.

    That is where browsers report what a page's Content-Security-Policy forbids.
    """
    opened: list[Admin] = []

    def enter(user: User, width: int = DESKTOP) -> Admin:
        opened.append(Admin(chromium, live_server.url, user, width))
        return opened[-1]

    yield enter
    complaints = [each for admin in opened for each in admin.complaints]
    for admin in opened:
        admin.close()
    assert complaints == []
