"""Refusals of reviews: each has a code, a status and a message for the client."""

from datetime import datetime

from core.errors import NotThere, RuleBroken


class AuthorOnly(RuleBroken):
    status = 403
    code = "author_required"
    message = "Only who wrote this review may do that."


class OwnerReplies(RuleBroken):
    status = 403
    code = "owner_required"
    message = "Only the organizer of this event may reply to its reviews."


class ReviewNotFound(NotThere):
    message = "There is no such review."


class OwnEvent(RuleBroken):
    status = 403
    code = "own_event"
    message = "Nobody reviews their own event."


class EventNotOver(RuleBroken):
    code = "event_not_over"
    message = (
        "Reviews open once the event is over, and an hour after the latest edit that moved its end "
        "to an earlier time. Try again later."
    )
    next_step = "wait_for_end"

    def __init__(self, opens_at: datetime | None) -> None:
        super().__init__()
        if opens_at:
            self.facts = {"opens_at": opens_at}


class NotAttended(RuleBroken):
    status = 403
    code = "not_attended"
    message = (
        "You can review only events that you attended. If you were admitted as a walk-in, confirm "
        "it first."
    )


class AlreadyReviewed(RuleBroken):
    code = "already_reviewed"
    message = "You have reviewed this event already; change that review."
    next_step = "change_review"


class ReviewHidden(RuleBroken):
    code = "review_hidden"
    message = "An admin has hidden this review. Change it, and ask for it to be shown again."
    next_step = "change_review"
