"""Signals to upper apps, sent inside the transaction with `payment`, and with the tally locked.

Receivers decide about seats. To give money back they call `payments.services.refunds`.
"""

from django.dispatch import Signal

# The buyer agreed, and the money can be taken. Receivers take the seats again if the hold is over,
# or raise `payments.exceptions.SeatsGone`; then nothing is taken, and the payment ends.
payment_approved = Signal()
# Paid. With `is_late` the payment had ended before, and the money came all the same. Nothing is
# sent for late money that went back at the provider.
payment_settled = Signal()
# Completed, but the provider needs days for the money.
payment_processing = Signal()
# It will not be paid, or was paid wrongly and all of it goes back: the hold is over.
payment_ended = Signal()
# A refund was booked, which may have been made at the provider. `refund`.
payment_refunded = Signal()
