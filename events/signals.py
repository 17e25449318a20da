"""What events tell the floors above, inside the transaction, with the tally locked."""

from django.dispatch import Signal

# Sent with `resized`, (event, tally, limit before) of each event whose limit was changed or lifted:
# one event, or the dates of a series.
capacity_changed = Signal()
# Sent with `event`, `tally` and `before` (field → old value) when time or place was changed.
event_moved = Signal()
# Sent with `event` when who sells it has put it off, and nobody knows until when.
event_postponed = Signal()
# Sent with `event` when it was cancelled, and when it was deleted.
event_cancelled = Signal()
event_deleted = Signal()
# Sent with `event`, `tally` and `before` (field → old value, may be empty) when a cancellation was
# taken back. `event_moved` is not sent then.
event_reinstated = Signal()
# Sent with `events`, soonest first, and `new_owner`, when an admin has handed events over.
events_handed_over = Signal()
# Sent with `series` and `moved`, (event, tally, before) of each date whose time or place a change
# of the series has moved.
occurrences_moved = Signal()
# Sent with `series` and `events`, those of its dates that were cancelled or deleted with it.
occurrences_off = Signal()
# Sent with `series` and `events`, (event, tally, before) of each date whose cancellation was taken
# back.
occurrences_reinstated = Signal()
