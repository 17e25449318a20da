"""Screenings and one subtitling evening."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import KINO_PARABEL

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Silent Berlin, Loud Piano: City Films of the 1920s",
        description=(
            "Five short films of trams, markets, bathing beaches and one enormous traffic jam, "
            "filmed in the 1920s and restored frame by frame. Pianist Ezra Lindau has not seen two "
            "of them and will accompany them anyway. A short introduction explains which of the "
            "corners still exist."
        ),
        category="film",
        tags=("screening", "live-music", "city-history"),
        venue=KINO_PARABEL,
        organizer="henrike",
        day=6,
        start=time(20, 0),
        minutes=95,
        max_attendees=140,
        demand=0.4,
    ),
    DemoEvent(
        title="Docs and Soup: The Last Ferrywoman",
        description=(
            "For thirty-four years Irmgard Dahms carried cars, cows and wedding parties across the "
            "Oder; this documentary follows her final year at the wheel. Director Katrin "
            "Ollenhauer answers questions after the film. Lentil soup is ladled out in the foyer "
            "from half past six, so bring a bowl and save us the washing-up."
        ),
        category="film",
        tags=("screening", "talk", "vegan"),
        venue=KINO_PARABEL,
        organizer="henrike",
        day=14,
        start=time(19, 0),
        minutes=135,
        max_attendees=60,
        demand=0.5,
    ),
    DemoEvent(
        title="One-Minute Film Slam",
        description=(
            "Thirty films of exactly sixty seconds, made by people who live here, and an audience "
            "that votes with torches. Hand in your film on a stick at the box office by eight; "
            "sound is welcome, logos are not. The winner gets the popcorn machine for a week."
        ),
        category="film",
        tags=("screening", "english-speaking"),
        venue=KINO_PARABEL,
        organizer="olive",
        day=20,
        start=time(20, 30),
        minutes=120,
        max_attendees=110,
        demand=0.45,
    ),
    DemoEvent(
        title="Parents' Matinee With the Lights Half Up",
        description=(
            "A new comedy for adults, shown with the sound turned down a little, so that babies "
            "can sleep, crawl or complain. There is a changing table in the foyer and parking for "
            "thirty prams. Nobody will turn round when yours cries."
        ),
        category="film",
        tags=("screening", "kids-welcome", "wheelchair-accessible"),
        venue=KINO_PARABEL,
        organizer="henrike",
        day=23,
        start=time(10, 30),
        minutes=110,
        max_attendees=50,
        demand=0.6,
    ),
    DemoEvent(
        title="Subtitle a Short Film in One Evening",
        description=(
            "You get nine minutes of film in a language you do not speak, a rough translation and "
            "a set of strict rules about reading speed. In pairs you cut the sentences until they "
            "fit, and at half past eight we watch all five versions on the big screen. Bring a "
            "laptop and headphones; the software is free, and we install it together."
        ),
        category="film",
        tags=("workshop", "small-group", "english-speaking"),
        venue=KINO_PARABEL,
        organizer="henrike",
        day=29,
        start=time(18, 0),
        minutes=180,
        max_attendees=10,
        demand=1.2,
    ),
    DemoEvent(
        title="Night of the Projectionists: Three Features on 35 mm",
        description=(
            "Three projectionists each bring one print they have always wanted to run: a heist, a "
            "melodrama and one that stays secret until the lights go down. Between the films you "
            "may come up to the booth and watch a reel change. The last film ends around three in "
            "the morning; coffee is free after midnight."
        ),
        category="film",
        tags=("screening", "late-night"),
        venue=KINO_PARABEL,
        organizer="henrike",
        day=41,
        start=time(21, 30),
        minutes=330,
        max_attendees=140,
        demand=0.35,
    ),
)
