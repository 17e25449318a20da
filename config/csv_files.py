"""Rows as a file for spreadsheets (RFC 4180), sent as they are read, and safe to open there."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import StreamingHttpResponse

# What Excel, LibreOffice and Google Sheets take for a formula, the wide forms of Japanese
# keyboards too (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Line:
    """A file that keeps nothing: what is written is the answer of `write`, and so of `writerow`."""

    def write(self, text: str) -> str:
        return text


def csv_file(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, filename: str
) -> StreamingHttpResponse:
    """An attachment in UTF-8; what would be a formula begins with an apostrophe, and is text.

    Instants keep their zone: those of `datetime` are written as they come.
    """
    answer = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    write = csv.writer(_Line()).writerow
    yield write(header)
    for row in rows:
        yield write([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
