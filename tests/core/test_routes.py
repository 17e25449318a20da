"""Paths of the API are resolved once in each process, and found as before."""

from typing import Any

import pytest
from django.urls import Resolver404, get_resolver, resolve

from config.urls import urlpatterns

# No server takes part.
pytestmark = pytest.mark.embedded


def kept() -> Any:
    api: Any = urlpatterns[0]
    return api.resolve


def test_second_look_tries_no_pattern() -> None:
    path = "/api/events/4711/"
    first = resolve(path)
    before = kept().cache_info()
    second = resolve(path)
    after = kept().cache_info()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 0)
    assert (second.func, second.kwargs, second.route) == (first.func, first.kwargs, first.route)


def test_parameters_belong_to_their_path() -> None:
    ids = [resolve(f"/api/events/{number}/").kwargs for number in (1, 2, 1)]
    assert [list(each.values()) for each in ids] == [[1], [2], [1]]


def test_unknown_paths_are_not_kept() -> None:
    """A scanner would push out the paths that are used."""
    before = kept().cache_info().currsize
    for number in range(3):
        with pytest.raises(Resolver404):
            resolve(f"/api/nowhere/{number}/")
    assert kept().cache_info().currsize == before


def test_number_of_kept_paths_is_bounded() -> None:
    assert kept().cache_info().maxsize == 4096


def test_api_is_tried_first() -> None:
    assert get_resolver().url_patterns[0] is urlpatterns[0]
