"""Runs, rides, matches and tournaments."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import (
    FELDHAUS_OST,
    GARTEN_ROTE_RUEBE,
    KLETTERHALLE_UEBERHANG,
    TURNHALLE_RINGSTERN,
    WERKRAUM_MOECKERN,
)

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Eight Kilometres Before Work: Landwehrkanal Run",
        description=(
            "We meet in front of the Werkraum, run east along the canal and turn round where it "
            "bends towards the Spree. The pace is six and a half minutes per kilometre, and "
            "somebody always stays with the last runner. Bags can stay inside; bring a head torch "
            "if it is dark."
        ),
        category="sport",
        tags=("running", "outdoor", "free"),
        venue=WERKRAUM_MOECKERN,
        organizer="tariq",
        day=1,
        start=time(6, 30),
        minutes=60,
        max_attendees=None,
        demand=0.45,
    ),
    DemoEvent(
        title="Off the Ground: Bouldering for Absolute Beginners",
        description=(
            "You learn to fall first, then to stand on small holds, then to trust your feet. Two "
            "trainers look after ten people, and everyone reaches the top of something. Shoes and "
            "chalk are included; wear trousers you can lift a knee in and take your rings off."
        ),
        category="sport",
        tags=("beginners-welcome", "small-group", "workshop"),
        venue=KLETTERHALLE_UEBERHANG,
        organizer="tariq",
        day=7,
        start=time(19, 0),
        minutes=120,
        max_attendees=10,
        demand=1.4,
    ),
    DemoEvent(
        title="Half Marathon Rehearsal on the Tempelhofer Feld",
        description=(
            "Three laps of the perimeter path and an out-and-back on the old runway add up to 21.1 "
            "kilometres, flat and without a single traffic light. Pacers run for finishing times "
            "of 1:45, 2:00 and 2:20. There is water and banana at every lap; timing chips are "
            "handed out from eight.\n\n"
            "The wind on the field decides more than your training, so bring a thin jacket."
        ),
        category="sport",
        tags=("running", "outdoor"),
        venue=FELDHAUS_OST,
        organizer="tariq",
        day=13,
        start=time(9, 0),
        minutes=180,
        max_attendees=300,
        demand=0.19,
    ),
    DemoEvent(
        title="Walking Football for the Over-Fifties",
        description=(
            "Same goals, same ball, no running: whoever breaks into a trot gives away a free kick. "
            "We warm up for twenty minutes, play four short matches and have coffee in the "
            "changing room. Indoor shoes with pale soles, please, and tell us about new hips and "
            "knees."
        ),
        category="sport",
        tags=("german-speaking", "beginners-welcome", "free"),
        venue=TURNHALLE_RINGSTERN,
        organizer="tariq",
        day=15,
        start=time(10, 0),
        minutes=90,
        max_attendees=20,
        demand=0.6,
    ),
    DemoEvent(
        title="Ringstern Open: Table Tennis for 64 Players",
        description=(
            "Sixteen groups of four play each other in the morning, and the best two of each go on "
            "to a knockout draw after lunch. Everyone else plays on in a second draw, so nobody "
            "goes home before three. Bring your own bat or borrow one at the desk; club players "
            "and kitchen-table champions are equally welcome."
        ),
        category="sport",
        tags=("tournament", "wheelchair-accessible"),
        venue=TURNHALLE_RINGSTERN,
        organizer="tariq",
        day=27,
        start=time(10, 0),
        minutes=480,
        max_attendees=64,
        demand=0.8,
    ),
    DemoEvent(
        title="Gravel Ride to the Müggelsee and Back",
        description=(
            "About 45 kilometres, mostly forest tracks, at an average of 18 kilometres per hour "
            "with one long stop by the water. Any bicycle with tyres wider than 35 millimetres "
            "will do. Bring a spare tube, a helmet and a sandwich; we start at the garden gate and "
            "get you back for a late lunch."
        ),
        category="sport",
        tags=("cycling", "outdoor", "bring-your-own"),
        venue=GARTEN_ROTE_RUEBE,
        organizer="tariq",
        day=33,
        start=time(9, 30),
        minutes=240,
        max_attendees=25,
        demand=0.9,
    ),
)
