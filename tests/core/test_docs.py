"""README and .env.example tell of all that there is."""

import json
import re
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings

from core.errors import RuleBroken
from events.serializers.events import EventSerializer

pytestmark = pytest.mark.embedded  # no server of ours takes part

README = (settings.BASE_DIR / "README.md").read_text()
EXAMPLE = (settings.BASE_DIR / ".env.example").read_text()
CONFIG = settings.BASE_DIR / "config"
SOURCES = "".join(
    path.read_text() for path in [*CONFIG.glob("settings/*.py"), CONFIG / "gunicorn.py"]
)
RATES: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
THROTTLES = {f"THROTTLE_{scope.upper()}" for scope in RATES}
PROVIDERS = {
    f"{provider.upper()}_CLIENT_{part}"
    for provider in re.findall(r'_provider\(\s*"(\w+)"', SOURCES)
    for part in ("ID", "SECRET")
} - {"APPLE_CLIENT_SECRET"}  # Apple's is made from the key
READERS = r"(?:env\.\w+|_mail_quota)"
VARIABLES = set(re.findall(READERS + r'\(\s*"([A-Z_]+)"', SOURCES)) | THROTTLES | PROVIDERS


def refusals(base: type[RuleBroken] = RuleBroken) -> set[type[RuleBroken]]:
    return {base, *(each for child in base.__subclasses__() for each in refusals(child))}


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_every_variable_is_documented(variable: str) -> None:
    assert f"`{variable}`" in README
    assert re.search(rf"^#?{variable}=", EXAMPLE, re.MULTILINE)


def test_page_about_abuse_names_settings_that_exist() -> None:
    page = (settings.BASE_DIR / "docs/operations/abuse.md").read_text()
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", page))
    assert named - VARIABLES == set()


def test_every_code_is_documented() -> None:
    import_module("config.urls")  # and with it every refusal that there is
    codes = {refusal.code for refusal in refusals()} - {RuleBroken.code}
    assert [code for code in sorted(codes) if f"`{code}`" not in README] == []


def test_every_next_step_is_documented() -> None:
    steps = {refusal.next_step for refusal in refusals()} - {""}
    assert [step for step in sorted(steps) if f"`{step}`" not in README] == []


def test_example_of_an_event_has_its_fields_in_order() -> None:
    told = re.search(r'^{"id":\d+,"title":"Rooftop Jazz Night".*$', README, re.MULTILINE)
    assert told
    assert list(json.loads(told[0])) == list(EventSerializer().fields)
