"""A WSGI application whose files break in the middle, for gunicorn in a process of its own."""

from collections.abc import Iterator
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from core.csv_files import csv_file
from core.streams import BrokenStreamMiddleware

ROWS = 50


def rows(is_whole: bool) -> Iterator[list[Any]]:
    for number in range(ROWS):
        yield [number, "x" * 1000]
    if not is_whole:
        raise ZeroDivisionError


def view(request: HttpRequest) -> HttpResponseBase:
    return csv_file(["a", "b"], rows("whole" in request.path), name="a")


VIEWS: dict[str, Any] = {
    "/whole": BrokenStreamMiddleware(view),
    "/broken": BrokenStreamMiddleware(view),
    "/compressed": BrokenStreamMiddleware(lambda request: GZipMiddleware(view)(request)),  # type: ignore[arg-type,return-value]
    "/unwatched": view,
}


def application(environ: dict[str, Any], start_response: Any) -> Any:
    response = VIEWS[environ["PATH_INFO"]](WSGIRequest(environ))
    start_response("200 OK", list(response.items()))
    return response
