"""The venues: invented names and streets, set in real districts of Berlin."""

from demo.catalogue.models import Venue

ALTE_KRANHALLE = Venue(
    "Alte Kranhalle", "Am Lotsenkai 3, Oberschöneweide, 12459 Berlin", 52.4609, 13.5141
)
BLAUER_FINK = Venue("Blauer Fink", "Finkensteig 8, Schöneberg, 10823 Berlin", 52.4887, 13.3506)
BOOTSHAUS_EISVOGEL = Venue(
    "Bootshaus Eisvogel", "Fährmannsgasse 11, Köpenick, 12555 Berlin", 52.4472, 13.5763
)
BRAUHAUS_PEGELSTAND = Venue(
    "Brauhaus Pegelstand", "Hopfendarre 2, Wedding, 13353 Berlin", 52.5431, 13.3517
)
BUCHHANDLUNG_SILBERFISCH = Venue(
    "Buchhandlung Silberfisch", "Setzkastenweg 19, Prenzlauer Berg, 10435 Berlin", 52.5386, 13.4117
)
CAFE_ZITRONAT = Venue("Café Zitronat", "Zimtgasse 5, Neukölln, 12047 Berlin", 52.4897, 13.4291)
FELDHAUS_OST = Venue("Feldhaus Ost", "Lerchentor 1, Schillerkiez, 12049 Berlin", 52.4762, 13.4189)
FORUM_LINDENSPEICHER = Venue(
    "Forum Lindenspeicher", "Speicherzeile 40, Mitte, 10117 Berlin", 52.5176, 13.3879
)
GALERIE_HALBSCHATTEN = Venue(
    "Galerie Halbschatten", "Lampengasse 27, Mitte, 10119 Berlin", 52.5298, 13.4031
)
GARTEN_ROTE_RUEBE = Venue(
    "Gemeinschaftsgarten Rote Rübe", "Beetweg 6, Alt-Treptow, 12435 Berlin", 52.4903, 13.4572
)
KINDERHAUS_PAPIERDRACHE = Venue(
    "Kinderhaus Papierdrache", "Drosselhof 14, Prenzlauer Berg, 10405 Berlin", 52.5342, 13.4226
)
KINO_PARABEL = Venue(
    "Kino Parabel", "Spulengasse 33, Friedrichshain, 10247 Berlin", 52.5158, 13.4643
)
KLETTERHALLE_UEBERHANG = Venue(
    "Kletterhalle Überhang", "Kreidewerkstraße 9, Weißensee, 13086 Berlin", 52.5553, 13.4597
)
LEHRKUECHE_KOHLRABI = Venue(
    "Lehrküche Kohlrabi", "Löffelgasse 16, Neukölln, 12043 Berlin", 52.4813, 13.4347
)
NOTBURGAKIRCHE = Venue("Notburgakirche", "Küsterweg 4, Pankow, 13187 Berlin", 52.5668, 13.4104)
RECHENHAUS = Venue("Rechenhaus", "Lochkartenweg 12, Moabit, 10559 Berlin", 52.5294, 13.3452)
STADTTEILBIBLIOTHEK = Venue(
    "Stadtteilbibliothek am Wehrplatz", "Wehrplatz 1, Wedding, 13347 Berlin", 52.5481, 13.3638
)
STUDIO_STILLES_ECK = Venue(
    "Studio Stilles Eck", "Kastanienwinkel 22, Charlottenburg, 10627 Berlin", 52.5083, 13.3049
)
TAUWERK = Venue("Tauwerk", "Seilerhofstraße 21, Kreuzberg, 10997 Berlin", 52.5019, 13.4408)
THEATER_HANDBREIT = Venue(
    "Theater Handbreit", "Souffleurgasse 10, Kreuzberg, 10961 Berlin", 52.4893, 13.3934
)
TURNHALLE_RINGSTERN = Venue(
    "Turnhalle Ringstern", "Reckstraße 5, Lichtenberg, 10365 Berlin", 52.5129, 13.4986
)
WALDHUETTE_KIEFERNKOPF = Venue(
    "Waldhütte Kiefernkopf", "Am Kienzapfen 70, Grunewald, 14193 Berlin", 52.4841, 13.2569
)
WERKRAUM_MOECKERN = Venue(
    "Werkraum Möckern", "Schleusenzeile 18, Kreuzberg, 10963 Berlin", 52.4991, 13.3822
)
WUERFELSTUBE = Venue(
    "Würfelstube", "Augenzahlweg 6, Friedrichshain, 10245 Berlin", 52.5106, 13.4598
)

VENUES: tuple[Venue, ...] = (
    ALTE_KRANHALLE,
    BLAUER_FINK,
    BOOTSHAUS_EISVOGEL,
    BRAUHAUS_PEGELSTAND,
    BUCHHANDLUNG_SILBERFISCH,
    CAFE_ZITRONAT,
    FELDHAUS_OST,
    FORUM_LINDENSPEICHER,
    GALERIE_HALBSCHATTEN,
    GARTEN_ROTE_RUEBE,
    KINDERHAUS_PAPIERDRACHE,
    KINO_PARABEL,
    KLETTERHALLE_UEBERHANG,
    LEHRKUECHE_KOHLRABI,
    NOTBURGAKIRCHE,
    RECHENHAUS,
    STADTTEILBIBLIOTHEK,
    STUDIO_STILLES_ECK,
    TAUWERK,
    THEATER_HANDBREIT,
    TURNHALLE_RINGSTERN,
    WALDHUETTE_KIEFERNKOPF,
    WERKRAUM_MOECKERN,
    WUERFELSTUBE,
)
