"""Pages of the product in a browser with a logged-in user."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from accounts.models import User
from dev.servers.programs import find_chromium
from tests.factories import PASSWORD

DESKTOP = 1280
WITHIN_S = 20

# Browsers write violations to the console, but not the line at fault.
_REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`${event.violatedDirective} forbids ${event.blockedURI} at ` +
        `${event.sourceFile}:${event.lineNumber}:${event.columnNumber} ${event.sample}`))"""


class Chromium:
    """A browser. Playwright runs in its own thread: in Django's, it would forbid the database."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self.browser: Browser = self.do(self._launch)

    def do(self, step: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        return self._thread.submit(step, *arguments, **options).result()

    def close(self) -> None:
        self.do(self.browser.close)
        self.do(self._playwright.stop)
        self._thread.shutdown()

    def _launch(self) -> Browser:
        program = find_chromium()
        assert program, "python -m dev.servers install"
        self._playwright = sync_playwright().start()
        return self._playwright.chromium.launch(executable_path=program)


class Admin:
    """The admin as a logged-in user sees it. `complaints`: what the browser reports as wrong."""

    def __init__(self, chromium: Chromium, url: str, user: User, width: int) -> None:
        self.complaints: list[str] = []
        self._do, self._url = chromium.do, url
        options = {"viewport": {"width": width, "height": 900}}
        self._context = self._do(chromium.browser.new_context, **options)
        self._page: Page = self._do(self._context.new_page)
        self._do(self._context.add_init_script, _REPORT_VIOLATIONS)
        self._do(self._listen)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": url}
        self._do(self._context.add_cookies, [cookie])
        self.open("")

    def log_in_again(self, user: User) -> None:
        """Log out, and log in by the form."""
        self._do(self._context.clear_cookies)
        self.open("")
        self.fill("[name=username]", user.username)
        self.fill("[name=password]", PASSWORD)
        self.click("button[type=submit]")
        self._do(self._page.wait_for_url, f"{self._url}/admin/")

    def open(self, path: str) -> None:
        self.open_beside(f"/admin/{path}")

    def open_beside(self, path: str) -> None:
        """Open a page outside of the admin."""
        self._do(self._page.goto, f"{self._url}{path}", wait_until="load")

    def click(self, selector: str) -> None:
        self._do(self._page.click, selector)

    def fill(self, selector: str, value: str) -> None:
        self._do(self._page.fill, selector, value)

    def type(self, selector: str, text: str) -> None:
        """Type key by key, for scripts that listen to keys."""
        self._do(self._page.locator(selector).press_sequentially, text)

    def press(self, selector: str, key: str) -> None:
        self._do(self._page.press, selector, key)

    def select(self, selector: str, value: str) -> None:
        self._do(self._page.select_option, selector, value)

    def run(self, script: str) -> Any:
        """Return the value of the JavaScript expression."""
        return self._do(self._page.evaluate, script)

    def figures(self) -> dict[str, str]:
        """Return the numbers on the cards, by name."""
        figures = self.run(
            """Object.fromEntries([...document.querySelectorAll("[data-figure]")].map(
                (card) => [card.dataset.figure, card.querySelector("dd").innerText]))"""
        )
        return dict(figures)

    def chart(self, label: str) -> list[Any]:
        """Return the datasets of a chart. A script draws it some time after the page has loaded."""
        chart = f"window.Chart?.getChart(document.querySelector(\"[aria-label^='{label}']\"))"
        deadline = time.monotonic() + WITHIN_S
        while (datasets := self.run(f"{chart}?.data.datasets")) is None:
            assert time.monotonic() < deadline, "The chart is not drawn."
            time.sleep(0.05)
        return list(datasets)

    def live(self, name: str) -> str:
        return str(self.run(f"document.querySelector('[data-live={name}]').innerText"))

    def texts(self, selector: str) -> list[str]:
        return list(self._do(self._page.locator(selector).all_inner_texts))

    def wait_for(self, selector: str, state: str = "visible") -> None:
        self._do(self._page.locator(selector).first.wait_for, state=state, timeout=1000 * WITHIN_S)

    def wait_for_complaint(self, text: str) -> None:
        while not any(text in complaint for complaint in self.complaints):
            self._do(self._page.wait_for_event, "console", timeout=1000 * WITHIN_S)

    def set_offline(self, is_offline: bool) -> None:
        self._do(self._context.set_offline, is_offline)

    def close(self) -> None:
        self._do(self._context.close)

    def _listen(self) -> None:
        self._page.on("console", self._note_console)
        self._page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._page.on("request", self._note_request)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self._url, "data:", "blob:")):
            self.complaints.append(request.url)


Enter = Callable[..., Admin]
