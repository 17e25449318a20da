"""Events for children and the people who bring them."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import (
    FELDHAUS_OST,
    KINDERHAUS_PAPIERDRACHE,
    NOTBURGAKIRCHE,
    STADTTEILBIBLIOTHEK,
)

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Build a Kite and Fly It on the Tempelhofer Feld",
        description=(
            "Children from six and one grown-up each build a sled kite from paper, bamboo and a "
            "great deal of tape, then try it out on the old runway. If there is no wind, we run. "
            "Please book a place for every person, child or adult, and bring gloves for the string."
        ),
        category="family",
        tags=("kids-welcome", "workshop", "outdoor"),
        venue=FELDHAUS_OST,
        organizer="paula.reyes",
        day=5,
        start=time(13, 0),
        minutes=150,
        max_attendees=20,
        demand=1.3,
    ),
    DemoEvent(
        title="Story Hour in Two Languages: The Snail on the U-Bahn",
        description=(
            "A snail wants to get from Wedding to the sea and takes the U9 in the wrong direction. "
            "Two readers tell the story in German and English at the same time, with felt figures "
            "and a bell that the children may ring. For ages three to six; the carpet is soft, "
            "shoes stay at the door."
        ),
        category="family",
        tags=("kids-welcome", "free", "german-speaking", "english-speaking"),
        venue=STADTTEILBIBLIOTHEK,
        organizer="paula.reyes",
        day=12,
        start=time(10, 30),
        minutes=60,
        max_attendees=25,
        demand=0.8,
    ),
    DemoEvent(
        title="Repair Café for Broken Toys",
        description=(
            "Bring a limping bear, a silent keyboard or a train that no longer pulls, at most two "
            "patients per child. Six volunteers with glue guns, needles and multimeters repair "
            "them together with you, not for you. There is cake against a donation while the glue "
            "dries."
        ),
        category="family",
        tags=("kids-welcome", "craft", "free"),
        venue=KINDERHAUS_PAPIERDRACHE,
        organizer="paula.reyes",
        day=19,
        start=time(14, 0),
        minutes=180,
        max_attendees=None,
        demand=0.6,
    ),
    DemoEvent(
        title="Small Ears: A Concert for Children Under Six",
        description=(
            "A string trio sits in the middle of the church, and the audience lies around it on "
            "mats. They play short pieces by Haydn, Bartók and a composer who is nine years old. "
            "Dancing is allowed, crying is allowed, and afterwards every child may touch the viola."
        ),
        category="family",
        tags=("kids-welcome", "live-music", "classical"),
        venue=NOTBURGAKIRCHE,
        organizer="olive",
        day=20,
        start=time(11, 0),
        minutes=45,
        max_attendees=100,
        demand=0.55,
    ),
    DemoEvent(
        title="Baby Signs: The First Twenty",
        description=(
            "Milk, more, finished, hurts, lamp: babies can show these months before they can say "
            "them. You learn twenty signs through songs and a picture book, with your baby on your "
            "lap. Suitable from about six months; siblings can play next door."
        ),
        category="family",
        tags=("kids-welcome", "beginners-welcome", "small-group"),
        venue=KINDERHAUS_PAPIERDRACHE,
        organizer="paula.reyes",
        day=32,
        start=time(10, 0),
        minutes=60,
        max_attendees=10,
        demand=0.9,
    ),
    DemoEvent(
        title="Children's Flea Market in the Courtyard",
        description=(
            "Children sell what they have outgrown, from picture books to inline skates, and keep "
            "what they earn. Bring a blanket to sell from and change in small coins; adults carry "
            "and stay in the background. Whatever is left at one o'clock can go to the clothes "
            "bank round the corner."
        ),
        category="family",
        tags=("kids-welcome", "outdoor", "bring-your-own"),
        venue=KINDERHAUS_PAPIERDRACHE,
        organizer="paula.reyes",
        day=33,
        start=time(9, 0),
        minutes=240,
        max_attendees=150,
        demand=0.36,
    ),
)
