"""Reviews, replies and hidden reviews."""

from tests.authorization.roles import (
    ATTENDEE,
    MAY_CHANGE,
    MAY_DELETE,
    MAY_VIEW,
    OWNER,
    SIGNED_IN,
    SUPERUSER,
)
from tests.authorization.rows import Row

_PAST = {"event_id": "past"}
_HIDDEN = {"event_id": "past", "review_id": "hidden"}
_RATING = {"rating": 5}
_REASON = {"reason": "Rude."}

ROWS = [
    Row("reviews", "GET", 200, may=SIGNED_IN, at=_PAST),
    # Only for people who attended: Ada did, and has already reviewed the event.
    Row("reviews", "POST", 409, may={ATTENDEE}, at=_PAST, body=_RATING),
    Row("review", "GET", 200, may=SIGNED_IN, at=_PAST),
    Row("review", "PUT", 200, may={ATTENDEE}, at=_PAST, body=_RATING),
    Row("review", "PATCH", 200, may={ATTENDEE}, at=_PAST, body=_RATING),
    Row("review", "DELETE", 204, may={ATTENDEE} | MAY_DELETE, at=_PAST),
    Row("review-reply", "PUT", 200, may={OWNER}, at=_PAST, body={"reply": "Well."}),
    Row("review-reply", "DELETE", 204, may={OWNER}, at=_PAST),
    Row("review-hide", "POST", 200, may=MAY_CHANGE, at=_PAST, body=_REASON),
    Row("review-hide", "DELETE", 204, may=MAY_CHANGE, at=_PAST),
    # Only the author and admins that may view reviews see a hidden one.
    Row("review", "GET", 200, may=MAY_VIEW, others=404, at=_HIDDEN),
    Row("review", "PATCH", 403, may=MAY_VIEW, others=404, at=_HIDDEN, body=_RATING),
    Row("review", "DELETE", 403, may=MAY_VIEW, others=404, but={SUPERUSER: 204}, at=_HIDDEN),
    Row("review-hide", "DELETE", 204, may=MAY_CHANGE, at=_HIDDEN),
    Row("review-reply", "DELETE", 403, may=MAY_VIEW, others=404, at=_HIDDEN),
]
