"""Readings, book clubs and a fair."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import BUCHHANDLUNG_SILBERFISCH, STADTTEILBIBLIOTHEK

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Poems in Four Languages",
        description=(
            "Four poets who live within a ten-minute walk of the shop read in Turkish, Polish, "
            "German and English. Every poem is heard twice, first in the original and then in a "
            "translation by one of the other three. Come early for a chair; the ladder counts as a "
            "seat."
        ),
        category="literature",
        tags=("english-speaking", "german-speaking"),
        venue=BUCHHANDLUNG_SILBERFISCH,
        organizer="olive",
        day=2,
        start=time(19, 30),
        minutes=90,
        max_attendees=40,
        demand=0.85,
    ),
    DemoEvent(
        title="Silent Book Club in Prenzlauer Berg",
        description=(
            "An hour of reading together without a word, then an hour of talking for those who "
            "want to. Bring any book, in any language, and a cushion if you prefer the floor. "
            "Phones sleep in a basket by the till."
        ),
        category="literature",
        tags=("free", "mindfulness", "bring-your-own"),
        venue=BUCHHANDLUNG_SILBERFISCH,
        organizer="olive",
        day=10,
        start=time(19, 0),
        minutes=120,
        max_attendees=28,
        demand=1.1,
        recurrence="monthly",
    ),
    DemoEvent(
        title="Debut Night: Three First Novels on One Sofa",
        description=(
            "Nadja Reimann, Cem Aydoğan and Flora Kettler have each just published a first novel "
            "and have never met. They read ten pages each and then interview one another, with a "
            "kitchen timer instead of a moderator. The readings are in German; all three sign "
            "books afterwards and drink what you buy them."
        ),
        category="literature",
        tags=("talk", "german-speaking"),
        venue=BUCHHANDLUNG_SILBERFISCH,
        organizer="olive",
        day=21,
        start=time(20, 0),
        minutes=105,
        max_attendees=55,
        demand=0.7,
    ),
    DemoEvent(
        title="Translating Dialogue: A Workshop Without a Right Answer",
        description=(
            "How does a grandmother from the Ruhr swear in English, and does a waiter in Dublin "
            "say Sie? We translate two pages of dialogue between German and English and compare "
            "every version aloud. For people who work with both languages or would like to; texts "
            "are handed out, dictionaries are frowned upon."
        ),
        category="literature",
        tags=("workshop", "small-group", "german-speaking"),
        venue=STADTTEILBIBLIOTHEK,
        organizer="henrike",
        day=26,
        start=time(11, 0),
        minutes=180,
        max_attendees=14,
        demand=1.2,
    ),
    DemoEvent(
        title="Library After Hours: Crime Stories Among the Shelves",
        description=(
            "The library closes, the main lights go out, and three crime writers read from hiding "
            "places between the shelves. You follow the voices with a torch, which you should "
            "bring along with quiet shoes. Tea and a confession are served at the end in the "
            "reading room."
        ),
        category="literature",
        tags=("late-night", "talk"),
        venue=STADTTEILBIBLIOTHEK,
        organizer="olive",
        day=37,
        start=time(20, 30),
        minutes=110,
        max_attendees=30,
        demand=0.9,
        status="cancelled",
    ),
    DemoEvent(
        title="Zine Fair at Silberfisch",
        description=(
            "Twenty makers of small magazines set up tables between the bookshelves and out in the "
            "courtyard: comics, recipes, rants, a quarterly about bus stops. A photocopier and a "
            "long-arm stapler stand ready, so you can come with an idea and leave with an edition "
            "of twenty. Bring coins and something of your own to swap."
        ),
        category="literature",
        tags=("free", "craft", "exhibition"),
        venue=BUCHHANDLUNG_SILBERFISCH,
        organizer="olive",
        day=40,
        start=time(11, 0),
        minutes=360,
        max_attendees=None,
        demand=1.0,
    ),
)
