"""What accounts tell the floors above."""

from django.dispatch import Signal

# Sent after the deactivation is committed, with `user`: their seats are to be given back.
account_deactivated = Signal()
