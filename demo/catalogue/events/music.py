"""Concerts, a club night and singing."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import (
    ALTE_KRANHALLE,
    BLAUER_FINK,
    CAFE_ZITRONAT,
    NOTBURGAKIRCHE,
    TAUWERK,
)

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Vesna Marković Quartet: Balkan Jazz in the Cellar",
        description=(
            "Vesna Marković brings her accordion and three friends down the narrow stairs for two "
            "sets of Balkan dance tunes with a jazz rhythm section. Doors and bar open at 19:45, "
            "and there is a long break between the sets. Seats are first come, first served; the "
            "last two rows are standing room.\n\n"
            "The cellar has 22 steps and no lift, so write to us before you book if stairs are a "
            "problem."
        ),
        category="music",
        tags=("live-music", "jazz"),
        venue=BLAUER_FINK,
        organizer="olive",
        day=4,
        start=time(20, 30),
        minutes=150,
        max_attendees=60,
        demand=0.8,
    ),
    DemoEvent(
        title="Tauwerk All Night: Seven Hours of Dub Techno",
        description=(
            "Three residents and one guest from Łódź play from eleven until the first bakeries "
            "open, slow to begin with and never very fast. Phones get a sticker over the camera at "
            "the door, and the awareness team wears yellow armbands. Bring cash for the cloakroom "
            "and something warm for the courtyard."
        ),
        category="music",
        tags=("electronic", "late-night", "lgbtq"),
        venue=TAUWERK,
        organizer="olive",
        day=5,
        start=time(23, 0),
        minutes=420,
        max_attendees=350,
        demand=0.16,
    ),
    DemoEvent(
        title="Open Mic at Café Zitronat",
        description=(
            "Ten slots of eight minutes for songs, stories and whatever you have been practising "
            "in the kitchen. Sign up on the blackboard from seven; two slots are kept for people "
            "who have never been on a stage. There is a piano, one microphone and a very kind "
            "audience."
        ),
        category="music",
        tags=("open-mic", "live-music", "free"),
        venue=CAFE_ZITRONAT,
        organizer="olive",
        day=9,
        start=time(19, 30),
        minutes=150,
        max_attendees=45,
        demand=0.7,
    ),
    DemoEvent(
        title="Bach Before Bedtime: Cello Suites One to Three",
        description=(
            "Cellist Ruth Amsel plays the first three suites by candlelight, eighty minutes "
            "without an interval and almost without talking. Children who can sit still that long "
            "are welcome; blankets lie ready on the pews. Please arrive by 18:50, because the "
            "doors stay shut while she plays."
        ),
        category="music",
        tags=("classical", "live-music"),
        venue=NOTBURGAKIRCHE,
        organizer="henrike",
        day=13,
        start=time(19, 0),
        minutes=80,
        max_attendees=180,
        demand=0.3,
    ),
    DemoEvent(
        title="Kranhalle Open Doors: Twelve Bands on Two Stages",
        description=(
            "Twelve bands from Köpenick to Spandau share two stages in the old crane hall, half an "
            "hour each and no headliner. The brass and the children's choir play first, the loud "
            "ones after eight. There are food stands on the quay, ear defenders for children at "
            "the info desk and a raised platform for wheelchair users in front of both stages.\n\n"
            "The hall is large and never gets really warm, so pack a jumper."
        ),
        category="music",
        tags=("live-music", "kids-welcome", "wheelchair-accessible"),
        venue=ALTE_KRANHALLE,
        organizer="olive",
        day=26,
        start=time(14, 0),
        minutes=540,
        max_attendees=2000,
        demand=0.05,
    ),
    DemoEvent(
        title="Come and Sing: Mozart's Requiem in One Afternoon",
        description=(
            "We rehearse from half past one, stop for cake at four and sing the whole Requiem at "
            "five for whoever walks in. You should be able to follow a score or stand next to "
            "somebody who can. Scores are here for everyone; bring a pencil, water and sensible "
            "shoes."
        ),
        category="music",
        tags=("classical", "beginners-welcome"),
        venue=NOTBURGAKIRCHE,
        organizer="henrike",
        day=34,
        start=time(13, 30),
        minutes=270,
        max_attendees=120,
        demand=0.45,
    ),
)
