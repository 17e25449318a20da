"""The reference pages and `.env.example` are complete and match the code."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from core.api.problems import CODES
from dev.reference.errors import refusals
from dev.reference.meanings import FIELD_CODES, GENERAL, NEXT_STEPS
from dev.reference.pages import pages
from events.serializers.events import EventSerializer

pytestmark = pytest.mark.embedded  # needs no server

REFERENCE = settings.BASE_DIR / "docs" / "reference"
EXAMPLE = (settings.BASE_DIR / ".env.example").read_text()
CONFIG = settings.BASE_DIR / "config"
SOURCES = "".join(
    path.read_text()
    for path in [
        *CONFIG.glob("settings/*.py"),
        *settings.BASE_DIR.glob("external_events/providers/*/settings.py"),
        CONFIG / "gunicorn.py",
    ]
)
RATES: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
THROTTLES = {f"THROTTLE_{scope.upper()}" for scope in RATES}
PROVIDERS = {
    f"{provider.upper()}_CLIENT_{part}"
    for provider in re.findall(r'_provider\(\s*"(\w+)"', SOURCES)
    for part in ("ID", "SECRET")
} - {"APPLE_CLIENT_SECRET"}  # generated from the key
READERS = r"(?:env\.\w+|_mail_quota)"
VARIABLES = set(re.findall(READERS + r'\(\s*"([A-Z_]+)"', SOURCES)) | THROTTLES | PROVIDERS
# Variables that libraries and programs read directly.
OTHER_VARIABLES = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "TEST_CELERY_BROKER_URL",
    "TEST_DATABASE_URL",
    "TEST_REDIS_URL",
}


@pytest.mark.parametrize("name", ["endpoints.md", "errors.md"])
def test_generated_page_is_up_to_date(name: str) -> None:
    """Fail until `python -m dev.reference` has written the pages after an API change."""
    assert (REFERENCE / name).read_text() == pages()[name]


def test_every_general_code_is_documented() -> None:
    assert set(CODES.values()) - {code for _, code, _ in GENERAL} == set()


def test_every_code_of_a_field_is_documented() -> None:
    """Literal codes of validation errors are in `dev/reference/meanings.py`."""
    assert _field_codes() - set(FIELD_CODES) == set()


def test_every_variable_is_documented() -> None:
    page = (REFERENCE / "environment.md").read_text()
    assert [name for name in sorted(VARIABLES) if f"`{name}`" not in page] == []
    assert [
        name for name in sorted(VARIABLES) if not re.search(rf"^#?{name}=", EXAMPLE, re.MULTILINE)
    ] == []


def test_pages_name_variables_that_exist() -> None:
    docs = settings.BASE_DIR / "docs"
    named = {
        name
        for page in (
            *docs.glob("operations/*.md"),
            *docs.glob("guides/*.md"),
            *REFERENCE.glob("*.md"),
        )
        for name in re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", page.read_text())
    }
    assert named - VARIABLES - OTHER_VARIABLES == set()


def test_example_of_an_event_has_its_fields_in_order() -> None:
    guide = (settings.BASE_DIR / "docs" / "guides" / "organizers.md").read_text()
    example = next(
        text for text in re.findall(r"```json\n(.*?)```", guide, re.DOTALL) if "my_rsvp" in text
    )
    assert list(json.loads(example)) == list(EventSerializer().fields)


def test_every_next_step_is_documented() -> None:
    """Each `next_step` is in `dev/reference/meanings.py`, and each meaning is of one."""
    assert {refusal.next_step for refusal in refusals()} - {""} == set(NEXT_STEPS)


def _field_codes() -> set[str]:
    """Return the literal codes of `BadValue` and of `ValidationError` in the product."""
    codes = set()
    for path in _product_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == "BadValue":
                codes |= _constants(node.args[1:2])
            elif name in ("ValidationError", "RegexValidator"):
                codes |= _constants(
                    [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                )
            elif name == "ErrorDetail":
                codes |= _constants(node.args[1:2])
    return codes


def _product_files() -> list[Path]:
    apps = [path.parent for path in settings.BASE_DIR.glob("*/apps.py")]
    return [path for app in apps for path in app.rglob("*.py") if "migrations" not in path.parts]


def _constants(nodes: list[ast.expr]) -> set[str]:
    return {
        constant.value
        for node in nodes
        for constant in ast.walk(node)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    }
