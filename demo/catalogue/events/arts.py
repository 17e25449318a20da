"""Exhibitions, theatre and drawing."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import BOOTSHAUS_EISVOGEL, GALERIE_HALBSCHATTEN, THEATER_HANDBREIT

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Opening Night: Waiting Rooms of the S-Bahn Ring",
        description=(
            "Photographer Lotte Abendroth spent two years in the waiting rooms of the Ring, always "
            "on the last train. Forty prints hang in the order of the stations, and you can start "
            "anywhere. She speaks at seven, for ten minutes and in English, and then there is wine."
        ),
        category="arts",
        tags=("exhibition", "free", "wheelchair-accessible"),
        venue=GALERIE_HALBSCHATTEN,
        organizer="henrike",
        day=4,
        start=time(18, 0),
        minutes=180,
        max_attendees=120,
        demand=0.45,
    ),
    DemoEvent(
        title="Linocut in an Afternoon",
        description=(
            "Draw, transfer, carve, ink, print: by half past four you own an edition of ten. Eight "
            "people share one press, so there is time for everyone's second thoughts. Bring a "
            "simple motif no larger than a postcard and clothes that may turn black."
        ),
        category="arts",
        tags=("craft", "workshop", "small-group", "beginners-welcome"),
        venue=GALERIE_HALBSCHATTEN,
        organizer="henrike",
        day=12,
        start=time(13, 0),
        minutes=210,
        max_attendees=8,
        demand=1.5,
    ),
    DemoEvent(
        title="Life Drawing With a Live Cello",
        description=(
            "The model and the cellist are both on stage and listen to each other, so the poses "
            "change with the music, from thirty seconds to twenty minutes. There is no teacher and "
            "nobody looks at your sheet unless you turn it round. Easels and boards are here; "
            "bring paper and whatever you like to draw with."
        ),
        category="arts",
        tags=("live-music", "workshop", "lgbtq"),
        venue=THEATER_HANDBREIT,
        organizer="olive",
        day=18,
        start=time(19, 0),
        minutes=120,
        max_attendees=24,
        demand=1.15,
    ),
    DemoEvent(
        title="Improv Showdown: Kreuzberg Against Köpenick",
        description=(
            "Two teams, one bell and a retired judge who really was a judge. The audience shouts a "
            "profession, a household object and a station on the U7, and the teams have to make a "
            "scene out of it. Played in English, with the odd German swear word; front-row guests "
            "are asked for permission before they become furniture."
        ),
        category="arts",
        tags=("english-speaking", "beginners-welcome"),
        venue=THEATER_HANDBREIT,
        organizer="olive",
        day=27,
        start=time(20, 0),
        minutes=100,
        max_attendees=90,
        demand=0.6,
    ),
    DemoEvent(
        title="Urban Sketching in the Old Town of Köpenick",
        description=(
            "We start at the boathouse, draw the roofs across the water for an hour, move on to "
            "the market square and end where the cake is. Each stop begins with one short exercise "
            "on perspective or shade. Bring a sketchbook, a folding stool if you own one and a hat "
            "or an umbrella."
        ),
        category="arts",
        tags=("outdoor", "bring-your-own", "beginners-welcome"),
        venue=BOOTSHAUS_EISVOGEL,
        organizer="henrike",
        day=41,
        start=time(10, 30),
        minutes=180,
        max_attendees=15,
        demand=0.9,
    ),
    DemoEvent(
        title="Impossible Puppets: A Late Show for Grown-Ups",
        description=(
            "A widowed glove, a talking suitcase and an eel that wants to be mayor: three short "
            "pieces by the company Fingerhut & Daughters. The puppeteers stay visible and the "
            "jokes are not for children. Stay afterwards if you want to try the eel."
        ),
        category="arts",
        tags=("late-night", "german-speaking"),
        venue=THEATER_HANDBREIT,
        organizer="olive",
        day=42,
        start=time(21, 30),
        minutes=75,
        max_attendees=50,
        demand=0.5,
        status="draft",
    ),
)
