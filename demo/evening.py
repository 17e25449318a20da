"""One event as it went: who answered, who came, and what they said of it.

Played in memory by the rules of `rsvp.services.seats`, moment by moment, and saved by
`demo.past`: services date what they write to now, and take it one by one.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random

from accounts.models import User
from demo.catalogue.reviews import (
    ADVERTISEMENT,
    APOLOGIES,
    THANKS,
    WHY_HIDDEN,
    WORDS,
)
from events.models import Event, Rating, Tally
from reviews.models import STARS, Review
from rsvp.models import CheckIn, Rsvp, RsvpChange
from rsvp.selectors import check_in_window
from rsvp.services.seats import apply_change, seats_or_waitlist
from rsvp.services.unconfirmed_walk_ins import confirm, mark_unconfirmed

Status = Rsvp.Status
ANNOUNCED = timedelta(days=30)  # before the start
_MINUTE = timedelta(minutes=1)
_GUESTS = (0, 0, 0, 0, 1, 1, 2)
# How often an event that was liked well, or less well, got one to five stars.
_LIKED_WELL, _LIKED_LESS = (1, 2, 8, 32, 57), (5, 9, 22, 38, 26)


class Evening:
    def __init__(self, event: Event, *, max_attendees: int | None, chance: Random, now: datetime):
        self.event = event
        self.tally = Tally(event=event, max_attendees=max_attendees)
        self.chance = chance
        self.now = now
        self.rsvps: list[Rsvp] = []
        self.answers: list[RsvpChange] = []
        self.check_ins: list[CheckIn] = []
        self.reviews: list[Review] = []

    @property
    def rating(self) -> Rating:
        stars = [review.rating for review in self.reviews if not review.is_hidden]
        return Rating(event=self.event, count=len(stars), sum=sum(stars))

    def take_answers(self, people: Sequence[User], *, wanted: int) -> None:
        """Let them ask for seats up to the start until so many people are wanted; some leave."""
        moments: list[tuple[datetime, Callable[[datetime], None]]] = []
        start = self.event.start_time
        most = self.tally.max_attendees or wanted
        for person in people:
            at = start - ANNOUNCED * self.chance.random() ** 2
            rsvp = Rsvp(event=self.event, user=person)
            if wanted <= 0:
                if self.chance.random() < 0.05:
                    moments.append((at, partial(self._say, rsvp, Status.INTERESTED, 0)))
                continue
            guests = min(self.chance.choice(_GUESTS), wanted - 1, most - 1)
            wanted -= 1 + guests
            moments.append((at, partial(self._join, rsvp, guests)))
            if self.chance.random() < 0.12:
                later = start - (start - at) * self.chance.random() ** 2
                moments.append((later, partial(self._leave, rsvp)))
        for at, happens in sorted(moments, key=lambda moment: moment[0]):
            if at < min(start, self.now):
                happens(at)

    def let_in(self, by: User, *, show_up: float) -> None:
        """Of those who have seats this share comes, by now; a few parties not as a whole."""
        for rsvp in [each for each in self.rsvps if each.status == Status.GOING]:
            if self.chance.random() > show_up:
                continue
            missing = rsvp.party
            come = missing if self.chance.random() < 0.8 else self.chance.randint(1, missing)
            at = self._arrival()
            self._check_in(rsvp, come, at, by)
            if come < missing and self.chance.random() < 0.5:
                late = at + self.chance.randint(5, 25) * _MINUTE
                self._check_in(rsvp, missing - come, late, by)

    def let_walk_in(self, people: Sequence[User], by: User) -> None:
        """Admit walk-ins after the start, on free seats; two thirds of them confirm it later."""
        known = {rsvp.user_id for rsvp in self.rsvps}
        for person in people:
            at = self.event.start_time + self.chance.randint(1, 30) * _MINUTE
            if person.pk not in known and at < self.now and self.tally.has_room_for(1):
                rsvp = Rsvp(event=self.event, user=person)
                mark_unconfirmed(rsvp)
                self._say(rsvp, Status.GOING, 0, at)
                self._check_in(rsvp, 1, at, by, is_walk_in=True)
                confirmed_at = at + self.chance.randint(1, 90) * _MINUTE
                if self.chance.random() < 2 / 3 and confirmed_at < self.now:
                    confirm(rsvp)
                    self._say(rsvp, Status.GOING, 0, confirmed_at, was_unconfirmed=True)

    def hear(self, by: User, *, details: Sequence[str]) -> None:
        """Some of those who were there say how it was, and the organizer replies to some.

        `details`: what those who liked it add.
        """
        liked = self.chance.choice([_LIKED_WELL, _LIKED_WELL, _LIKED_LESS])
        words = {stars: self.chance.sample(WORDS[stars], len(WORDS[stars])) for stars in STARS}
        for rsvp in self._were_there():
            at = self.event.end_time + self.chance.uniform(1, 90) * 60 * _MINUTE
            if self.chance.random() > 0.4 or at > self.now:
                continue
            [stars] = self.chance.choices(STARS, liked)
            has_words = words[stars] and self.chance.random() < 0.8
            comment = words[stars].pop() if has_words else ""
            if comment and stars > 3 and self.chance.random() < 0.6:
                comment = f"{comment} {self.chance.choice(details)}"
            review = self._review(rsvp.user, stars, comment, at)
            replied_at = at + self.chance.uniform(2, 40) * 60 * _MINUTE
            if comment and replied_at < self.now and self.chance.random() < 0.3:
                review.reply = self.chance.choice(THANKS if stars > 3 else APOLOGIES)
                review.replied_at, review.replied_by = replied_at, by

    def advertise(self, admin: User) -> None:
        """One of those who were there writes what an admin hides."""
        has_reviewed = {review.author_id for review in self.reviews}
        rsvp = next(each for each in self._were_there() if each.user_id not in has_reviewed)
        review = self._review(rsvp.user, 5, ADVERTISEMENT, self.event.end_time + 60 * _MINUTE)
        review.hidden_at = review.created_at + 90 * _MINUTE
        review.hidden_by, review.hidden_reason = admin, WHY_HIDDEN

    def _join(self, rsvp: Rsvp, guests: int, at: datetime) -> None:
        self._say(rsvp, seats_or_waitlist(self.tally, rsvp, guests), guests, at)

    def _leave(self, rsvp: Rsvp, at: datetime) -> None:
        self._say(rsvp, Status.CANCELLED, rsvp.guests, at)
        line = [each for each in self.rsvps if each.status == Status.WAITLISTED]
        for head in sorted(line, key=lambda each: each.line_no or 0):
            if not self.tally.has_room_for(head.party):
                break
            self._say(head, Status.GOING, head.guests, at)

    def _say(
        self,
        rsvp: Rsvp,
        status: Status,
        guests: int,
        at: datetime,
        *,
        was_unconfirmed: bool = False,
    ) -> None:
        if not rsvp.status:
            self.rsvps.append(rsvp)
        answer = apply_change(self.tally, rsvp, status, guests, was_unconfirmed=was_unconfirmed)
        assert answer
        answer.at = at
        self.answers.append(answer)

    def _arrival(self) -> datetime:
        """Around a quarter of an hour before the start."""
        opens_at, closes_at = check_in_window(self.event)
        seconds = timedelta(seconds=round(self.chance.gauss(-15 * 60, 15 * 60)))
        return min(max(self.event.start_time + seconds, opens_at), closes_at - _MINUTE)

    def _check_in(
        self, rsvp: Rsvp, people: int, at: datetime, by: User, *, is_walk_in: bool = False
    ) -> None:
        if at >= min(self.now, check_in_window(self.event)[1]):
            return
        rsvp.arrived += people
        rsvp.checked_in_at = rsvp.checked_in_at or at
        self.tally.arrived += people
        self.check_ins.append(
            CheckIn(
                rsvp=rsvp,
                event=self.event,
                people=people,
                at=at,
                by=by,
                is_walk_in=is_walk_in,
                seats=people if is_walk_in else 0,
            )
        )

    def _were_there(self) -> list[Rsvp]:
        """As `reviews.selectors.attended_rsvps` has it."""
        seated = [rsvp for rsvp in self.rsvps if rsvp.personal_status == Status.GOING]
        unconfirmed = sum(rsvp.party for rsvp in self.rsvps if rsvp.is_unconfirmed_walk_in)
        is_used = self.tally.arrived and 2 * self.tally.arrived >= self.tally.going + unconfirmed
        return [rsvp for rsvp in seated if rsvp.arrived or not is_used]

    def _review(self, author: User, stars: int, comment: str, at: datetime) -> Review:
        review = Review(event=self.event, author=author, rating=stars, comment=comment)
        review.created_at = review.updated_at = at
        self.reviews.append(review)
        return review
