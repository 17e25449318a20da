"""Refunds of a cancelled event, whose workers are killed: all money goes back, once."""

from datetime import timedelta
from signal import SIGKILL

import pytest
import requests

from tests.faults.plant import Person, Plant, wait_until

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("faults")]

PRICE = 1250
BUYERS = 6
SETTLED_WITHIN_S = 60.0


def test_refunds_of_killed_workers_are_made_once(plant: Plant) -> None:
    organizer = plant.sign_up(is_organizer=True)
    event_id = plant.create_event(starts_in=timedelta(days=7), seats=None, organizer=organizer)
    kind = {"name": "Standing", "price": "12.50", "currency": "EUR"}
    added = plant.post(f"/events/{event_id}/ticket-types/", organizer, **kind)
    added.raise_for_status()
    for _ in range(BUYERS):
        pay(plant, event_id, added.json()["id"], plant.sign_up())
    for body, headers in plant.stripe.webhooks():
        hear(plant, body, headers)
    wait_until("all have paid", lambda: payments(plant, event_id, "paid") == BUYERS, 60)

    plant.stripe.delay_s = 1  # each refund has its effect before that
    plant.patch(f"/events/{event_id}/", organizer, status="cancelled").raise_for_status()
    kill_amid_a_refund(plant)
    kill_amid_a_refund(plant)
    plant.stripe.delay_s = 0

    def is_settled() -> bool:
        # The pauses after failures are over.
        plant.query("UPDATE payments_refund SET due_at = now() WHERE due_at IS NOT NULL")
        return payments(plant, event_id, "refunded") == BUYERS

    wait_until("all got their money back", is_settled, SETTLED_WITHIN_S)
    assert [r["amount"] for r in plant.stripe.refunds.values()] == [PRICE] * BUYERS
    assert plant.query("SELECT status, count(*) FROM payments_refund GROUP BY status") == [
        ("done", BUYERS)
    ]


def kill_amid_a_refund(plant: Plant) -> None:
    made = len(plant.stripe.refunds)
    wait_until("a refund was made", lambda: len(plant.stripe.refunds) > made, 30)
    plant.signal_senders(SIGKILL)
    [(known,)] = plant.query("SELECT count(*) FROM payments_refund WHERE provider_refund_id <> ''")
    assert known < len(plant.stripe.refunds)  # its response is lost


def pay(plant: Plant, event_id: int, ticket_type: int, buyer: Person) -> None:
    tickets = [{"ticket_type": ticket_type, "quantity": 1}]
    response = plant.post(f"/events/{event_id}/rsvp/", buyer, status="going", tickets=tickets)
    response.raise_for_status()
    plant.stripe.pay(response.json()["checkout_url"].rpartition("/")[2])


def hear(plant: Plant, body: bytes, headers: dict[str, str]) -> None:
    url = f"{plant.url}/api/payments/webhooks/stripe/"
    headers |= {"Content-Type": "application/json"}
    requests.post(url, body, headers=headers, timeout=60).raise_for_status()


def payments(plant: Plant, event_id: int, status: str) -> int:
    sql = "SELECT count(*) FROM payments_payment WHERE event_id = %s AND status = %s"
    [(number,)] = plant.query(sql, event_id, status)
    return int(number)
