"""Standing imports whose servers are killed: in the end each event is imported once."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.concurrency.provider_events import event_in_days
from tests.faults.plant import Person, Plant, wait_until
from tests.faults.rounds import FAST_MS

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("faults")]

PAGE = 200  # of the provider
DONE_WITHIN_S = 60.0
PROMISED_S = 15

_RUN = """
SELECT to_jsonb(run) || jsonb_build_object(
    'is_claimed', claimed_until > now(), 'is_paused', next_step_at > now()
) FROM external_events_run run WHERE subscription_id = %s
"""
_EVENTS = """
SELECT count(*) FROM external_events_import JOIN events_event ON id = event_id
WHERE deleted_at IS NULL AND external_event_id LIKE %s
"""


@pytest.fixture(scope="module")
def admin(plant: Plant) -> Person:
    person = plant.sign_up()
    plant.query("UPDATE accounts_user SET is_superuser = true WHERE email = %s", person.address)
    return person


@dataclass
class StandingImport:
    """An import of all events with a word; the provider has this many."""

    plant: Plant
    admin: Person
    word: str
    number: int

    def __post_init__(self) -> None:
        self.plant.provider.events = [
            event_in_days(f"{self.word}{number}", f"{self.word} {number}")
            for number in range(self.number)
        ]
        response = self.plant.post(
            "/external-events/subscriptions/",
            self.admin,
            provider="ticketmaster",
            query=self.word,
            every="once",
        )
        response.raise_for_status()
        self.id = response.json()["id"]

    def run(self) -> tuple[int, float]:
        """Start it; return the status of the response, and the ms it took."""
        began = time.monotonic()
        response = self.plant.post(f"/external-events/subscriptions/{self.id}/run/", self.admin)
        return response.status_code, (time.monotonic() - began) * 1000

    def row(self) -> dict[str, Any]:
        """Return the row of its run."""
        [[row]] = self.plant.query(_RUN, self.id)
        return dict(row)

    def events(self) -> int:
        [[number]] = self.plant.query(_EVENTS, f"{self.word}%")
        return int(number)

    def wait_until_done(self) -> None:
        wait_until("the run is done", lambda: self.row()["state"] == "done", DONE_WITHIN_S)
        row = self.row()
        assert (row["seen"], row["created"] + row["unchanged"]) == (self.number, self.number)
        assert (self.events(), row["error"]) == (self.number, "")


def test_run_of_a_killed_worker_is_resumed_after_its_claim_expires(
    plant: Plant, admin: Person
) -> None:
    jazz = StandingImport(plant, admin, "killed", PAGE + 60)
    assert jazz.run()[0] == 202
    wait_until("it is amid the second page", lambda: jazz.events() > PAGE + 10, DONE_WITHIN_S)
    plant.worker.kill()
    left = jazz.row()
    assert (left["state"], left["seen"], left["is_claimed"]) == ("running", PAGE, True)
    plant.query("UPDATE external_events_run SET claimed_until = now()")
    plant.start_again(plant.worker)
    jazz.wait_until_done()


def test_run_missing_from_the_broker_is_found_by_the_sweep(plant: Plant, admin: Person) -> None:
    jazz = StandingImport(plant, admin, "unheard", 5)
    plant.rabbitmq.kill()
    status, took_ms = jazz.run()
    assert status == 202
    assert took_ms < FAST_MS
    plant.start_again(plant.rabbitmq)
    jazz.wait_until_done()


def test_without_redis_the_database_counts_requests(plant: Plant, admin: Person) -> None:
    organizer = plant.sign_up(is_organizer=True)
    plant.provider.events = [event_in_days("alone", "Alone")]
    plant.redis.kill()
    plant.provider.calls.clear()
    for _ in range(2):
        found = plant.get("/external-events/?query=alone", organizer)
        assert (found.status_code, found.json()["count"]) == (200, 1)
    made = plant.post("/external-events/alone/import/", organizer, provider="ticketmaster")
    again = plant.post("/external-events/alone/import/", organizer, provider="ticketmaster")
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["id"] == again.json()["id"]
    counted = "SELECT used FROM config_limitwindow WHERE key = 'provider:ticketmaster:day'"
    assert plant.query(counted) == [(len(plant.provider.calls),)] == [(3,)]
    plant.start_again(plant.redis)


def test_hanging_provider_pauses_the_run_and_delays_nothing_else(
    plant: Plant, admin: Person
) -> None:
    jazz = StandingImport(plant, admin, "hanging", 5)
    plant.provider.is_hanging = True
    assert jazz.run()[0] == 202
    began = time.monotonic()
    with ThreadPoolExecutor(1) as thread:
        search = thread.submit(plant.get, "/external-events/?query=hanging", admin)
        slowest_ms = 0.0
        while not search.done():
            began_at = time.monotonic()
            assert plant.get("/events/", admin).status_code == 200
            slowest_ms = max(slowest_ms, (time.monotonic() - began_at) * 1000)
            time.sleep(0.2)
    assert time.monotonic() - began < PROMISED_S
    refusal = search.result()
    assert (refusal.status_code, refusal.json()["code"]) == (503, "provider_unavailable")
    assert int(refusal.headers["Retry-After"]) >= 1
    assert slowest_ms < FAST_MS
    # An attempt is counted when it begins, so wait for its end.
    wait_until("the run pauses", lambda: jazz.row()["is_paused"], PROMISED_S)
    assert (jazz.row()["state"], jazz.row()["attempts"]) == ("running", 1)
    plant.provider.is_hanging = False
    jazz.wait_until_done()
