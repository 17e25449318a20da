"""Evenings and mornings for founders, freelancers and employees."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import FORUM_LINDENSPEICHER, WERKRAUM_MOECKERN

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Founders' Breakfast: The First Person You Hire",
        description=(
            "Four founders tell us whom they hired first, what it cost and whether they would do "
            "it again. Eight minutes each, then the tables talk among themselves over rye rolls "
            "and coffee. For people with a company of one to five; investors are asked to sleep in."
        ),
        category="business",
        tags=("startups", "networking", "english-speaking"),
        venue=FORUM_LINDENSPEICHER,
        organizer="kwame",
        day=2,
        start=time(8, 0),
        minutes=90,
        max_attendees=35,
        demand=0.8,
    ),
    DemoEvent(
        title="Freelance in Germany: Invoices, VAT and Insurance",
        description=(
            "A tax adviser and a freelance illustrator walk you through the first year of working "
            "for yourself: registering, writing a correct invoice, charging VAT or not, and "
            "choosing health insurance. Half of the time is for questions. Bring the letter from "
            "the tax office that you have not dared to open.\n\n"
            "This is general information and no substitute for advice on your own case."
        ),
        category="business",
        tags=("careers", "english-speaking", "beginners-welcome"),
        venue=WERKRAUM_MOECKERN,
        organizer="kwame",
        day=10,
        start=time(18, 0),
        minutes=120,
        max_attendees=60,
        demand=0.8,
    ),
    DemoEvent(
        title="Pitch Practice: Five Minutes, Honest Feedback",
        description=(
            "Eight people pitch for five minutes each, the other eight take notes on printed cards "
            "and then say what they understood. Nobody is buying anything, so you can fail "
            "cheaply. Bring at most six slides on a USB stick and tell us at the door whether you "
            "would like to speak or listen."
        ),
        category="business",
        tags=("startups", "workshop", "small-group"),
        venue=FORUM_LINDENSPEICHER,
        organizer="kwame",
        day=17,
        start=time(18, 30),
        minutes=120,
        max_attendees=16,
        demand=1.3,
    ),
    DemoEvent(
        title="Salary Talks Rehearsed: An Evening for Women in Tech",
        description=(
            "Negotiation coach Friederike Thoma plays the manager and you play yourself, three "
            "times, until the number comes out without an apology. We work in groups of five, and "
            "what is said in the room stays there. Women and non-binary people of any seniority "
            "are welcome; bring your current job description."
        ),
        category="business",
        tags=("careers", "workshop", "english-speaking", "small-group"),
        venue=WERKRAUM_MOECKERN,
        organizer="kwame",
        day=22,
        start=time(18, 0),
        minutes=150,
        max_attendees=20,
        demand=1.25,
    ),
    DemoEvent(
        title="Social Enterprise Day: Forty Tables, One Hall",
        description=(
            "Forty organisations, from a bicycle workshop for refugees to a cooperative that "
            "insures midwives, each get one table and tell you how they earn their money. Short "
            "talks run on the hour in the small hall, with German sign-language interpreters. Come "
            "if you look for work, a partner or a cause.\n\n"
            "The canteen serves lunch from noon until two."
        ),
        category="business",
        tags=("networking", "talk", "wheelchair-accessible"),
        venue=FORUM_LINDENSPEICHER,
        organizer="kwame",
        day=30,
        start=time(10, 0),
        minutes=420,
        max_attendees=400,
        demand=0.14,
    ),
    DemoEvent(
        title="Lunch Clinic: Read Your Own Balance Sheet",
        description=(
            "One hour, one real balance sheet with the name blacked out, and a bookkeeper who "
            "answers everything. Afterwards you know where the cash went and which three lines to "
            "look at first. Bring your own figures if you like; nobody will ask to see them."
        ),
        category="business",
        tags=("careers", "beginners-welcome", "small-group"),
        venue=FORUM_LINDENSPEICHER,
        organizer="kwame",
        day=38,
        start=time(12, 30),
        minutes=60,
        max_attendees=25,
        demand=0.4,
        status="draft",
    ),
)
