"""What accounts tell the floors above."""

from django.dispatch import Signal

# Sent after the deactivation is committed, with `user`: their seats are to be given back.
account_deactivated = Signal()
# Sent after that when the person is to be erased, with `user`, who still has their name: what
# they brought is to be ended, and to name nobody. Outside of a transaction, and again when an
# erasure was cut off, so that what was done already must be no error.
account_erased = Signal()
# Sent with `user` when a password was reset or set by an admin, and when a change of the address
# was undone. Receivers renew secrets that somebody else may know, such as a URL. Sent for new
# accounts too, because their password is set.
account_recovered = Signal()
# Sent with `user`, who is locked, before the organizer role ends, inside the transaction. Receivers
# raise RuleBroken while something that belongs to the user needs an organizer.
organizer_role_ending = Signal()
# Sent with `user`, who asks for all that is stored about them. Each receiver answers
# {model's label: [a row's fields]} of its own floor, in a fixed number of queries.
export_asked = Signal()
