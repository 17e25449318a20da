"""Faults: each function kills, freezes or breaks something in one round.

Each function repairs the plant before it returns.
"""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from signal import SIGCONT, SIGINT, SIGKILL, SIGSTOP, Signals

from dev.servers.box import Child
from tests.faults.mail import Manner
from tests.faults.plant import Plant, wait_until
from tests.faults.rounds import Outcome, Round

FROZEN_S = 5.0
REMINDER = "reminder"
LEAD = timedelta(minutes=60)  # a default of reminder_minutes
STRUCK_WITHIN_S = 30.0
CONTROLS = 5

# -- Servers --------------------------------------------------------------------


def killed_before(plant: Plant, part: Callable[[Plant], Child]) -> Outcome:
    """The part is dead while users RSVP."""
    people = Round(plant)
    part(plant).kill()
    people.send_rsvps(8)
    plant.start_again(part(plant))
    people.send_rsvps(4)
    return people.outcome()


def killed_during(plant: Plant, part: Callable[[Plant], Child]) -> Outcome:
    people = Round(plant)
    with people.sending_rsvps(8):
        time.sleep(random.uniform(0, 0.4))
        part(plant).kill()
    plant.start_again(part(plant))
    people.send_rsvps(4)
    return people.outcome()


def killed_after(plant: Plant, part: Callable[[Plant], Child]) -> Outcome:
    """The part dies with what it has just received."""
    people = Round(plant)
    people.send_rsvps(12)
    time.sleep(random.uniform(0, 0.2))
    part(plant).kill()
    plant.start_again(part(plant))
    return people.outcome()


def rabbitmq_frozen(plant: Plant) -> Outcome:
    """It takes connections and data, and never responds."""
    people = Round(plant, 16)
    people.send_rsvps(4)
    plant.rabbitmq.send(SIGSTOP)
    until = time.monotonic() + FROZEN_S
    people.send_rsvps(8)
    time.sleep(until - time.monotonic())
    plant.rabbitmq.send(SIGCONT)
    people.send_rsvps(4)
    return people.outcome()


def database_restarted(plant: Plant) -> Outcome:
    """PostgreSQL restarts during RSVPs and deliveries; 503 with Retry-After is allowed."""
    people = Round(plant, 16)
    people.send_rsvps(4)
    with people.sending_rsvps(8):
        time.sleep(random.uniform(0, 0.4))
        plant.postgres.send(SIGINT)  # what `pg_ctl restart` sends
        plant.postgres.process.wait()
        plant.start_again(plant.postgres)
    people.repeat_refused()
    people.send_rsvps(4)
    return people.outcome(may_refuse=True)


# -- Our processes --------------------------------------------------------------


def sender_killed(plant: Plant) -> Outcome:
    """The pool's processes die after they sent a mail and before the server accepted it."""
    people = Round(plant)
    plant.mail.manner = Manner.HOLD
    people.send_rsvps(8)
    _catch(plant, plant.signal_senders)
    _take_again(plant)
    plant.signal_senders(SIGKILL)
    people.send_rsvps(4)
    return people.outcome()


def sender_killed_after_250(plant: Plant) -> Outcome:
    """The one window for duplicates: the mail is accepted, and not yet marked as sent."""
    people = Round(plant)
    plant.mail.manner = Manner.HOLD
    people.send_rsvps(8)
    _catch(plant, plant.signal_senders)
    people.in_window |= {mail.message_id for mail in plant.mail.release()}
    plant.signal_senders(SIGKILL)
    people.send_rsvps(4)
    return people.outcome()


def worker_killed(plant: Plant) -> Outcome:
    """All processes of the worker die during deliveries."""
    people = Round(plant)
    plant.mail.manner = Manner.HOLD
    people.send_rsvps(8)
    _catch(plant, plant.worker.send)
    _take_again(plant)
    plant.worker.kill()
    people.send_rsvps(2)
    plant.start_again(plant.worker)
    people.send_rsvps(2)
    return people.outcome()


def beat_killed(plant: Plant) -> Outcome:
    """No sweep runs while failed deliveries wait for one."""
    people = Round(plant)
    plant.beat.kill()
    plant.mail.manner = Manner.BUSY
    people.send_rsvps(8)
    _wait_for_failed_attempts(plant)
    plant.mail.manner = Manner.TAKE
    plant.start_again(plant.beat)
    people.send_rsvps(4)
    return people.outcome()


def _catch(plant: Plant, signal_to: Callable[[Signals], None]) -> None:
    """Freeze the senders while the mail server holds one of their mails."""
    while True:
        wait_until("a mail is held", lambda: plant.mail.held > 0, STRUCK_WITHIN_S)
        signal_to(SIGSTOP)
        if plant.mail.held:
            return
        signal_to(SIGCONT)  # they have just timed out


def _take_again(plant: Plant) -> None:
    """Let the mail server accept mails, but none of a sender that is frozen."""
    plant.mail.hang_up()
    plant.mail.manner = Manner.TAKE


# -- The mail server ------------------------------------------------------------


