"""Assertions for every record, whatever the provider sent."""

from core.validators import FIRST_YEAR, LAST_YEAR, PlainText, validate_timezone
from external_events.records import ExternalEvent, Status

ONE_LINE, LINES = PlainText(), PlainText(lines=True)


def assert_sane(record: ExternalEvent) -> None:
    for text, longest in ((record.title, 200), (record.location, 300), *_categories(record)):
        assert len(text) <= longest
        if text:
            ONE_LINE(text)
    assert record.title
    assert len(record.description) <= 20_000
    LINES(record.description)
    assert "\x00" not in record.title + record.location + record.description
    for address in (record.url, record.image):
        assert len(address) <= 2_000
        assert address == "" or address.startswith(("http://", "https://"))
    assert_place(record)
    assert_times(record)
    assert_prices(record)
    assert record.status in Status


def assert_place(record: ExternalEvent) -> None:
    assert (record.latitude is None) == (record.longitude is None)
    if record.latitude is not None and record.longitude is not None:
        assert abs(record.latitude) <= 90
        assert abs(record.longitude) <= 180


def assert_times(record: ExternalEvent) -> None:
    validate_timezone(record.timezone)
    for value in (record.start_time, record.end_time, record.local_date, record.last_date):
        assert value is None or FIRST_YEAR <= value.year <= LAST_YEAR
    for moment in (record.start_time, record.end_time):
        assert moment is None or str(moment.tzinfo) == "UTC"
    if record.start_time is not None:
        assert record.local_date is not None
    if record.end_time is not None:
        assert record.start_time is not None
        assert record.end_time > record.start_time

    if record.last_date is not None:
        assert record.end_time is None
        assert record.local_date is not None
        assert record.last_date >= record.local_date


def assert_prices(record: ExternalEvent) -> None:
    for price in (record.price_min, record.price_max):
        if price is not None:
            assert 0 <= price < 100_000_000
            assert price.as_tuple().exponent == -2
    if record.price_min is not None and record.price_max is not None:
        assert record.price_min <= record.price_max
    assert record.currency == "" or (len(record.currency), record.currency.isupper()) == (3, True)


def _categories(record: ExternalEvent) -> list[tuple[str, int]]:
    assert "" not in record.categories
    return [(category, 100) for category in record.categories]
