"""Board games, cards, chess, a quiz and a LAN party."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import BRAUHAUS_PEGELSTAND, RECHENHAUS, WUERFELSTUBE

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Board Games for People Who Just Moved Here",
        description=(
            "Come alone; most people do. We seat you at tables of four with a game that takes ten "
            "minutes to learn, and after an hour everyone changes places. English is spoken at "
            "every table, German at some, and the toasties are better than they look."
        ),
        category="games",
        tags=("board-games", "english-speaking", "beginners-welcome"),
        venue=WUERFELSTUBE,
        organizer="bogdan.p",
        day=5,
        start=time(18, 0),
        minutes=240,
        max_attendees=40,
        demand=0.9,
    ),
    DemoEvent(
        title="One Night at the Lighthouse: A Role-Playing One-Shot",
        description=(
            "The lamp at Kap Arkona has gone out, the keeper is missing, and the six of you were "
            "only supposed to deliver the mail. A complete mystery in four hours, with characters "
            "ready to play and rules that fit on a postcard. Dice, pencils and fog are provided."
        ),
        category="games",
        tags=("small-group", "english-speaking", "beginners-welcome"),
        venue=WUERFELSTUBE,
        organizer="bogdan.p",
        day=11,
        start=time(18, 30),
        minutes=240,
        max_attendees=6,
        demand=1.6,
    ),
    DemoEvent(
        title="Kneipenquiz: Berlin Trivia in English",
        description=(
            "Six rounds on canals, kebabs, airports that opened late and songs about the city, "
            "read out by two people who argue about the answers. Play in teams of up to six, or "
            "let us put you into one. The winning team takes home a crate of Malzbier and writes a "
            "round for the next quiz."
        ),
        category="games",
        tags=("english-speaking", "city-history"),
        venue=BRAUHAUS_PEGELSTAND,
        organizer="olive",
        day=17,
        start=time(20, 0),
        minutes=150,
        max_attendees=72,
        demand=0.7,
        recurrence="FREQ=WEEKLY;INTERVAL=2;COUNT=6",
    ),
    DemoEvent(
        title="Rapid Chess Under the Skylight",
        description=(
            "Seven rounds in the Swiss system, fifteen minutes per player, no rating needed. "
            "Boards and clocks are set up by half past ten, when registration closes. There are "
            "prizes for the best newcomer, the best player under fourteen and the finest blunder, "
            "chosen by applause."
        ),
        category="games",
        tags=("tournament", "german-speaking", "english-speaking"),
        venue=RECHENHAUS,
        organizer="bogdan.p",
        day=20,
        start=time(11, 0),
        minutes=300,
        max_attendees=48,
        demand=0.7,
    ),
    DemoEvent(
        title="Skat From the First Trick",
        description=(
            "Thirty-two cards, three players and a bidding system that sounds like a locksmith's "
            "price list. We play open hands for the first hour, and by the end of the evening you "
            "bid for real, for matchsticks. Taught in slow German, with an English cheat sheet on "
            "every table."
        ),
        category="games",
        tags=("beginners-welcome", "german-speaking", "small-group"),
        venue=WUERFELSTUBE,
        organizer="bogdan.p",
        day=28,
        start=time(19, 0),
        minutes=150,
        max_attendees=12,
        demand=0.75,
    ),
    DemoEvent(
        title="Bring Your Own Tower: A Retro LAN Party",
        description=(
            "Thirty-two seats, one switch with far too many lights and only games that are older "
            "than twenty years. Bring a computer, a screen and a network cable; a trolley waits at "
            "the entrance. The tournament starts at nine, the noodles come at eleven, and we pull "
            "the plug at two."
        ),
        category="games",
        tags=("late-night", "bring-your-own", "tournament"),
        venue=RECHENHAUS,
        organizer="bogdan.p",
        day=40,
        start=time(18, 0),
        minutes=480,
        max_attendees=32,
        demand=0.9,
    ),
)