def smtp_refuses(plant: Plant) -> Outcome:
    """Its port is closed."""
    people = Round(plant)
    people.send_rsvps(4)
    people.settle()  # a mail whose 250 is cut off would be in the one window
    plant.mail.close()
    people.send_rsvps(4)
    _wait_for_failed_attempts(plant)
    plant.mail.open()
    people.send_rsvps(4)
    return people.outcome()


def smtp_fails(plant: Plant, manner: Manner) -> Outcome:
    people = Round(plant)
    people.send_rsvps(4)
    # A server that hangs between accepting a mail and sending the 250 opens the one window.
    people.settle()
    plant.mail.manner = manner
    people.send_rsvps(4)
    _wait_for_failed_attempts(plant)
    plant.mail.manner = Manner.TAKE
    people.send_rsvps(4)
    return people.outcome()


def _wait_for_failed_attempts(plant: Plant) -> None:
    sql = "SELECT count(*) FROM notifications_delivery WHERE status <> 'sent' AND error <> ''"
    wait_until("an attempt failed", lambda: plant.query(sql) > [(0,)], STRUCK_WITHIN_S)


# -- Reminders ------------------------------------------------------------------


def reminder_rabbitmq_killed(plant: Plant) -> Outcome:
    """RabbitMQ is dead when the reminders become due."""
    people, due_at = _reminded(plant)
    time.sleep(max(0, due_at - 0.5 - time.monotonic()))
    plant.rabbitmq.kill()
    time.sleep(max(0, due_at + 1 - time.monotonic()))
    plant.start_again(plant.rabbitmq)
    return people.outcome(REMINDER)


def reminder_worker_killed(plant: Plant) -> Outcome:
    """All processes of the worker die while they send reminders."""
    people, _ = _reminded(plant)
    plant.mail.manner = Manner.HOLD
    _catch(plant, plant.worker.send)
    _take_again(plant)
    plant.worker.kill()
    plant.start_again(plant.worker)
    return people.outcome(REMINDER)


def _reminded(plant: Plant) -> tuple[Round, float]:
    """Return users with an RSVP, and the monotonic time at which their reminders are due."""
    soon_s = 3.0
    due_at = time.monotonic() + soon_s
    people = Round(plant, 8, seats=None, starts_in=LEAD + timedelta(seconds=soon_s))
    people.send_rsvps(8)
    people.settle()
    return people, due_at


# -- All of them ----------------------------------------------------------------


def _rabbitmq(plant: Plant) -> Child:
    return plant.rabbitmq


def _redis(plant: Plant) -> Child:
    return plant.redis


# Title in the table of results, and function.
SCENARIOS: dict[str, tuple[str, Callable[[Plant], Outcome]]] = {
    "rabbitmq-before": ("RabbitMQ killed before the RSVPs", partial(killed_before, part=_rabbitmq)),
    "rabbitmq-during": ("RabbitMQ killed amid the RSVPs", partial(killed_during, part=_rabbitmq)),
    "rabbitmq-after": ("RabbitMQ killed after the RSVPs", partial(killed_after, part=_rabbitmq)),
    "rabbitmq-frozen": ("RabbitMQ frozen for 5 s", rabbitmq_frozen),
    "redis": ("Redis killed amid the RSVPs", partial(killed_during, part=_redis)),
    "database": ("PostgreSQL restarted amid the RSVPs", database_restarted),
    "sender": ("Worker's child killed in mid-delivery", sender_killed),
    "sender-after-250": ("Worker's child killed after the 250", sender_killed_after_250),
    "worker": ("Worker killed in mid-delivery", worker_killed),
    "beat": ("Beat killed", beat_killed),
    "smtp-refuses": ("SMTP refuses connections", smtp_refuses),
    "smtp-busy": ("SMTP responds 451", partial(smtp_fails, manner=Manner.BUSY)),
    "smtp-hangs": ("SMTP hangs", partial(smtp_fails, manner=Manner.HANG)),
    "smtp-dies": ("SMTP dies in DATA", partial(smtp_fails, manner=Manner.CUT)),
    "reminder-rabbitmq": ("RabbitMQ dead when reminders fall due", reminder_rabbitmq_killed),
    "reminder-worker": ("Worker killed amid reminders", reminder_worker_killed),
}


def without_sweep(plant: Plant) -> tuple[Outcome, Outcome]:
    """Play the control: without a sweep, a killed sender's mail must be counted as lost.

    The second outcome is after the beat has started again. Plays until a mail is lost, at most
    CONTROLS times: a task that was left in the queue also sends it, if the pool needs longer for
    its new processes than the claim lasts.
    """
    for _ in range(CONTROLS):
        unswept, swept = _without_sweep(plant)
        if unswept.lost:
            break
    return unswept, swept


def _without_sweep(plant: Plant) -> tuple[Outcome, Outcome]:
    people = Round(plant, 1)  # with one RSVP, hardly a task is left in the queue
    people.settle()
    plant.beat.kill()
    plant.mail.manner = Manner.HOLD
    people.send_rsvps(1)
    _catch(plant, plant.signal_senders)
    _take_again(plant)
    plant.signal_senders(SIGKILL)
    unswept = people.outcome(within_s=8)
    plant.start_again(plant.beat)
    return unswept, people.outcome()
