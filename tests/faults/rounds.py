"""A round: users RSVP to a new event around a fault; then each RSVP must have exactly one mail.

All users are new in each round, so that an address and a kind identify one message.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import requests

from tests.faults.mail import Mail
from tests.faults.plant import Late, Person, Plant, wait_until

CLIENTS = 4
SETTLED_WITHIN_S = 60.0
# A request that waits for a dead or frozen part takes longer than this.
FAST_MS = 2000.0
KINDS = {"going": "rsvp_confirmed", "waitlisted": "waitlisted"}


@dataclass(frozen=True)
class RsvpResponse:
    """The HTTP response to an RSVP. Status 0: the connection broke."""

    person: Person
    status: int
    ms: float
    kind: str = ""
    retry_after: str | None = None

    @property
    def is_promise(self) -> bool:
        return 200 <= self.status < 300


@dataclass
class Outcome:
    """The result of one or more rounds. `lost` and `doubled` count messages."""

    rounds: int = 1
    rsvps: int = 0
    lost: int = 0
    doubled: int = 0
    doubled_outside_window: int = 0
    non_2xx: int = 0
    slowest_ms: float = 0.0
    broken: list[str] = field(default_factory=list)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            rounds=self.rounds + other.rounds,
            rsvps=self.rsvps + other.rsvps,
            lost=self.lost + other.lost,
            doubled=self.doubled + other.doubled,
            doubled_outside_window=self.doubled_outside_window + other.doubled_outside_window,
            non_2xx=self.non_2xx + other.non_2xx,
            slowest_ms=max(self.slowest_ms, other.slowest_ms),
            broken=self.broken + other.broken,
        )


class Round:
    """One event, and users who RSVP a few at a time."""

    def __init__(
        self,
        plant: Plant,
        people: int = 12,
        *,
        seats: int | None = 9,
        starts_in: timedelta = timedelta(days=7),
    ) -> None:
        self.plant = plant
        self.responses: list[RsvpResponse] = []
        self.in_window: set[str] = set()
        self.event_id = plant.create_event(starts_in=starts_in, seats=seats)
        with ThreadPoolExecutor(CLIENTS) as clients:
            self.crowd = list(clients.map(lambda _: plant.sign_up(), range(people)))

    def send_rsvps(self, people: int, pause_s: float = 0) -> None:
        """Have this many more users RSVP, in parallel; clients pause after each request."""
        self._send_all([self.crowd.pop() for _ in range(people)], pause_s)

    @contextmanager
    def sending_rsvps(self, people: int) -> Iterator[None]:
        """Have users RSVP during the block, for about half a second; wait for all at its end."""
        with ThreadPoolExecutor(1) as aside:
            sending = aside.submit(self.send_rsvps, people, pause_s=0.5 * CLIENTS / people)
            yield
            sending.result()

    def repeat_refused(self) -> None:
        """Repeat the requests that were refused with Retry-After."""
        self._send_all([response.person for response in self.responses if not response.is_promise])

    def _send_all(self, crowd: list[Person], pause_s: float = 0) -> None:
        with ThreadPoolExecutor(CLIENTS) as clients:
            self.responses += clients.map(partial(self._send, pause_s=pause_s), crowd)

    def _send(self, person: Person, pause_s: float) -> RsvpResponse:
        began = time.monotonic()
        try:
            path = f"/events/{self.event_id}/rsvp/"
            response = self.plant.post(path, person, status="going")
        except requests.RequestException:
            return RsvpResponse(person, 0, (time.monotonic() - began) * 1000)
        ms = (time.monotonic() - began) * 1000
        time.sleep(pause_s)
        kind = KINDS[response.json()["status"]] if response.ok else ""
        retry_after = response.headers.get("Retry-After")
        return RsvpResponse(person, response.status_code, ms, kind, retry_after)

    def outcome(
        self,
        *kinds: str,
        may_refuse: bool = False,
        fast_ms: float = FAST_MS,
        within_s: float = SETTLED_WITHIN_S,
    ) -> Outcome:
        """Wait for the mail of each RSVP, and one of each of `kinds` per user; return counts."""
        promises = [response for response in self.responses if response.is_promise]
        wanted = {
            (response.person.address, kind)
            for response in promises
            for kind in {response.kind, *kinds}
        }
        broken = self._settle(wanted, within_s)
        mine = self._mails()
        missing = wanted - {(mail.to, mail.kind) for mail in mine}
        doubled = surplus(mine)
        outside = doubled - self._doubled_in_window(mine)
        refused = [response for response in self.responses if not response.is_promise]
        wrong = [a for a in refused if not (may_refuse and a.status == 503 and a.retry_after)]
        slowest_ms = max(response.ms for response in self.responses)
        broken += [f"lost: {kind} for {address}" for address, kind in sorted(missing)]
        broken += [f"{outside} doubled outside of the window"] if outside else []
        broken += [f"status {response.status} for {response.person.address}" for response in wrong]
        broken += [f"a response took {slowest_ms:.0f} ms"] if slowest_ms > fast_ms else []
        return Outcome(
            rsvps=len(promises),
            lost=len(missing),
            doubled=doubled,
            doubled_outside_window=outside,
            non_2xx=len(refused),
            slowest_ms=slowest_ms,
            broken=broken,
        )

    def _settle(self, wanted: set[tuple[str, str]], within_s: float) -> list[str]:
        def is_settled() -> bool:
            sent = {(mail.to, mail.kind) for mail in self._mails()}
            return wanted <= sent and not self.plant.outbox()

        try:
            wait_until("all mails are sent", is_settled, within_s)
        except Late as late:
            return [str(late), *self.plant.outbox()]
        return []

    def settle(self) -> None:
        """Wait for the mails of all RSVPs so far."""
        wanted = {(response.person.address, response.kind) for response in self.responses}
        assert not (broken := self._settle(wanted, SETTLED_WITHIN_S)), broken

    def _mails(self) -> list[Mail]:
        people = {response.person.address for response in self.responses}
        return [mail for mail in self.plant.mail.mails if mail.to in people]

    def _doubled_in_window(self, mails: list[Mail]) -> int:
        """Count the mails in the window that were sent twice with the same Message-ID."""
        times = Counter(mail.message_id for mail in mails)
        return sum(times[message_id] > 1 for message_id in self.in_window)


def surplus(mails: Iterable[Mail]) -> int:
    """Count the mails that repeat an earlier one."""
    times = Counter((mail.to, mail.kind) for mail in mails)
    return sum(number - 1 for number in times.values())
