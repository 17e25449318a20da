"""All operations of the URL resolver, without the pages of the admin."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.authorization.rows import Row
from tests.authorization.scenario import Scenario

_METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> set[tuple[str, str]]:
    """Return the names and methods of all operations."""
    return {
        (_name_of(pattern), method.upper())
        for pattern in _patterns(get_resolver())
        for method in _methods_of(pattern.callback)
    }


def path_of(row: Row, scenario: Scenario) -> str:
    """Return the path of a row, with ids of the scenario."""
    patterns = {_name_of(pattern): pattern for pattern in _patterns(get_resolver())}
    pattern = patterns[row.name]
    ids = {name: scenario.ids[row.at.get(name, name)] for name in pattern.pattern.converters}
    path = reverse(row.name, kwargs=ids) if pattern.name else f"/media/{ids['name']}"
    return path + row.query


def _name_of(pattern: URLPattern) -> str:
    return str(pattern.name or pattern.pattern)


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if str(entry.pattern).startswith("^admin/"):
            continue
        if isinstance(entry, URLPattern):
            yield entry
        elif entry.app_name != "admin":
            yield from _patterns(entry)


def _methods_of(callback: Any) -> list[str]:
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    if view is None:
        return ["get"]
    return [name for name in _METHODS if hasattr(view, name) and name in view.http_method_names]
