"""Series: what happens at the edges of what one can ask for."""

from typing import Any

import pytest
import time_machine

from tests.client import Api
from tests.events.test_series import NOW, dates, fourth_of


@pytest.fixture(autouse=True)
def a_monday_in_january() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def test_rule_that_is_sent_back_as_it_was_shown_adds_no_dates(as_olive: Api) -> None:
    _, ids = fourth_of(as_olive)
    shown = as_olive.get(f"/events/{ids[2]}/")
    later = as_olive.put(f"/events/{ids[2]}/?scope=following", shown | {"title": "Reading"})
    assert later["recurrence_pattern"] == "FREQ=WEEKLY;COUNT=2"
    assert [each["id"] for each in dates(as_olive, later["series"])] == ids[2:]
