"""Events, their series, what they are about, and how many seats of theirs are taken."""

from events.models.events import Event, EventQuerySet
from events.models.named import Category, Tag
from events.models.series import Series
from events.models.tallies import MOST_SEATS, Tally
from events.models.words import Word

__all__ = ["MOST_SEATS", "Category", "Event", "EventQuerySet", "Series", "Tag", "Tally", "Word"]
