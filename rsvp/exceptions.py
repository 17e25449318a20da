"""Refusals of RSVPs and check-ins, each with a code, a status and a message."""

from datetime import datetime

from accounts.exceptions import EmailNotVerified
from core.errors import NotThere, ProviderUnavailable, RuleBroken, TooManyTries
from rsvp.models import Rsvp


class FeedNotFound(NotThere):
    message = "There is no calendar at this address. Get its current address from your account."


class FeedUnreadable(RuleBroken):
    code = "calendar_feed_unreadable"
    message = (
        "The stored address of your calendar can't be read, because the keys of this server have "
        "changed. Renew the address."
    )
    next_step = "renew_calendar_feed"


class CheckInStaffOnly(RuleBroken):
    status = 403
    code = "owner_required"
    message = (
        "Only the organizer of this event, admins, and helpers until 48 hours after the end can do "
        "that."
    )


class AttendeesHidden(CheckInStaffOnly):
    message = (
        "Only the organizer of this event, admins, and helpers until 48 hours after the end can "
        "use these filters."
    )


class CorrectionsOnly(CheckInStaffOnly):
    message = "Only the organizer of this event and admins can close check-in and open it again."


class ExportHidden(CheckInStaffOnly):
    message = "Only the organizer of this event and admins can export the attendee list."


class RsvpNotFound(NotThere):
    message = "You have no RSVP for this event."


class HasNoSeat(RuleBroken):
    code = "not_going"
    message = "You need a seat at this event to get a ticket."
    next_step = "join_event"


class PersonNotFound(NotThere):
    message = "No active person has this ID or username."


class TooLateToLeave(RuleBroken):
    code = "event_ended"
    message = "This event is over, so its RSVPs can no longer be cancelled."


class OrganizerInactive(RuleBroken):
    code = "organizer_inactive"
    message = (
        "The account of this event's organizer is not active, so new and changed RSVPs are not "
        "possible. You can keep or cancel an RSVP that you have."
    )


class AccountInactive(RuleBroken):
    status = 401
    code = "token_not_valid"
    message = "This account is not active."
    next_step = "ask_an_admin"


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
    message = "Everyone on this ticket is already checked in."

    def __init__(self, rsvp: Rsvp, checked_in_at: datetime) -> None:
        super().__init__()
        self.rsvp = rsvp
        self.facts = {"checked_in_at": checked_in_at}


class NotCheckedIn(RuleBroken):
    code = "not_checked_in"
    message = "Nobody on this ticket is checked in."


class TicketVoid(RuleBroken):
    code = "ticket_void"
    message = (
        "This ticket is no longer valid because its seats were given back. Ask the attendee for "
        "their current ticket."
    )
    next_step = "show_current_ticket"


class NotGoing(HasNoSeat):
    message = "This person has no seat. Admit them as a walk-in if seats are free."
    next_step = "walk_in"


class CheckInNotOpen(RuleBroken):
    code = "check_in_not_open"
    next_step = "wait_for_check_in"
    message = "Check-in has not opened yet."

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
    message = "The party does not have that many people."

    def __init__(self, people: int) -> None:
        super().__init__()
        self.facts = {"people": people}


class VerifiedPeopleOnly(EmailNotVerified):
    message = (
        "Only people with a verified e-mail address can take seats at this event. "
        "Verify your address: /api/email/verify/resend/ sends the mail again."
    )


class TooManyUnverifiedSeats(EmailNotVerified):
    message = (
        "You can't take more seats without a verified e-mail address. Verify your address "
        "(/api/email/verify/resend/ sends the mail again), or bring fewer guests."
    )


class TooManyGuests(TooManyTries):
    """Accounts behind one client address brought too many guests."""

    def __init__(self, *, retry_after_s: int) -> None:
        RuleBroken.__init__(
            self,
            "Too many guests were registered from your network. Come without guests, or try "
            f"again in {retry_after_s} seconds.",
        )
        self.retry_after_s = retry_after_s


class EventFull(RuleBroken):
    code = "event_full"
    message = (
        "Not enough seats are available for your party. Join the waitlist or bring fewer guests."
    )
    next_step = "join_waitlist"


class TicketTypeSoldOut(EventFull):
    code = "ticket_type_sold_out"
    message = (
        "Not enough tickets of these types are available for your party. Join the waitlist, or "
        "choose other tickets."
    )


class NoTicketsToAdd(TicketTypeSoldOut):
    message = "There are no extra tickets of these types. Your current tickets are unchanged."
    next_step = ""


class SalesNotOpen(RuleBroken):
    code = "sales_not_open"
    next_step = "wait_for_sales"
    message = "The sale of this ticket type has not started yet."

    def __init__(self, name: str, opens_at: datetime) -> None:
        super().__init__(f"The sale of the ticket type {name} has not started yet.")
        self.facts = {"opens_at": opens_at}


class SalesClosed(RuleBroken):
    code = "sales_closed"
    message = "The sale of this ticket type is over."

    def __init__(self, name: str) -> None:
        super().__init__(f"The sale of the ticket type {name} is over.")


class NoSeatsToAdd(EventFull):
    message = "There are no extra seats available. Your current seats are unchanged."
    next_step = ""


class HoldNotEnded(ProviderUnavailable):
    message = (
        "Your payment has not ended yet, because the payment provider is still working on it. Try "
        "again later."
    )


class JustPaid(RuleBroken):
    code = "just_paid"
    message = (
        "Your payment has just arrived, so you have the seats. Send the same request again if you "
        "still want the change."
    )
    next_step = "repeat_request"


class TicketsBought(RuleBroken):
    code = "tickets_bought"
    message = (
        "Your party has its seats already, so you can only add free tickets. Your current tickets "
        "are unchanged."
    )


class HasArrived(RuleBroken):
    code = "already_checked_in"
    message = (
        "People in this party have already checked in. Undo their check-in before giving up their "
        "seats."
    )
    next_step = "undo_check_in"


class PartyTooLarge(RuleBroken):
    code = "party_too_large"
    message = "Your party is larger than the event's limit. Bring fewer guests."
    next_step = "bring_fewer_guests"


class TooManyTickets(PartyTooLarge):
    message = (
        "Your party is larger than the event's limit, or wants more tickets of a type than there "
        "are. Choose fewer tickets."
    )


class NoSeatForWalkIn(EventFull):
    message = "Not enough seats are available for these people."
    next_step = ""


class PaymentNeeded(RuleBroken):
    code = "payment_needed"
    message = (
        "No free ticket is left for these people. Take the money, then send "
        "`paid_at_the_door: true`."
    )
    next_step = "take_payment"


class DateNeedsPayment(RuleBroken):
    code = "payment_needed"
    message = "The tickets of this date have a price. RSVP to this date itself, and pay for them."
    next_step = "join_event"


class WalkInNotFound(NotThere):
    message = "You have no walk-in to confirm at this event."


class TicketUnknown(NotThere):
    message = "This is not a ticket for this event."
