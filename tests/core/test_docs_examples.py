"""Paths, fields and codes in the documentation exist in the API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from dev.reference.endpoints import document

pytestmark = pytest.mark.embedded  # needs no server

DOCS = settings.BASE_DIR / "docs"
PAGES = sorted(
    page for page in DOCS.rglob("*.md") if page.parent.name not in ("adr", "architecture")
)
REQUEST = re.compile(r"```http\n(\w+) (\S+)\n(.*?)```", re.DOTALL)
# A request and the response after it.
RESPONSE = re.compile(
    r"```http\n(\w+) (\S+)\n[^`]*```\n(?:\n[^`]*?)?\n```json\n(.*?)```", re.DOTALL
)
PATH = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/api/[^\s`'\",]*[^\s`'\",.])")
# A status and its code, such as: 409 `event_full`.
CODE = re.compile(r"\b4\d\d\s+`([a-z_]+)`")


def _operations() -> dict[tuple[str, str], Any]:
    """Return the operations by method and path, with every parameter of a path as `*`."""
    spec = document()
    return {
        (method.upper(), re.sub(r"\{\w+\}", "*", spec["basePath"] + path)): operation
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    }


def _find(operations: dict[tuple[str, str], Any], method: str, path: str) -> Any:
    """Return the operation of a path with example ids; None if there is none."""
    parts = path.partition("?")[0].split("/")
    for (known_method, known), operation in operations.items():
        pattern = known.split("/")
        if method == known_method and len(parts) == len(pattern):
            pairs = zip(pattern, parts, strict=True)
            if all(a == b or (a.startswith("*") and b) for a, b in pairs):
                return operation
    return None


def _matches(pattern: re.Pattern[str]) -> Iterator[tuple[Path, re.Match[str]]]:
    for page in PAGES:
        for match in pattern.finditer(page.read_text()):
            yield page, match


def test_paths_exist() -> None:
    operations = _operations()
    unknown = [
        f"{page.name}: {method} {path}"
        for page, match in _matches(PATH)
        for method, path in [match.groups()]
        if not path.endswith("…") and _find(operations, method, path) is None
    ]
    assert unknown == []


def test_requests_have_fields_that_exist() -> None:
    operations, spec = _operations(), document()
    unknown = []
    for page, match in _matches(REQUEST):
        method, path, text = match.groups()
        operation = _find(operations, method, path)
        assert operation is not None, f"{page.name}: {method} {path}"
        body = json.loads(text.replace("…", "")) if text.strip() else {}
        fields = _names(operation, "body", spec) if body else set()
        query = set(re.findall(r"[?&](\w+)=", path)) - _names(operation, "query", spec)
        rows = body if isinstance(body, list) else [body]
        unknown += [
            f"{page.name}: {method} {path}: {name}"
            for name in {name for row in rows for name in row} - fields | query
        ]
    assert unknown == []


def test_responses_have_fields_that_exist() -> None:
    """Check the first response after each request; lists and pages by their items."""
    operations, spec = _operations(), document()
    unknown = []
    for page, match in _matches(RESPONSE):
        method, path, text = match.groups()
        operation = _find(operations, method, path)
        body = json.loads(text)
        # Swagger has `facets` and `totals` in the example of a page only.
        known = {"…", "facets", "totals"}.union(
            *(_properties(response["schema"], spec) for response in operation["responses"].values()
              if "schema" in response)
        )  # fmt: skip
        shown = set(body).union(
            *(row for row in body.get("results", []) if isinstance(row, dict) and "id" in row)
        )
        unknown += [f"{page.name}: {method} {path}: {name}" for name in shown - known]
    labels = {"account.emailaddress", "accounts.user", "rsvp.rsvp"}  # the export has any model
    assert [text for text in unknown if text.rpartition(": ")[2] not in labels] == []


def _names(operation: Any, where: str, spec: Any) -> set[str]:
    parameters = [item for item in operation["parameters"] if item["in"] == where]
    if where == "query":
        return {parameter["name"] for parameter in parameters}
    return _properties(parameters[0]["schema"], spec)


def _properties(schema: Any, spec: Any) -> set[str]:
    """Return the names of a schema's properties; of a page also those of its results."""
    schema = schema.get("items", schema)
    if "$ref" in schema:
        schema = spec["definitions"][schema["$ref"].rpartition("/")[2]]
    properties = schema.get("properties", {})
    results = properties.get("results", {})
    return set(properties) | (_properties(results, spec) if results else set())


def test_codes_exist() -> None:
    known = set(re.findall(r"`([a-z_]+)`", (DOCS / "reference" / "errors.md").read_text()))
    unknown = [f"{page.name}: {match[1]}" for page, match in _matches(CODE)]
    assert [text for text in unknown if text.partition(": ")[2] not in known] == []
