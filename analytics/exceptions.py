"""Refusals of analytics: each has a code, a status and a message for the client."""

from core.errors import RuleBroken


class NumbersHidden(RuleBroken):
    status = 403
    code = "owner_required"
    message = "Only the organizer of this event sees its numbers."
