"""The people: eight organizers and the attendees who book with them."""

from django.utils.text import slugify

from demo.catalogue.models import Person

ORGANIZERS: tuple[Person, ...] = (
    Person(
        "olive",
        "Olive",
        "Brandt",
        "Books bands, poets and puppeteers for small rooms in Kreuzberg and Prenzlauer Berg, and "
        "one very large hall in Oberschöneweide. Started with an open mic in a café kitchen.",
    ),
    Person(
        "jonas.w",
        "Jonas",
        "Wittkowski",
        "Backend developer in Moabit. Runs evenings where people show code that went wrong.",
    ),
    Person(
        "mai_linh",
        "Mai Linh",
        "Nguyễn",
        "Cook and teacher. Grew up behind the counter of her parents' restaurant in Lichtenberg.",
    ),
    Person(
        "tariq",
        "Tariq",
        "Haddad",
        "Physiotherapist and slow marathon runner. Believes in warming up.",
    ),
    Person(
        "henrike",
        "Henrike",
        "Sörensen",
        "Curator, former projectionist, sings second alto. Looks after the Halbschatten and Parabel"
        " programmes.",
    ),
    Person(
        "bogdan.p",
        "Bogdan",
        "Petrescu",
        "Keeps 640 board games in order and can explain most of them in under five minutes.",
    ),
    Person(
        "paula.reyes",
        "Paula",
        "Reyes",
        "Forest educator, mother of twins, owner of too many rain jackets.",
    ),
    Person(
        "kwame",
        "Kwame",
        "Asante-Vogel",
        "Advises people who work for themselves. Sold one company, closed two, talks about all"
        " three.",
    ),
)

