"""A past event of Olive that Ada attended, and Ada's review."""

import pytest

from accounts.models import User
from events.models import Event
from reviews.models import Review
from tests.reviews.past import past_event
from tests.reviews.past import review as write


@pytest.fixture
def past(olive: User, ada: User) -> Event:
    return past_event(ada, created_by=olive)


@pytest.fixture
def review(past: Event, ada: User) -> Review:
    return write(past, ada, 4, "Loud, and good.")
