"""The query parameters of event lists, search, suggestions and calendar feeds."""

from events.filters.events import EventFilter, forget_recent
from events.filters.options import OrganizerFilter
from events.filters.search import FeedFilter, SearchFilter, SuggestionFilter

__all__ = [
    "EventFilter",
    "FeedFilter",
    "OrganizerFilter",
    "SearchFilter",
    "SuggestionFilter",
    "forget_recent",
]
