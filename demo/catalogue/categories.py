"""The twelve categories of the calendar."""

from demo.catalogue.models import DemoCategory

CATEGORIES: tuple[DemoCategory, ...] = (
    DemoCategory(
        "Music",
        "music",
        "Concerts, club nights and sing-alongs, from a cellar trio to a hall with two stages.",
    ),
    DemoCategory(
        "Technology",
        "technology",
        "Meetups, sprints and workshops for people who build software or take hardware apart.",
    ),
    DemoCategory(
        "Food & Drink",
        "food-drink",
        "Cooking classes, tastings and long shared tables.",
    ),
    DemoCategory(
        "Sport",
        "sport",
        "Runs, rides, matches and tournaments for every level of fitness.",
    ),
    DemoCategory(
        "Arts",
        "arts",
        "Exhibitions, theatre and studio sessions where you make something yourself.",
    ),
    DemoCategory(
        "Film",
        "film",
        "Screenings with company: premieres, old reels, documentaries and the talk afterwards.",
    ),
    DemoCategory(
        "Literature",
        "literature",
        "Readings, book clubs and workshops for people who read, write or translate.",
    ),
    DemoCategory(
        "Family",
        "family",
        "Things to do with babies, children and the grandparents who come along.",
    ),
    DemoCategory(
        "Outdoors",
        "outdoors",
        "Walks, water and woods in the city and just beyond its edge.",
    ),
    DemoCategory(
        "Business",
        "business",
        "Practical evenings for founders, freelancers and anyone about to ask for a raise.",
    ),
    DemoCategory(
        "Health & Wellness",
        "health-wellness",
        "Yoga, quiet hours, courses and talks for a steadier body and mind.",
    ),
    DemoCategory(
        "Games",
        "games",
        "Board games, cards, chess, quizzes and consoles, played with people in the same room.",
    ),
)
