"""Simulate the RSVPs, check-ins and reviews of one event.

The simulation runs in memory by the rules of `rsvp.services.seats`, in chronological order, and
`demo.past` saves the rows. The services would date them to now, and write them one by one.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random

from accounts.models import User
from demo.catalogue import REVIEWS
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
# Weights of one to five stars for a good and for a mediocre event.
_GOOD, _MEDIOCRE = (1, 2, 8, 32, 57), (5, 9, 22, 38, 26)


class Simulation:
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

    def add_rsvps(self, people: Sequence[User], *, wanted: int) -> None:
        """Add RSVPs before the start until `wanted` seats are requested; some people cancel."""
        moments: list[tuple[datetime, Callable[[datetime], None]]] = []
        start = self.event.start_time
        most = self.tally.max_attendees or wanted
        for person in people:
            at = start - ANNOUNCED * self.chance.random() ** 2
            rsvp = Rsvp(event=self.event, user=person)
            if wanted <= 0:
                if self.chance.random() < 0.05:
                    moments.append((at, partial(self._change, rsvp, Status.INTERESTED, 0)))
                continue
            guests = min(self.chance.choice(_GUESTS), wanted - 1, most - 1)
            wanted -= 1 + guests
            moments.append((at, partial(self._join, rsvp, guests)))
            if self.chance.random() < 0.12:
                later = start - (start - at) * self.chance.random() ** 2
                moments.append((later, partial(self._leave, rsvp)))
        for at, action in sorted(moments, key=lambda moment: moment[0]):
            if at < min(start, self.now):
                action(at)

    def check_in(self, by: User, *, show_up: float) -> None:
        """Check in this share of the parties with seats, a few of them in part or in two groups."""
        for rsvp in [rsvp for rsvp in self.rsvps if rsvp.status == Status.GOING]:
            if self.chance.random() > show_up:
                continue
            party = rsvp.party
            first = party if self.chance.random() < 0.8 else self.chance.randint(1, party)
            at = self._arrival()
            self._check_in(rsvp, first, at, by)
            if first < party and self.chance.random() < 0.5:
                late = at + self.chance.randint(5, 25) * _MINUTE
                self._check_in(rsvp, party - first, late, by)

    def add_walk_ins(self, people: Sequence[User], by: User) -> None:
        """Admit walk-ins after the start, on free seats; two thirds of them confirm it later."""
        known = {rsvp.user_id for rsvp in self.rsvps}
        for person in people:
            at = self.event.start_time + self.chance.randint(1, 30) * _MINUTE
            if person.pk not in known and at < self.now and self.tally.has_room_for(1):
                rsvp = Rsvp(event=self.event, user=person)
                mark_unconfirmed(rsvp)
                self._change(rsvp, Status.GOING, 0, at)
                self._check_in(rsvp, 1, at, by, is_walk_in=True)
                confirmed_at = at + self.chance.randint(1, 90) * _MINUTE
                if self.chance.random() < 2 / 3 and confirmed_at < self.now:
                    confirm(rsvp)
                    self._change(rsvp, Status.GOING, 0, confirmed_at, was_unconfirmed=True)

    def add_reviews(self, by: User, *, details: Sequence[str]) -> None:
        """Add reviews by some attendees, and replies of the organizer to some of them.

        `details` are sentences that satisfied attendees add.
        """
        weights = self.chance.choice([_GOOD, _GOOD, _MEDIOCRE])
        comments = {
            stars: self.chance.sample(REVIEWS.comments[stars], len(REVIEWS.comments[stars]))
            for stars in STARS
        }
        for rsvp in self._attendees():
            at = self.event.end_time + self.chance.uniform(1, 90) * 60 * _MINUTE
            if self.chance.random() > 0.4 or at > self.now:
                continue
            [stars] = self.chance.choices(STARS, weights)
            has_comment = comments[stars] and self.chance.random() < 0.8
            comment = comments[stars].pop() if has_comment else ""
            if comment and stars > 3 and self.chance.random() < 0.6:
                comment = f"{comment} {self.chance.choice(details)}"
            review = self._review(rsvp.user, stars, comment, at)
            replied_at = at + self.chance.uniform(2, 40) * 60 * _MINUTE
            if comment and replied_at < self.now and self.chance.random() < 0.3:
                replies = REVIEWS.thanks if stars > 3 else REVIEWS.apologies
                review.reply = self.chance.choice(replies)
                review.replied_at, review.replied_by = replied_at, by

    def add_advertisement(self, admin: User) -> None:
        """Add a review with advertising, which an admin hides."""
        has_reviewed = {review.author_id for review in self.reviews}
        rsvp = next(rsvp for rsvp in self._attendees() if rsvp.user_id not in has_reviewed)
        at = self.event.end_time + 60 * _MINUTE
        review = self._review(rsvp.user, 5, REVIEWS.advertisement, at)
        review.hidden_at = review.created_at + 90 * _MINUTE
        review.hidden_by, review.hidden_reason = admin, REVIEWS.reason_for_hiding

    def _join(self, rsvp: Rsvp, guests: int, at: datetime) -> None:
        self._change(rsvp, seats_or_waitlist(self.tally, rsvp, guests), guests, at)

    def _leave(self, rsvp: Rsvp, at: datetime) -> None:
        self._change(rsvp, Status.CANCELLED, rsvp.guests, at)
        waiting = [rsvp for rsvp in self.rsvps if rsvp.status == Status.WAITLISTED]
        for head in sorted(waiting, key=lambda rsvp: rsvp.line_no or 0):
            if not self.tally.has_room_for(head.party):
                break
            self._change(head, Status.GOING, head.guests, at)

    def _change(
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
        """Return a time around 15 minutes before the start, within the check-in window."""
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

    def _attendees(self) -> list[Rsvp]:
        """Return the attendees by the rule of `reviews.selectors.who_was_there`."""
        seated = [rsvp for rsvp in self.rsvps if rsvp.personal_status == Status.GOING]
        unconfirmed = sum(rsvp.party for rsvp in self.rsvps if rsvp.is_unconfirmed_walk_in)
        is_used = self.tally.arrived and 2 * self.tally.arrived >= self.tally.going + unconfirmed
        return [rsvp for rsvp in seated if rsvp.arrived or not is_used]

    def _review(self, author: User, stars: int, comment: str, at: datetime) -> Review:
        review = Review(event=self.event, author=author, rating=stars, comment=comment)
        review.created_at = review.updated_at = at
        self.reviews.append(review)
        return review
