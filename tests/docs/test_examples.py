"""The commands of README.md and the tutorial run as written, and print what the pages show."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from demo.loader import LOGINS, PASSWORD
from dev.links import ROOT
from tests.concurrency.server import Server
from tests.docs.markdown import examples
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("server"),
]

PAGES = ("README.md", "docs/tutorial.md")
NEXT = "-- next example --\n"


@pytest.fixture
def server(transactional_db: None, tmp_path: Path) -> Iterator[Server]:
    """Serve the product with the demo's two people, as `make run` does."""
    people = [
        UserFactory.create(
            username=LOGINS["organizer"], display_name="Olive Brandt", is_organizer=True
        ),
        UserFactory.create(username=LOGINS["attendee"], display_name="Ada Okafor"),
    ]
    for person in people:
        # The product's own settings do not accept the cheap hashes of the tests.
        hasher = PBKDF2PasswordHasher()
        person.password = hasher.encode(PASSWORD, hasher.salt())
        person.save(update_fields=["password"])
    server = Server(
        tmp_path / "server.log",
        DJANGO_SETTINGS_MODULE="config.settings",
        DEBUG="on",
        RATE_LIMITS="on",
    )
    yield server
    server.stop()


def _run(page: Path, api: str) -> list[str]:
    """Run all examples of a page in one shell, and return the output of each of them."""
    script = f"printf %s '{NEXT}'\n".join(example.commands for example in examples(page))
    completed = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "API": api},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert completed.returncode == 0, f"{page.name}: {completed.stderr}\n{completed.stdout}"
    return completed.stdout.split(NEXT)


def test_commands_of_the_pages_print_what_they_show(server: Server) -> None:
    """One server for both pages: its start takes longer than all of the commands."""
    for name in PAGES:
        shown = [example.output or "" for example in examples(ROOT / name)]
        assert _run(ROOT / name, f"{server.url}/api") == shown, name
