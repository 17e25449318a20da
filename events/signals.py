"""What events tell the floors above, inside the transaction, with the tally locked."""

from django.dispatch import Signal

# Sent with `event` and `tally` when the limit was changed or lifted.
capacity_changed = Signal()
# Sent with `event` and `tally` when the start or the end was changed.
event_moved = Signal()
