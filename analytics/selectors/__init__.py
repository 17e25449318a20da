"""Numbers from RSVPs, seats, check-ins and reviews."""

from analytics.selectors.events import of_event
from analytics.selectors.overviews import overview
from analytics.selectors.popular import popular, popular_events, row_of
from analytics.selectors.scope import events_seen_by
