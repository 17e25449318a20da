"""Ten paid seats, fifty buyers, and a server that is killed: money and seats still agree."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.concurrency.busy_stripe import DeadlyStripe
from tests.concurrency.paid_rush import SEATS, PaidRush
from tests.concurrency.rush import rounds_of
from tests.concurrency.server import Server
from tests.factories import people
from tests.invariants import check_invariants
from tests.standins.stripe import KEY, WEBHOOK_SECRET

pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("server"),
]

Serve = Callable[..., Server]
BUYERS = 50
ROUNDS = 100
KILLS = 4
CONTROLS = 10


class UnguardedServer(Server):
    app = "tests.concurrency.unguarded"


@pytest.fixture
def stripe(settings: Any) -> Iterator[DeadlyStripe]:
    with DeadlyStripe() as server:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_BASE_URL = KEY, server.url
        settings.STRIPE_WEBHOOK_SECRETS = [WEBHOOK_SECRET]
        yield server


@pytest.fixture
def serve(transactional_db: None, stripe: DeadlyStripe, tmp_path: Path) -> Iterator[Serve]:
    """Start servers without a broker: their own processes do what is due."""
    servers: list[Server] = []
    env = {
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_BASE_URL": stripe.url,
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "CELERY_BROKER_URL": "",
        "EMAIL_URL": "dummymail://",
    }

    def start(kind: type[Server] = Server) -> Server:
        servers.append(kind(tmp_path / "server.log", **env))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def test_money_equals_the_seats_of_a_server_that_is_killed(
    serve: Serve, stripe: DeadlyStripe
) -> None:
    server, crowd = serve(), people(BUYERS)
    stripe.kill = server.kill_workers
    for seed in rounds_of(ROUNDS, few=1):
        stripe.plan_kills(KILLS, seed)
        rush = PaidRush(
            server,
            stripe,
            crowd,
            seed,
            policy="none" if seed % 2 else "full",
            kills_server=seed % 4 == 0,
            is_called_off=seed % 5 == 4,
        )
        assert rush.play() == [], (seed, stripe.kills)
    assert stripe.kills
    check_invariants()


def test_without_a_confirmed_expiry_seats_are_paid_and_gone(
    serve: Serve, stripe: DeadlyStripe
) -> None:
    server, crowd = serve(UnguardedServer), people(SEATS + 5)
    rounds = (
        PaidRush(server, stripe, crowd, seed, deeds=("hesitate",)).play()
        for seed in range(CONTROLS)
    )
    assert any("was made in time, and refunded" in text for broken in rounds for text in broken)
