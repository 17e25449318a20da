"""Moves messages from the outbox to their providers: planning, claims, sending.

`planning` writes a delivery for each address of a notification. `claims` takes due deliveries for
the workers (`FOR UPDATE SKIP LOCKED`, so that two relays never take the same). `sending` claims a
delivery once more for its own process and sends it. A claim expires: if a process dies, nothing is
lost, and the next sweep hands the delivery out again.

Everything works by priority and in small batches, so that a later and more urgent message overtakes
a crowd.

Sending cannot be exactly once: a process that is killed between the provider's response and the
update of the row sends again after the claim has expired. That window is the only one, and a mail
then has the same Message-ID.

No transaction spans a network call.
"""
