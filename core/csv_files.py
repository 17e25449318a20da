"""CSV files for spreadsheets (RFC 4180): streamed, and safe to open.

The file begins with a byte order mark: without one, Excel does not read it as UTF-8.
"""

import csv
import weakref
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any, Self

from django.conf import settings
from django.http import StreamingHttpResponse
from rest_framework.utils.urls import replace_query_param

from core.errors import Busy
from core.keyset import Part

BOM = "\ufeff"
# Each file occupies a thread until it is downloaded.
_slots = BoundedSemaphore(settings.EXPORTS_AT_ONCE)

# Excel, LibreOffice and Google Sheets read text that starts with these as a formula, also with the
# wide forms of Japanese keyboards (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Line:
    """A file whose `write` returns the text, so that `writerow` returns the line."""

    def write(self, text: str) -> str:
        return text


def csv_file(
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    name: str,
    part: Part | None = None,
    url: str = "",
) -> StreamingHttpResponse:
    """Return an attachment in UTF-8 with a BOM. Formulas become text by an apostrophe in front.

    Times keep their zone. If there are more rows, the name of the file ends in `-part` and the Link
    header has the URL of the next part. Raises Busy if too many files are being sent.
    """
    body = _File(_lines(header, rows))
    response = StreamingHttpResponse(body, content_type="text/csv; charset=utf-8")
    kind = "" if part is None or part.is_whole else "-part"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}{kind}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    if part is not None and part.next:
        response.headers["Link"] = f'<{replace_query_param(url, "after", part.next)}>; rel="next"'
    return response


class _File:
    """The lines of one file; occupies a slot until it is closed or garbage-collected."""

    def __init__(self, lines: Iterator[str]) -> None:
        if not _slots.acquire(blocking=False):
            raise Busy("Too many files are being sent. Try again in a few seconds.")
        self._lines = lines
        self.close = weakref.finalize(self, _slots.release)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        return next(self._lines)


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    write = csv.writer(_Line()).writerow
    yield BOM + write(header)
    for row in rows:
        yield write([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
