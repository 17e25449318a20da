"""Refusals of analytics, each with a code, a status and a message."""

from core.errors import RuleBroken


class NumbersHidden(RuleBroken):
    status = 403
    code = "owner_required"
    message = "Only the organizer of this event and admins can see its numbers."
