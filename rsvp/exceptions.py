"""Refusals of rsvp: each has a code, a status and a message for the client."""

from datetime import datetime

from accounts.exceptions import EmailNotVerified
from core.errors import NotThere, RuleBroken, TooManyTries
from rsvp.models import Rsvp


class FeedNotFound(NotThere):
    message = "There is no such calendar. Ask for its address again."


class FeedUnreadable(RuleBroken):
    code = "calendar_feed_unreadable"
    message = "The keys of this service have changed; renew the address of your calendar."
    next_step = "renew_calendar_feed"


class DoorOnly(RuleBroken):
    status = 403
    code = "owner_required"
    message = (
        "Only the organizer of this event, admins, and helpers until 48 hours after the end can do "
        "that."
    )


class AttendeesHidden(DoorOnly):
    message = (
        "Only the organizer of this event, admins, and helpers until 48 hours after the end can "
        "use these filters."
    )


class CorrectionsOnly(DoorOnly):
    message = "Only the organizer of this event and admins can close check-in and open it again."


class ExportHidden(DoorOnly):
    message = "Only the organizer of this event and admins can export the attendee list."


class RsvpNotFound(NotThere):
    message = "You have not answered this event."


class HasNoSeat(RuleBroken):
    code = "not_going"
    message = "You need a seat at this event to get a ticket."
    next_step = "join_event"


class PersonNotFound(NotThere):
    message = "There is no such person."


class EventEnded(RuleBroken):
    code = "event_ended"
    message = "This event is over."


class OrganizerInactive(RuleBroken):
    code = "organizer_inactive"
    message = (
        "The account of this event's organizer is not active, so new and changed RSVPs are not "
        "possible. You can keep or cancel an RSVP that you have."
    )


class AccountInactive(RuleBroken):
    status = 401
    code = "token_not_valid"
    message = "The account is not active."


class NotAttending(RuleBroken):
    """The owner has no RSVP that could be cancelled. Other people get RsvpNotFound."""

    code = "not_attending"
    message = "You organize this event and have no RSVP for it. Nothing was cancelled."


class NotAttendingOwnEvent(NotAttending):
    """The same for an event that can still be cancelled itself."""

    message = f"{NotAttending.message} To cancel the event itself, set its status to cancelled."
    next_step = "cancel_event"


class NotAttendingOwnSeries(NotAttending):
    message = (
        "You organize this series and have no RSVP for it. Nothing was cancelled. "
        "To cancel the series itself, set its status to cancelled."
    )
    next_step = "cancel_series"


class AlreadyCheckedIn(RuleBroken):
    """The party of `rsvp` was checked in before, at `checked_in_at`."""

    code = "already_checked_in"
    message = "Everyone on this ticket was checked in already."

    def __init__(self, rsvp: Rsvp, checked_in_at: datetime) -> None:
        super().__init__()
        self.rsvp = rsvp
        self.facts = {"checked_in_at": checked_in_at}


class NotCheckedIn(RuleBroken):
    code = "not_checked_in"
    message = "Nobody on this ticket was checked in."


class TicketVoid(RuleBroken):
    code = "ticket_void"
    message = "This ticket's seats were given back. If they have others, they have another ticket."
    next_step = "show_current_ticket"


class NotGoing(HasNoSeat):
    message = "They have no seat."
    next_step = "walk_in"


class CheckInNotOpen(RuleBroken):
    code = "check_in_not_open"
    next_step = "wait_for_check_in"
    message = "Check-in has not begun."

    def __init__(self, opens_at: datetime) -> None:
        super().__init__()
        self.facts = {"opens_at": opens_at}


class CheckInClosed(RuleBroken):
    code = "check_in_closed"
    message = "Check-in is over."

    def __init__(self, closed_at: datetime) -> None:
        super().__init__()
        self.facts = {"closed_at": closed_at}


class TooManyPeople(RuleBroken):
    code = "too_many_people"
    message = "The party is not that large."

    def __init__(self, people: int) -> None:
        super().__init__()
        self.facts = {"people": people}


class VerifiedPeopleOnly(EmailNotVerified):
    message = (
        "Only people with a verified e-mail address can take seats at this event. "
        "Verify your address; /api/email/verify/resend/ sends the mail again."
    )


class TooManyUnverifiedSeats(EmailNotVerified):
    message = (
        "You have as many seats as an account without a verified e-mail address can have. "
        "Verify your address, or bring fewer guests; /api/email/verify/resend/ sends the "
        "mail again."
    )


class TooManyGuests(TooManyTries):
    """Accounts behind one client address have brought too many guests."""

    def __init__(self, *, retry_after_s: int) -> None:
        RuleBroken.__init__(
            self,
            "Too many guests were registered from your network. Come without guests, or try "
            f"again in {retry_after_s} seconds.",
        )
        self.retry_after_s = retry_after_s


class EventFull(RuleBroken):
    code = "event_full"
    message = "There is no seat for so many now."
    next_step = "join_waitlist"


class NoSeatsToAdd(EventFull):
    message = "There is no seat to add to yours; you keep those you have."
    next_step = ""


class HasArrived(RuleBroken):
    code = "already_checked_in"
    message = (
        "People in this party have already checked in. Undo their check-in before giving up their "
        "seats."
    )
    next_step = "undo_check_in"


class PartyTooLarge(RuleBroken):
    code = "party_too_large"
    message = "The event will never hold a party of that size."
    next_step = "bring_fewer_guests"


class NoSeatForWalkIn(EventFull):
    message = "Not enough seats are free for these people."
    next_step = ""


class WalkInNotFound(NotThere):
    message = "There is no walk-in for you to confirm at this event."


class TicketUnknown(NotThere):
    message = "This is no ticket for this event."
