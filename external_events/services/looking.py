"""When an imported event is asked for again by itself."""

from datetime import datetime, timedelta

# Within two days of the start people are about to set out.
SOON = timedelta(days=2)
SOONER, LATER = timedelta(hours=3), timedelta(days=1)


def next_look_after(now: datetime, start_time: datetime) -> datetime:
    return now + (SOONER if now < start_time < now + SOON else LATER)
