"""Talks, sprints and workshops on software and hardware."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import RECHENHAUS, WERKRAUM_MOECKERN

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Typing a Codebase That Never Wanted Types",
        description=(
            "Two teams report how they brought type checking to old Python projects: one with "
            "40,000 lines and patience, one with 600,000 lines and a deadline. Each talk lasts "
            "thirty minutes and ends with the mistakes. Pizza comes at eight, and half of it is "
            "vegan.\n\n"
            "You do not need to know type theory, only what a function is."
        ),
        category="technology",
        tags=("python", "talk", "english-speaking", "free"),
        venue=RECHENHAUS,
        organizer="jonas.w",
        day=3,
        start=time(18, 30),
        minutes=150,
        max_attendees=80,
        demand=0.65,
    ),
    DemoEvent(
        title="Lunch Talk: What Our Database Indexes Really Cost",
        description=(
            "Sabine Ortlieb deleted 31 indexes from a production database and made it faster. She "
            "shows how she found them, which one she had to put back at night and what she "
            "measures now. Bring your lunch; the U-Bahn at Möckernbrücke is three minutes away, so "
            "you will be back at your desk by half past one."
        ),
        category="technology",
        tags=("data", "talk", "free"),
        venue=WERKRAUM_MOECKERN,
        organizer="jonas.w",
        day=8,
        start=time(12, 15),
        minutes=45,
        max_attendees=40,
        demand=0.6,
    ),
    DemoEvent(
        title="Your First Pull Request: An Open-Source Sprint",
        description=(
            "Maintainers of six small projects sit at six tables with issues they have prepared "
            "for newcomers. You pick a table, set up the project together and leave with a change "
            "that somebody has reviewed. Bring a laptop and its charger, and come for an hour or "
            "for the whole day."
        ),
        category="technology",
        tags=("open-source", "beginners-welcome", "workshop", "free"),
        venue=RECHENHAUS,
        organizer="jonas.w",
        day=12,
        start=time(10, 0),
        minutes=420,
        max_attendees=None,
        demand=0.9,
    ),
    DemoEvent(
        title="Soldering Night: Build a Pocket Synthesiser",
        description=(
            "In three hours you turn a bag of parts into a synthesiser the size of a sandwich, and "
            "it goes home with you. No experience needed: the first half hour is spent practising "
            "on scrap boards. The kit costs 24 euros, paid in cash on the evening; irons and "
            "safety glasses are on the tables."
        ),
        category="technology",
        tags=("workshop", "small-group", "electronic", "beginners-welcome"),
        venue=RECHENHAUS,
        organizer="jonas.w",
        day=16,
        start=time(18, 0),
        minutes=180,
        max_attendees=12,
        demand=1.5,
    ),
    DemoEvent(
        title="Web Forms That Work With a Screen Reader",
        description=(
            "Deniz Arslan, who is blind, fills in three forms from well-known kinds of sites while "
            "you watch what goes wrong. Then we repair the forms in pairs and Deniz tries again. "
            "Bring a laptop with headphones and basic knowledge of HTML."
        ),
        category="technology",
        tags=("web", "workshop", "english-speaking", "wheelchair-accessible"),
        venue=WERKRAUM_MOECKERN,
        organizer="jonas.w",
        day=24,
        start=time(17, 30),
        minutes=150,
        max_attendees=24,
        demand=1.2,
    ),
    DemoEvent(
        title="Data Kitchen: Mapping the City's Street Trees",
        description=(
            "The city's open tree register knows the species, age and position of the trees along "
            "its streets. We load it, clean it and draw a map of your own block, with the oldest "
            "lime tree marked. For people who have written a little Python before; bring a laptop "
            "with a working notebook."
        ),
        category="technology",
        tags=("data", "python", "workshop"),
        venue=RECHENHAUS,
        organizer="jonas.w",
        day=31,
        start=time(18, 30),
        minutes=150,
        max_attendees=30,
        demand=0.8,
    ),
)