PEOPLE: tuple[Person, ...] = (
    Person(
        "ada", "Ada", "Okafor", "Data engineer, weekend potter, always ten minutes early. Neukölln."
    ),
    Person("aylin.k", "Aylin", "Kaya", "Tram driver on the M10. Reads crime novels on breaks."),
    Person(
        "zoe.lambert", "Zoë", "Lambert", "Illustrator from Liège, here since a long train ride."
    ),
    Person("moritz", "Moritz", "Habermann"),
    Person("ngozi_a", "Ngozi", "Adeyemi", "Paediatric nurse, alto, terrible at chess."),
    Person("lukasz.w", "Łukasz", "Wójcik", "Bike mechanic in Friedrichshain."),
    Person("frieda", "Frieda", "Lindqvist"),
    Person("omar.s", "Omar", "Saleh", "Studies architecture at the TU, sketches on the U8."),
    Person("hannah-m", "Hannah", "Mertens", "Teaches maths and coaches the school chess club."),
    Person("tuan.pham", "Tuấn", "Phạm"),
    Person("clara.b", "Clara", "Böhm", "Midwife. Swims in any lake that is not frozen."),
    Person("dmytro", "Dmytro", "Shevchuk", "Frontend developer from Lviv, learning Skat."),
    Person("isabel_f", "Isabel", "Ferreira"),
    Person("jamal.r", "Jamal", "Richter", "Sound engineer. Wears earplugs, carries spare ones."),
    Person("petra67", "Petra", "Zielinski", "Retired librarian with a very full calendar."),
    Person("yuki.t", "Yuki", "Tanaka", "Baker. Asleep by nine, so mornings only."),
    Person("emre", "Emre", "Öztürk", "Third-year medical student at the Charité."),
    Person("solveig", "Solveig", "Haugen"),
    Person("rafael.c", "Rafael", "Correia", "Samba drummer and tax accountant, in that order."),
    Person("noor", "Noor", "Al-Masri", "Translates between Arabic, German and English."),
    Person("benedikt.s", "Benedikt", "Schäfer"),
    Person("chiara_r", "Chiara", "Rossetti", "Sommelier who mostly drinks tea."),
    Person("joao.m", "João", "Monteiro"),
    Person("greta.v", "Greta", "Voss", "Set carpenter. Has opinions about plywood."),
    Person("amina", "Amina", "Diallo", "Runs 5 km to earn breakfast."),
    Person("pavel.n", "Pavel", "Novotný"),
    Person("lea-sophie", "Lea-Sophie", "Kühn", "New in Berlin, collecting favourite benches."),
    Person("santiago", "Santiago", "Quiroga", "Physics PhD, plays bandoneon badly and often."),
    Person("meera.j", "Meera", "Joshi", "Product manager, Bharatanatyam dancer, mother of one."),
    Person("till", "Till", "Ostermann"),
    Person("oksana_b", "Oksana", "Bondarenko", "Ceramicist with a studio in Weißensee."),
    Person("felix.ng", "Felix", "Ng"),
    Person("rosa.t", "Rosa", "Talheim-Ruiz", "Gardener at a school in Treptow."),
    Person("ibrahim", "Ibrahim", "Koné", "Drives a cargo bike for a living."),
    Person("anneliese", "Anneliese", "Pohl", "Over seventy and still looking for a tango partner."),
    Person("kofi.b", "Kofi", "Boateng"),
    Person("marlene", "Marlene", "Eichhorn", "Public defender. Needs to laugh after work."),
    Person(
        "arjun_v", "Arjun", "Venkatesan", "Site reliability engineer, sleeps with the phone on."
    ),
    Person("nele", "Nele", "Petersen"),
    Person("mateusz.k", "Mateusz", "Kowalczyk", "Goalkeeper in a district league nobody watches."),
    Person("sina.h", "Sina", "Hosseini", "Makes podcasts about very old buildings."),
    Person("thea", "Thea", "Papadopoulou"),
    Person("viktor.l", "Viktor", "Lindner", "Restores typewriters."),
    Person("wanjiru", "Wanjiru", "Kamau", "Urban planner. Walks everywhere and counts the trees."),
    Person("elif.d", "Elif", "Demir"),
    Person("hugo", "Hugo", "Delacroix", "Chef on parental leave, father of a loud baby."),
    Person("jule_k", "Jule", "Krämer", "Sign-language interpreter."),
    Person("samir.b", "Samir", "Benali"),
    Person("ines.p", "Inês", "Pacheco", "UX researcher who asks one question too many."),
    Person("konrad", "Konrad", "Weidlich"),
    Person("linh.t", "Linh", "Trần", "Pharmacist, hobby brewer."),
    Person("rebecca.g", "Rebecca", "Goldstein", "Violist in an orchestra without a conductor."),
    Person("ola.n", "Ola", "Nygård"),
    Person("tamar", "Tamar", "Kapanadze", "Opera chorus by night, dumplings by day."),
    Person("ruben.d", "Rubén", "Domínguez", "Junior developer, six months into Python."),
    Person("fatou", "Fatou", "Sarr"),
    Person("gero.m", "Gero", "Mühlbauer", "Night porter with a stack of unread novels."),
    Person("sunniva", "Sunniva", "Dahl", "Industrial climber who climbs for fun as well."),
    Person("darko.i", "Darko", "Ilić"),
    Person("mia.w", "Mia", "Westphal", "Apprentice instrument maker, violins and one lute."),
    Person("theo-a", "Theo", "Abramson"),
    Person("paloma", "Paloma", "Herrera", "Florist. Up at four, at the cinema by noon."),
)


def _passers_by() -> tuple[Person, ...]:
    """Four more for each first name, under other people's last names."""
    last_names = [person.last_name for person in PEOPLE]
    met = []
    for number, person in enumerate(PEOPLE):
        for step in (7, 19, 31, 43):
            last_name = last_names[(number + step) % len(PEOPLE)]
            username = slugify(f"{person.first_name} {last_name}")
            met.append(Person(username, person.first_name, last_name))
    return tuple(met)


PASSERS_BY = _passers_by()  # who come now and then
