"""A city's calendar for the demo: people, categories, tags, venues and events; data only."""

from demo.catalogue.categories import CATEGORIES
from demo.catalogue.events import EVENTS
from demo.catalogue.models import DemoCategory, DemoEvent, Person, Venue
from demo.catalogue.people import ORGANIZERS, PASSERS_BY, PEOPLE
from demo.catalogue.tags import TAGS
from demo.catalogue.venues import VENUES

__all__ = [
    "CATEGORIES",
    "EVENTS",
    "ORGANIZERS",
    "PASSERS_BY",
    "PEOPLE",
    "TAGS",
    "VENUES",
    "DemoCategory",
    "DemoEvent",
    "Person",
    "Venue",
]
