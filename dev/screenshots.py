"""Take the pictures of README.md and docs/index.md from a running `make run`.

    python -m dev.screenshots [http://127.0.0.1:8000]

They show the demo: the dashboard of 30 days, the numbers of a past event in dark mode, and the
attendance page of an event whose check-in is open, on a phone.
"""

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

from dev.servers.programs import find_chromium

FOLDER = Path("docs/screenshots")
DESKTOP = ViewportSize(width=1280, height=1120)
TALL = ViewportSize(width=1280, height=1220)  # the whole page of one event
PHONE = ViewportSize(width=390, height=844)
PAST = "The Long Table: A Neighbourhood Supper in Wedding"
OPEN = "Kneipenquiz: Berlin Trivia in English"


def _log_in(browser: Browser, base: str) -> StorageState:
    page = browser.new_page(base_url=base)
    page.goto("/admin/login/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", "demo-password")
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/admin/")
    return page.context.storage_state()


def _event_page(page: Page, title: str, when: str) -> str:
    """Return the path of an event's numbers; the admin's search finds the event."""
    page.goto(f"/admin/events/event/?when={when}&q={title.split(':')[0].replace(' ', '+')}")
    href = page.get_by_role("link", name=title).first.get_attribute("href") or ""
    return f"/admin/analytics/events/{href.split('/event/')[1].split('/')[0]}/"


def main(base: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        shared: dict[str, Any] = {
            "base_url": base,
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "storage_state": _log_in(browser, base),
        }
        page = browser.new_page(viewport=DESKTOP, **shared)
        page.goto("/admin/")
        page.get_by_role("link", name="30 days").click()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=FOLDER / "dashboard.png")
        past, today = _event_page(page, PAST, "past"), _event_page(page, OPEN, "upcoming")
        page = browser.new_page(viewport=TALL, color_scheme="dark", **shared)
        page.goto(past)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=FOLDER / "event.png")
        page = browser.new_page(viewport=PHONE, device_scale_factor=2, is_mobile=True, **shared)
        page.goto(f"{today}attendance/")
        page.wait_for_timeout(1000)  # it asks for news as long as it is open
        page.screenshot(path=FOLDER / "phone.png")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:] or ["http://127.0.0.1:8000"])
