"""What people write of events that were: words by stars, details by category, and replies."""

WORDS: dict[int, tuple[str, ...]] = {
    5: (
        "I came tired and went home awake.",
        "Best evening of the month, and I am not easily moved off the sofa.",
        "My third time here, and it gets better.",
        "Exactly as described, which is rarer than you would think.",
        "Warm welcome, good people, no fuss. Already looking for the next date.",
        "I brought my sister, who hates everything. She has asked when we go again.",
        "So well prepared that nobody noticed how much work it must have been.",
        "I knew nobody at the start and had three numbers in my phone at the end.",
        "Thank you for the patience with late arrivals. I was one of them.",
        "Small, kind and not a minute too long.",
        "You can tell that somebody cares about every detail, down to the coat hooks.",
        "I laughed, I learned something, and I was in bed before midnight. Perfect.",
        "Worth crossing the whole city for, and I live in Spandau.",
        "They remembered my name from last time. How?",
        "Please never make it bigger.",
        "More of this, and soon.",
    ),
    4: (
        "Lovely, just a little crowded by the door.",
        "Very good. Half an hour more would have been even better.",
        "Great people. The chairs less so.",
        "Well worth it; come early if you want to sit in front.",
        "A good mix of regulars and new faces.",
        "Started ten minutes late, and made up for it at once.",
        "I would come again, with a warmer jumper.",
        "Friendly and well run. The way in could be signposted better.",
        "Really enjoyed it, only the break was long.",
        "Solid. No surprises, and none needed.",
        "Good for coming alone, everyone talks to everyone.",
        "The second half was the stronger one.",
        "Would have been five stars with a few more hooks for coats.",
        "Nicely done for so many people in one room.",
    ),
    3: (
        "It was fine. I had expected more from the description.",
        "Nice idea, but too many people for the place.",
        "Good start, then it lost its thread a bit.",
        "Hard to hear from the back rows.",
        "Pleasant enough, though not really for beginners.",
        "We waited twenty minutes at the door, the rest was good.",
        "Some parts great, some parts long.",
        "Not quite my thing, but kindly done.",
        "Half of it would have been enough for me.",
    ),
    2: (
        "Started forty minutes late and nobody told us why.",
        "Far too loud and far too full.",
        "The description promised something else.",
        "I could not see anything from where I sat.",
        "Disorganized. The nice volunteers could not save it.",
        "We left at the break.",
    ),
    1: (
        "Not again. Cold, late and no word from anybody.",
        "I had a ticket and still stood outside for half an hour.",
        "Nothing of what was announced took place.",
        "The worst sound I have heard in a long time.",
    ),
}

# Said beside it by those who liked it.
LIKED: dict[str, tuple[str, ...]] = {
    "music": (
        "The encore alone was worth the way.",
        "You could hear a pin drop, and then the whole room sang.",
        "Wonderful sound, even beside the bar.",
        "The support act deserves an evening of their own.",
    ),
    "technology": (
        "The live demo failed, and that was the most useful part.",
        "Slides without bullet points, finally.",
        "I fixed a bug on the way home with what I had heard.",
        "Nobody was made to feel stupid for asking.",
    ),
    "food-drink": (
        "I have made it twice at home since.",
        "Seconds for everyone, and then thirds.",
        "The recipe sheet is already stained.",
        "I now know what I have been doing wrong for ten years.",
    ),
    "sport": (
        "The slow group is really slow, which I mean as praise.",
        "My legs still hurt, in a good way.",
        "The warm-up alone was more than I do in a week.",
        "Nobody was left behind.",
    ),
    "health-wellness": (
        "I slept like a stone afterwards.",
        "My back says thank you.",
        "No incense, no pressure, just calm.",
        "I have kept up two of the exercises since.",
    ),
    "arts": (
        "My drawing hangs on the fridge now.",
        "The light in that room is something else.",
        "I want to see it again with fewer people.",
        "The conversation afterwards went on in the street.",
    ),
    "film": (
        "Seeing it on a big screen changed everything.",
        "The talk afterwards was as good as the film.",
        "The projector rattles a little, and that belongs to it.",
        "I cried, discreetly, in row four.",
    ),
    "literature": (
        "I bought two of the books on the spot.",
        "The moderator had actually read everything.",
        "A room full of readers, and not a single phone.",
        "The last text has stayed with me for days.",
    ),
    "games": (
        "The rules took five minutes, the revenge all night.",
        "I lost every round and would do it again.",
        "Our table was a great team by the end.",
        "Somebody always had time to explain.",
    ),
    "family": (
        "Our daughter has talked of nothing else.",
        "Enough to do for small ones and for older ones.",
        "There was a place for prams, and there was coffee.",
        "We came for an hour and stayed for the afternoon.",
    ),
    "outdoors": (
        "We got wet and nobody minded.",
        "I have lived here for years and never seen that path.",
        "The pace was right for all of us.",
        "The thermos at the halfway point saved the day.",
    ),
    "business": (
        "Honest numbers instead of success stories.",
        "I left with a list, and have done half of it.",
        "Two conversations there were worth more than a course.",
        "Good coffee and no pitch decks.",
    ),
}

# From the organizer.
THANKS = (
    "Thank you! People like you are why we do it.",
    "That goes straight to the team. See you at the next one.",
    "Thank you for coming, and for staying to stack the chairs.",
    "We read this out on the way home. Thank you.",
    "So glad you liked it. Bring your friends next time.",
)
APOLOGIES = (
    "You are right, and we are sorry. Next time there will be two people at the door.",
    "Thank you for saying so. We have asked the venue for more chairs.",
    "We are sorry about that. Write to us, and you will be our guest at the next one.",
    "Fair point. We have rewritten the description since.",
)

ADVERTISEMENT = "Cheap phone contracts for everyone here, write to me for your personal offer!!!"
WHY_HIDDEN = "Advertising"
