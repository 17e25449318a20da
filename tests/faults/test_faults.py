"""Each fault once: what was promised is kept. `make faults` plays fifty rounds of each."""

import pytest

from tests.faults.plant import Plant
from tests.faults.scenarios import SCENARIOS, without_sweep
from tests.faults.urgent import MODES, SETTINGS, URGENT_WITHIN_S, measure

pytestmark = [pytest.mark.real, pytest.mark.xdist_group("faults")]

IN_THE_WINDOW = "sender-after-250"


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != IN_THE_WINDOW])
def test_nothing_is_lost_and_nothing_sent_twice(plant: Plant, name: str) -> None:
    _, play = SCENARIOS[name]
    outcome = play(plant)
    assert outcome.rsvps
    assert outcome.broken == [], plant.log(plant.worker)[-5000:]


def test_killed_in_the_window_sends_again_with_the_same_message_id(plant: Plant) -> None:
    """The control of what is counted as doubled."""
    _, play = SCENARIOS[IN_THE_WINDOW]
    outcome = play(plant)
    assert outcome.doubled >= 1
    assert outcome.broken == [], plant.log(plant.worker)[-5000:]


def test_without_the_sweep_a_loss_is_counted(plant: Plant) -> None:
    """The control of what is counted as lost."""
    unswept, swept = without_sweep(plant)
    assert unswept.lost >= 1
    assert swept.lost == 0


@pytest.mark.parametrize("mode", MODES)
def test_password_reset_overtakes_a_crowd(mode: str) -> None:
    """`make faults` measures it behind ten thousand."""
    with MODES[mode](SETTINGS) as plant:
        measured = measure(plant, crowd=2000)
    assert measured.mails_waiting > 0
    assert measured.slowest_s < URGENT_WITHIN_S
