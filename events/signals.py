"""Signals to upper apps, sent inside the transaction with the tally locked."""

from django.dispatch import Signal

# `resized`: (event, tally, old limit) of each event whose limit changed.
capacity_changed = Signal()
# The quantity of a ticket type changed. `event` with its tally, `ticket_type` with its own,
# `former_quantity`.
quantity_changed = Signal()
# The time or place changed. `event`, `tally`, `before` (old values by field).
event_moved = Signal()
# The provider postponed the event without a new date. `event`.
event_postponed = Signal()
# `event`.
event_cancelled = Signal()
event_deleted = Signal()
# A cancellation was reverted; `event_moved` is not sent then. `event`, `tally`, `before`.
event_reinstated = Signal()
# An admin transferred events. `events`, soonest first, and `new_owner`.
events_handed_over = Signal()
# A change of a series moved occurrences. `series` and `moved`: (event, tally, before) of each.
occurrences_moved = Signal()
# Occurrences were cancelled or deleted with their series. `series`, `events`.
occurrences_off = Signal()
# Cancellations were reverted with a series. `series` and `events`: (event, tally, before) of each.
occurrences_reinstated = Signal()
