"""The events of the calendar, one module per category, in the order they happen."""

from demo.catalogue.events import (
    arts,
    business,
    family,
    film,
    food,
    games,
    health,
    literature,
    music,
    outdoors,
    sport,
    technology,
)
from demo.catalogue.models import DemoEvent

EVENTS: tuple[DemoEvent, ...] = tuple(
    sorted(
        (
            *arts.EVENTS,
            *business.EVENTS,
            *family.EVENTS,
            *film.EVENTS,
            *food.EVENTS,
            *games.EVENTS,
            *health.EVENTS,
            *literature.EVENTS,
            *music.EVENTS,
            *outdoors.EVENTS,
            *sport.EVENTS,
            *technology.EVENTS,
        ),
        key=lambda event: (event.day, event.start, event.title),
    )
)
