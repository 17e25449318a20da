"""Refusals of events, with code, message and next step for clients."""

from django.conf import settings

from core.errors import NotThere, RuleBroken, TooManyTries
from events.models.helpers import MOST_HELPERS
from events.models.ticket_types import MOST_CODES, MOST_TICKET_TYPES


class DeletedAlready(NotThere):
    message = "already deleted."


class EventNotFound(NotThere):
    message = "This event does not exist, or you can't see it."


class SeriesNotFound(NotThere):
    message = "This series does not exist, or you can't see it."


class EventCancelled(RuleBroken):
    code = "event_cancelled"
    message = "This event is cancelled."


class EventPublished(RuleBroken):
    code = "event_published"
    message = "A published event can't become a draft again. Cancel it instead."
    next_step = "cancel_event"


class EventNotPublished(RuleBroken):
    code = "event_not_published"
    message = "Drafts can't be cancelled. Delete the draft instead."
    next_step = "delete_event"


class EventStarted(RuleBroken):
    code = "event_started"
    message = "This event has already started."


class TooLateToReinstate(EventStarted):
    message = (
        "The start of this event has passed. A cancelled event can be published again only before "
        "its start. Copy it instead."
    )
    next_step = "copy_event"


class DraftStarted(EventStarted):
    message = "The start of this draft has passed. Move it before you publish it."
    next_step = "move_event"


class OwnerHasImport(RuleBroken):
    code = "owner_has_import"
    message = (
        "This person has already imported this event. Choose another owner, or cancel the event."
    )
    next_step = "cancel_event"


class TooManyHelpers(RuleBroken):
    code = "too_many_helpers"
    message = f"This event already has {MOST_HELPERS} helpers. Remove one first."
    next_step = "remove_a_helper"


class HelperNotFound(NotThere):
    message = "This person is not a helper of this event."


class EventEnded(RuleBroken):
    code = "event_ended"
    message = (
        "This event is over. Only its texts, place, pictures, category and tags can still be "
        "changed. To hold it again, copy it."
    )
    next_step = "copy_event"


class CategoryInUse(RuleBroken):
    code = "category_in_use"
    message = "Events still have this category. Move them to another one first."
    next_step = "move_events"


class OrganizerRequired(RuleBroken):
    status = 403
    code = "organizer_required"
    message = (
        "The owner of this event is not an organizer. Existing events can be edited, moved "
        "and cancelled. For anything new, ask an admin for the organizer role."
    )


class OwnsUpcomingEvents(RuleBroken):
    code = "owns_upcoming_events"
    message = (
        "You have events that are not over yet, and their attendees need an organizer. Cancel "
        "them, or stay an organizer until they are over."
    )
    next_step = "cancel_events"


class TooManyDates(TooManyTries):
    def __init__(self, *, retry_after_s: int) -> None:
        RuleBroken.__init__(
            self,
            f"You can create {settings.EVENT_DATES_PER_DAY} event dates in 24 hours. "
            f"Try again in {retry_after_s} seconds, or create fewer dates.",
        )
        self.retry_after_s = retry_after_s


class TooManyOpenEvents(RuleBroken):
    code = "too_many_open_events"
    message = (
        "You have too many events that have not started. Each date of a series counts. "
        "Cancel or delete some of them, or wait until they have started."
    )
    next_step = "cancel_an_event"


class SeriesOver(RuleBroken):
    code = "series_over"
    message = "This series has no upcoming dates."


class SeriesCancelled(RuleBroken):
    code = "series_cancelled"
    message = "This series is cancelled."


class TicketTypeNotFound(NotThere):
    message = "This ticket type does not exist, or you can't see it."


class TooManyTicketTypes(RuleBroken):
    code = "too_many_ticket_types"
    message = f"This event already has {MOST_TICKET_TYPES} ticket types. Delete one first."
    next_step = "delete_a_ticket_type"


class EventHasRsvps(RuleBroken):
    code = "event_has_rsvps"
    message = (
        "People already have seats at this event, or wait for them, without tickets. Copy the "
        "event and add ticket types to the copy."
    )
    next_step = "copy_event"


class ImportedEvent(RuleBroken):
    code = "imported_event"
    message = "Tickets of an imported event are sold by its provider, not here."


class PaymentsNotConfigured(RuleBroken):
    code = "payments_not_configured"
    message = "No payment provider is set up, so tickets can't have a price. Offer them for free."


class TicketTypeSold(RuleBroken):
    code = "ticket_type_sold"
    message = "People have tickets of this type. Close its sales instead of deleting it."
    next_step = "close_sales"


class AmountNeedsCurrency(RuleBroken):
    code = "amount_needs_currency"
    message = "A discount code takes an amount off in the present currency. Delete the code first."
    next_step = "delete_code"


class CodeNotFound(NotThere):
    message = "This code does not exist, or you can't see it."


class TooManyCodes(RuleBroken):
    code = "too_many_codes"
    message = f"This event already has {MOST_CODES} codes. Delete one first."
    next_step = "delete_a_code"


class CodeInUse(RuleBroken):
    code = "code_in_use"
    message = "People have used this code. End its validity instead of deleting it."
    next_step = "end_code"
