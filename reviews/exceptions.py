"""Refusals of reviews, each with a code, a status and a message."""

from datetime import datetime

from core.errors import NotThere, RuleBroken


class AuthorOnly(RuleBroken):
    status = 403
    code = "author_required"
    message = "Only the author of this review can do that."


class OwnerReplies(RuleBroken):
    status = 403
    code = "owner_required"
    message = "Only the organizer of this event can reply to its reviews."


class ReviewNotFound(NotThere):
    message = "This review does not exist, or you cannot see it."


class OwnEvent(RuleBroken):
    status = 403
    code = "own_event"
    message = "You cannot review your own event."


class EventNotOver(RuleBroken):
    code = "event_not_over"
    message = (
        "Reviews open after the end of the event. If an edit moved the end to an earlier time, "
        "they open one hour after that edit at the earliest. Try again later."
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
    message = "You have already reviewed this event. Change that review instead."
    next_step = "change_review"


class ReviewHidden(RuleBroken):
    code = "review_hidden"
    message = "An admin has hidden this review. Change it, and ask an admin to show it again."
    next_step = "change_review"
