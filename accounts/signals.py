"""Signals of accounts, for apps above."""

from django.dispatch import Signal

# Sent with `user` after the deactivation is committed. Receivers release the user's seats.
account_deactivated = Signal()
# Sent after that with `user`, whose name is still stored, before an erasure. Receivers end or
# anonymise the user's rows. Sent outside of a transaction, and again for an erasure that was
# interrupted, so receivers must be safe to repeat.
account_erased = Signal()
# Sent with `user` when a password was reset or set by an admin, and when a change of the address
# was undone. Receivers renew secrets that an attacker may know, such as a URL. Sent for new
# accounts too, because their password is set.
account_recovered = Signal()
# Sent with `user`, who is locked, before the organizer role ends, inside the transaction. Receivers
# raise RuleBroken while something that belongs to the user needs an organizer.
organizer_role_ending = Signal()
# Sent with `user` and `part` (`accounts.export.Part`) for an export of all data. Receivers return
# {model's label: [a row's fields]} for their app, in a fixed number of queries.
export_asked = Signal()
