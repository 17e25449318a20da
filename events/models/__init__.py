"""Events, series, categories, tags, seats, ticket types, ratings and helpers."""

from events.models.base import LATEST_REFUND_HOURS, RefundPolicy
from events.models.categories import Category, Tag
from events.models.events import Event, EventQuerySet
from events.models.helpers import Helper, Role
from events.models.ratings import Rating
from events.models.series import Series
from events.models.tallies import MOST_SEATS, Tally
from events.models.ticket_types import DiscountCode, TicketType, TypeTally
from events.models.words import Word
