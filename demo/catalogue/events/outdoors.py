"""Walks, water, forest and garden."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import (
    BOOTSHAUS_EISVOGEL,
    GARTEN_ROTE_RUEBE,
    STADTTEILBIBLIOTHEK,
    WALDHUETTE_KIEFERNKOPF,
)

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Woodpeckers and Jays: A Bird Walk in the Grunewald",
        description=(
            "We walk slowly for about four kilometres, stop often and learn to tell six birds by "
            "their calls before we see them. Bring binoculars if you have them; five pairs can be "
            "borrowed. The paths are sandy and the hut serves tea when we return."
        ),
        category="outdoors",
        tags=("outdoor", "guided-walk", "beginners-welcome"),
        venue=WALDHUETTE_KIEFERNKOPF,
        organizer="paula.reyes",
        day=6,
        start=time(8, 30),
        minutes=150,
        max_attendees=14,
        demand=1.15,
    ),
    DemoEvent(
        title="The Panke and the Wall: A Walk From Wedding to Bösebrücke",
        description=(
            "Four kilometres along a small river and a border that is gone, with stops at a "
            "factory, a watchtower's footprint and the bridge where the barrier opened first. "
            "Historian Gundula Fries brings photographs so that you can hold each view next to "
            "itself. The route works with a pram; we end at the S-Bahn."
        ),
        category="outdoors",
        tags=("city-history", "guided-walk", "free"),
        venue=STADTTEILBIBLIOTHEK,
        organizer="paula.reyes",
        day=12,
        start=time(15, 0),
        minutes=130,
        max_attendees=None,
        demand=1.2,
    ),
    DemoEvent(
        title="Canoe Loop Around the Islands of Köpenick",
        description=(
            "Eleven kilometres in two-person canoes on the Dahme and the Müggelspree, with a "
            "picnic on a jetty halfway. You should be able to swim; paddling you will learn in the "
            "first fifteen minutes. Pack lunch, a full change of clothes and something to tie your "
            "glasses on with.\n\n"
            "We go out in drizzle but not in thunder, ice or strong wind, and we tell you the "
            "evening before."
        ),
        category="outdoors",
        tags=("outdoor", "small-group", "bring-your-own"),
        venue=BOOTSHAUS_EISVOGEL,
        organizer="paula.reyes",
        day=19,
        start=time(10, 0),
        minutes=240,
        max_attendees=16,
        demand=1.25,
    ),
    DemoEvent(
        title="Compost and Seed Swap at the Rote Rübe",
        description=(
            "Bring seeds in labelled envelopes and take as many as you leave. At two o'clock we "
            "open the three compost heaps, sniff, and discuss what went wrong in the second one. "
            "Gloves are in the shed; children may look for worms."
        ),
        category="outdoors",
        tags=("outdoor", "free", "bring-your-own"),
        venue=GARTEN_ROTE_RUEBE,
        organizer="paula.reyes",
        day=27,
        start=time(13, 0),
        minutes=150,
        max_attendees=None,
        demand=0.5,
    ),
    DemoEvent(
        title="Map and Compass: Find Your Way Through the Forest",
        description=(
            "After an hour of theory at the hut you set off in threes to find nine posts between "
            "Teufelsberg and the Havel, without a phone. Every group gets a map, a compass and a "
            "whistle for emergencies. Expect eight kilometres off the paths; wear long trousers, "
            "check for ticks and bring lunch."
        ),
        category="outdoors",
        tags=("outdoor", "workshop", "beginners-welcome"),
        venue=WALDHUETTE_KIEFERNKOPF,
        organizer="tariq",
        day=34,
        start=time(10, 0),
        minutes=300,
        max_attendees=18,
        demand=0.7,
    ),
    DemoEvent(
        title="Cold Dip and Hot Tea",
        description=(
            "Ten minutes of breathing on the jetty, two minutes in the Dahme, and then half an "
            "hour around the stove with ginger tea. I go in first and come out last. Bring a "
            "towel, a hat and warm socks; please sit this one out if you have a heart condition."
        ),
        category="outdoors",
        tags=("outdoor", "small-group", "mindfulness"),
        venue=BOOTSHAUS_EISVOGEL,
        organizer="tariq",
        day=36,
        start=time(7, 15),
        minutes=75,
        max_attendees=12,
        demand=0.6,
        status="cancelled",
    ),
)
