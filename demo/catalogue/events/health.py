"""Yoga, stillness, courses and talks."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import STADTTEILBIBLIOTHEK, STUDIO_STILLES_ECK

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Lunchtime Yoga at Your Own Pace",
        description=(
            "Fifty minutes of slow stretching and ten of lying still, designed for people who "
            "return to a meeting afterwards. Nobody sweats and nobody stands on their head. Mats, "
            "blocks and blankets are here; changing rooms open at noon."
        ),
        category="health-wellness",
        tags=("mindfulness", "beginners-welcome", "small-group"),
        venue=STUDIO_STILLES_ECK,
        organizer="paula.reyes",
        day=1,
        start=time(12, 15),
        minutes=60,
        max_attendees=14,
        demand=0.9,
        recurrence="FREQ=WEEKLY;COUNT=8",
    ),
    DemoEvent(
        title="Back School for Desk Workers",
        description=(
            "A physiotherapist shows you what eight hours on a chair do to your back and five "
            "exercises that undo most of it. You practise each one until it feels right, then we "
            "adjust a chair and a screen together. Come in clothes you can kneel in, and bring a "
            "photo of your desk."
        ),
        category="health-wellness",
        tags=("workshop", "beginners-welcome"),
        venue=STUDIO_STILLES_ECK,
        organizer="tariq",
        day=9,
        start=time(18, 30),
        minutes=75,
        max_attendees=16,
        demand=0.8,
    ),
    DemoEvent(
        title="Sound Bath and Silence",
        description=(
            "Percussionist Milan Osei plays gongs, glass bowls and a very quiet bass drum for "
            "fifty minutes while you lie on a mat. After that nobody says anything for a quarter "
            "of an hour, which turns out to be the best part. Bring a blanket and thick socks; it "
            "is not suitable in the first months of pregnancy."
        ),
        category="health-wellness",
        tags=("live-music", "mindfulness"),
        venue=STUDIO_STILLES_ECK,
        organizer="olive",
        day=26,
        start=time(17, 0),
        minutes=75,
        max_attendees=20,
        demand=1.2,
    ),
    DemoEvent(
        title="First Aid for the Mind: A One-Day Course",
        description=(
            "You learn how to notice that a friend or colleague is in crisis, how to speak about "
            "it and where to find help in this city at night. We practise the conversations in "
            "small groups, with breaks and without pressure to share your own story. Led by two "
            "crisis-line counsellors; lunch is soup, and everyone receives a certificate."
        ),
        category="health-wellness",
        tags=("workshop", "english-speaking"),
        venue=STADTTEILBIBLIOTHEK,
        organizer="paula.reyes",
        day=33,
        start=time(10, 0),
        minutes=360,
        max_attendees=16,
        demand=0.95,
    ),
    DemoEvent(
        title="Better Sleep: Questions to a Sleep-Lab Nurse",
        description=(
            "Bärbel Nowak has watched other people sleep for nineteen years. She explains what "
            "snoring, shift work and a phone on the pillow do, and which advice you can safely "
            "forget. The second half belongs to your questions, which you may also drop "
            "anonymously into a box."
        ),
        category="health-wellness",
        tags=("talk", "free", "wheelchair-accessible"),
        venue=STADTTEILBIBLIOTHEK,
        organizer="tariq",
        day=35,
        start=time(18, 30),
        minutes=90,
        max_attendees=50,
        demand=0.5,
    ),
    DemoEvent(
        title="Twenty Minutes of Stillness Before Work",
        description=(
            "A short introduction in German, twenty minutes of sitting, a cup of tea. It follows "
            "no religion and makes no promises. Chairs and cushions are both fine, and latecomers "
            "wait in the hall until the bell."
        ),
        category="health-wellness",
        tags=("mindfulness", "free", "german-speaking"),
        venue=STUDIO_STILLES_ECK,
        organizer="paula.reyes",
        day=39,
        start=time(7, 15),
        minutes=45,
        max_attendees=25,
        demand=0.5,
    ),
)
