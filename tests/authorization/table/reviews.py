"""Reviews, replies, and hiding."""

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

_OVER = {"event_id": "over"}
_HIDDEN = {"event_id": "over", "review_id": "hidden"}
_RATING = {"rating": 5}
_REASON = {"reason": "Rude."}

ROWS = [
    Row("own-reviews", "GET", 200, may=SIGNED_IN, query="?mine=true"),
    Row("own-reviews", "GET", 200, may=SIGNED_IN, query="?of_my_events=true"),
    Row("reviews", "GET", 200, may=SIGNED_IN, at=_OVER),
    # Only attendees can review, and Ada has done so already.
    Row("reviews", "POST", 409, may={ATTENDEE}, at=_OVER, body=_RATING),
    Row("review", "GET", 200, may=SIGNED_IN, at=_OVER),
    Row("review", "PUT", 200, may={ATTENDEE}, at=_OVER, body=_RATING),
    Row("review", "PATCH", 200, may={ATTENDEE}, at=_OVER, body=_RATING),
    Row("review", "DELETE", 204, may={ATTENDEE} | MAY_DELETE, at=_OVER),
    Row("review-reply", "PUT", 200, may={OWNER}, at=_OVER, body={"reply": "Well."}),
    Row("review-reply", "DELETE", 204, may={OWNER}, at=_OVER),
    Row("review-hide", "POST", 200, may=MAY_CHANGE, at=_OVER, body=_REASON),
    Row("review-hide", "DELETE", 204, may=MAY_CHANGE, at=_OVER),
    # Hidden reviews are visible to their author, and to admins with view permission.
    Row("review", "GET", 200, may=MAY_VIEW, others=404, at=_HIDDEN),
    Row("review", "PATCH", 403, may=MAY_VIEW, others=404, at=_HIDDEN, body=_RATING),
    Row("review", "DELETE", 403, may=MAY_VIEW, others=404, but={SUPERUSER: 204}, at=_HIDDEN),
    Row("review-hide", "DELETE", 204, may=MAY_CHANGE, at=_HIDDEN),
    Row("review-reply", "DELETE", 403, may=MAY_VIEW, others=404, at=_HIDDEN),
]
