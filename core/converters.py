"""Converters for URL paths."""

from django.urls.converters import IntConverter


class IdConverter(IntConverter):
    """The id of a row: ASCII digits that fit a column of every database."""

    regex = "[0-9]{1,18}"
