"""Cooking classes, tastings and a supper."""

from datetime import time

from demo.catalogue.models import DemoEvent
from demo.catalogue.venues import BRAUHAUS_PEGELSTAND, CAFE_ZITRONAT, LEHRKUECHE_KOHLRABI

EVENTS: tuple[DemoEvent, ...] = (
    DemoEvent(
        title="Phở From Scratch: Broth, Noodles, Herbs",
        description=(
            "We char ginger and onions, learn to smell when star anise has had enough and roll out "
            "rice noodles while the broth simmers. One pot is beef, one is mushroom, and everyone "
            "eats both or either. Bring an apron and two jars with lids for the leftovers; "
            "ingredients are 18 euros, paid on the day."
        ),
        category="food-drink",
        tags=("workshop", "small-group", "english-speaking"),
        venue=LEHRKUECHE_KOHLRABI,
        organizer="mai_linh",
        day=6,
        start=time(11, 0),
        minutes=240,
        max_attendees=12,
        demand=1.6,
    ),
    DemoEvent(
        title="Vegan Cheese for Sceptics",
        description=(
            "Cashews, almonds and sunflower seeds become a fresh cheese, a smoked one and "
            "something that comes close to feta. You taste nine cheeses blind and vote before you "
            "learn what they are made of. Not suitable for people with nut allergies, I am sorry "
            "to say."
        ),
        category="food-drink",
        tags=("vegan", "workshop", "tasting"),
        venue=LEHRKUECHE_KOHLRABI,
        organizer="mai_linh",
        day=11,
        start=time(18, 0),
        minutes=150,
        max_attendees=14,
        demand=1.15,
    ),
    DemoEvent(
        title="Six White Wines From Saale and Unstrut",
        description=(
            "Winemaker Anselm Rau drives up from Freyburg with six bottles from steep terraces and "
            "one he calls a mistake. We taste from light to heavy, with bread, radishes and his "
            "stories about frost. The tasting is 26 euros per person, payable at the bar, and "
            "spitting is perfectly polite."
        ),
        category="food-drink",
        tags=("tasting", "small-group"),
        venue=CAFE_ZITRONAT,
        organizer="olive",
        day=19,
        start=time(19, 0),
        minutes=120,
        max_attendees=18,
        demand=1.3,
    ),
    DemoEvent(
        title="Sourdough Starter Swap",
        description=(
            "Bring a jar of your starter and take home somebody else's, with its name and feeding "
            "habits written on the lid. If you have none, come with an empty jar and leave with a "
            "living one. At eleven we bake six loaves with six starters and compare them."
        ),
        category="food-drink",
        tags=("free", "bring-your-own", "beginners-welcome"),
        venue=LEHRKUECHE_KOHLRABI,
        organizer="mai_linh",
        day=20,
        start=time(10, 30),
        minutes=120,
        max_attendees=None,
        demand=0.6,
    ),
    DemoEvent(
        title="From Malt Sack to Glass: Behind the Scenes at Pegelstand",
        description=(
            "Brewer Hatice Ünal leads you past the mill, the copper and the cold cellar and "
            "explains why Berliner Weiße turns sour on purpose. Afterwards there are five small "
            "glasses to taste, one of them without alcohol. The tour is in German with short "
            "summaries in English; wear closed shoes, because the floor is wet."
        ),
        category="food-drink",
        tags=("tasting", "guided-walk", "german-speaking"),
        venue=BRAUHAUS_PEGELSTAND,
        organizer="mai_linh",
        day=25,
        start=time(17, 0),
        minutes=105,
        max_attendees=22,
        demand=0.9,
    ),
    DemoEvent(
        title="The Long Table: A Neighbourhood Supper in Wedding",
        description=(
            "One table, twenty-five metres long, and a vegan stew big enough for all of us. Bring "
            "a side dish for four, your own plate and a question for the person opposite. We draw "
            "seats from a hat so that nobody sits only with the people they came with.\n\n"
            "At nine the accordion comes out; you can sing or wash up."
        ),
        category="food-drink",
        tags=("vegan", "bring-your-own", "wheelchair-accessible"),
        venue=BRAUHAUS_PEGELSTAND,
        organizer="olive",
        day=40,
        start=time(18, 30),
        minutes=210,
        max_attendees=80,
        demand=0.6,
    ),
)
