"""Faults, once each. `make faults` plays fifty rounds of each, and of those left out here.

Left out: RabbitMQ killed before and after the RSVPs, because RSVPs come before and after the one
that is killed amid them; the worker killed amid reminders, because a reminder is sent like any
other message, and reminders without a broker are here.
"""

import pytest

from tests.faults.plant import Plant
from tests.faults.scenarios import SCENARIOS, without_sweep
from tests.faults.urgent import MODES, SETTINGS, URGENT_WITHIN_S, measure

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("faults")]

IN_THE_WINDOW = "sender-after-250"
LEFT_OUT = {IN_THE_WINDOW, "rabbitmq-before", "rabbitmq-after", "reminder-worker"}


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in LEFT_OUT])
def test_nothing_is_lost_and_nothing_sent_twice(plant: Plant, name: str) -> None:
    _, play = SCENARIOS[name]
    outcome = play(plant)
    assert outcome.rsvps
    assert outcome.broken == [], plant.log(plant.worker)[-5000:]


def test_killed_in_the_window_sends_again_with_the_same_message_id(plant: Plant) -> None:
    """The control of the count of duplicates."""
    _, play = SCENARIOS[IN_THE_WINDOW]
    outcome = play(plant)
    assert outcome.doubled >= 1
    assert outcome.broken == [], plant.log(plant.worker)[-5000:]


def test_without_the_sweep_a_loss_is_counted(plant: Plant) -> None:
    """The control of the count of losses."""
    unswept, swept = without_sweep(plant)
    assert unswept.lost >= 1
    assert swept.lost == 0


@pytest.mark.parametrize("mode", MODES)
def test_password_reset_overtakes_a_crowd(mode: str) -> None:
    """Two resets overtake 2,000 mails. `make faults` measures five behind ten thousand."""
    with MODES[mode](SETTINGS) as plant:
        measured = measure(plant, crowd=2000, resets=2)
    assert measured.mails_waiting > 0
    assert measured.slowest_s < URGENT_WITHIN_S
