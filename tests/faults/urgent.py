"""Measure how long a password reset takes while thousands of mails are waiting.

Uses the product's own settings: shorter sweeps would hide a message that waits for one.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta

from tests.faults.mail import Mail
from tests.faults.plant import EmbeddedPlant, Plant, wait_until

CROWD = 10_000
URGENT_WITHIN_S = 5.0
RESETS = 5
PAUSE_S = 2.0
SETTINGS = "config.settings"
MODES: dict[str, type[Plant]] = {
    "worker": Plant,
    "embedded": EmbeddedPlant,
}


@dataclass
class Measured:
    """Seconds from the request to the mail server, for each reset and for one receipt."""

    resets_s: list[float] = field(default_factory=list)
    receipt_s: float = 0.0
    mails_waiting: int = 0

    @property
    def slowest_s(self) -> float:
        return max(self.resets_s)

    @property
    def is_kept(self) -> bool:
        """Whether the promise was kept while mails were waiting."""
        return self.slowest_s < URGENT_WITHIN_S and self.mails_waiting > 0


def measure(plant: Plant, crowd: int = CROWD, resets: int = RESETS) -> Measured:
    """Change an event with many attendees, and request resets while they are notified."""
    organizer, guest = plant.sign_up(is_organizer=True), plant.sign_up()
    forgetful = [plant.sign_up() for _ in range(resets)]
    week = timedelta(days=7)
    event_id = plant.create_event(starts_in=week, seats=None, organizer=organizer)
    other_event_id = plant.create_event(starts_in=week, seats=None)
    plant.run("crowd", "-m", "tests.faults.crowd", str(event_id), str(crowd))
    wait_until("nothing else waits", lambda: not plant.outbox(), 60)
    mails_before = len(_crowd_mails(plant))
    plant.patch(f"/events/{event_id}/", organizer, location="Park").raise_for_status()
    wait_until("the crowd is being notified", lambda: len(_crowd_mails(plant)) > mails_before, 60)
    measured = Measured()
    for person in forgetful:
        plant.post("/password/reset/", email=person.address).raise_for_status()
        measured.resets_s.append(_seconds_until(plant, person.address, "reset_password"))
        time.sleep(PAUSE_S)
    path = f"/events/{other_event_id}/rsvp/"
    plant.post(path, guest, status="going").raise_for_status()
    measured.receipt_s = _seconds_until(plant, guest.address, "rsvp_confirmed")
    measured.mails_waiting = crowd - (len(_crowd_mails(plant)) - mails_before)
    return measured


def _crowd_mails(plant: Plant) -> list[Mail]:
    return [mail for mail in plant.mail.mails if mail.kind == "event_changed"]


def _seconds_until(plant: Plant, address: str, kind: str) -> float:
    began = time.monotonic()
    wait_until(
        f"{kind} for {address}",
        lambda: any(mail.to == address and mail.kind == kind for mail in plant.mail.mails),
        120,
    )
    return time.monotonic() - began
