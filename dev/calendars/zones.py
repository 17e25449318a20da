"""Print the VTIMEZONE of every time zone, with offsets that a reader must find (README.md)."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

from core.ical.vtimezones import vtimezone
from core.validators import LAST_YEAR, TIMEZONES

DAYS = [(1, 15), (4, 2), (6, 15), (10, 2), (11, 3)]


def _offset(local: datetime) -> float:
    offset = local.utcoffset()
    assert offset is not None
    return offset.total_seconds()


def _point(zone: ZoneInfo, year: int, month: int, day: int) -> tuple[str, float]:
    local = datetime(year, month, day, 12, tzinfo=zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}", _offset(local)


if __name__ == "__main__":
    zones = [
        {
            "tzid": tzid,
            "component": vtimezone(tzid).to_ical().decode(),
            "points": [
                _point(ZoneInfo(tzid), year, month, day)
                for year in range(1973, LAST_YEAR + 1)
                for month, day in DAYS
            ],
        }
        for tzid in sorted(TIMEZONES)
    ]
    print(json.dumps(zones))
