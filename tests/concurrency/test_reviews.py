"""Races for one review on PostgreSQL: one row, and a rating that equals the rows."""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from core.errors import RuleBroken
from events.models import Event
from notifications.models import Notification
from reviews import services
from reviews.exceptions import AlreadyReviewed, ReviewNotFound
from reviews.models import Review
from reviews.requests import ask_for_reviews
from reviews.selectors import rating_differences
from reviews.services import delete_review, edit_review, hide_review, show_review, submit_review
from tests.concurrency.rush import CONTROL_ROUNDS, Rush, errors_other_than, rounds_of, rush_of
from tests.factories import UserFactory, people
from tests.reviews.past import past_event, rating_of, reviewed

pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db(transaction=True),
]


def unlocked(review_id: int) -> Review:
    review = Review.objects.filter(pk=review_id).first()
    if review is None:
        raise ReviewNotFound
    return review


class TestRepeatedSubmission:
    """One person sends a review ten times at once."""

    def round(self, rush: Rush, author: User) -> tuple[Event, list[Any]]:
        event = past_event(author)
        params: dict[str, Any] = {"event_id": event.pk, "author": author}
        return event, rush([partial(submit_review, **params, rating=1 + n % 5) for n in range(10)])

    def test_one_review_is_created(self) -> None:
        [author] = people(1)
        with rush_of(10) as rush:
            for _ in rounds_of(60):
                event, outcomes = self.round(rush, author)
                assert errors_other_than(outcomes, AlreadyReviewed) == []
                [review] = [outcome for outcome in outcomes if isinstance(outcome, Review)]
                assert rating_of(event) == (1, review.rating)
        assert list(rating_differences()) == []

    def test_control_fails_when_it_reads_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def read_then_write(**fields: Any) -> tuple[Review, bool]:
            more = fields.pop("defaults")
            found = Review.objects.filter(**fields).first()
            return (found, False) if found else (Review.objects.create(**fields, **more), True)

        monkeypatch.setattr(Review.objects, "get_or_create", read_then_write)
        [author] = people(1)
        with rush_of(10) as rush:
            rounds = (self.round(rush, author)[1] for _ in range(CONTROL_ROUNDS))
            assert any(errors_other_than(outcomes, AlreadyReviewed) for outcomes in rounds)


class TestOneReview:
    """A review is edited, hidden, shown and deleted at once, while others are written."""

    def round(self, rush: Rush, admin: User, number: int) -> list[Exception]:
        chance = random.Random(number)
        event = past_event()
        [review, *_] = reviewed(event, 3, 5)
        one: dict[str, Any] = {"review_id": review.pk}
        actions: list[Callable[[], Any]] = [
            *(partial(edit_review, **one, changes={"rating": stars}) for stars in range(1, 6)),
            *[partial(hide_review, **one, by=admin, reason="Rude.")] * 3,
            *[partial(show_review, **one)] * 2,
        ]
        if number % 3 == 0:
            actions += [partial(delete_review, **one, by=admin)] * 2
        chance.shuffle(actions)
        return errors_other_than(rush(actions), ReviewNotFound)

    def test_rating_matches_the_rows(self) -> None:
        admin = UserFactory.create(is_superuser=True)
        with rush_of(12) as rush:
            for number in rounds_of(60):
                assert self.round(rush, admin, number) == []
                assert list(rating_differences()) == []

    def test_control_drifts_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(services, "_lock", unlocked)
        admin = UserFactory.create(is_superuser=True)
        with rush_of(12) as rush:
            assert any(
                self.round(rush, admin, number) or list(rating_differences())
                for number in range(CONTROL_ROUNDS)
            )


class TestManyReviews:
    """Thirty people review one event while some change their minds."""

    def test_every_review_counts(self) -> None:
        with rush_of(30) as rush:
            for number in rounds_of(20):
                chance = random.Random(number)
                crowd = people(20)
                event = past_event(*crowd)
                early = reviewed(event, 1, 2, 3, 4, 5)
                outcomes = rush(
                    [
                        *(
                            partial(
                                submit_review,
                                event_id=event.pk,
                                author=person,
                                rating=chance.randint(1, 5),
                            )
                            for person in crowd
                        ),
                        *(
                            partial(edit_review, review_id=review.pk, changes={"rating": 5})
                            for review in early
                        ),
                        *(
                            partial(delete_review, review_id=review.pk, by=review.author)
                            for review in early
                        ),
                    ]
                )
                assert errors_other_than(outcomes, RuleBroken) == []
                assert rating_of(event)[0] == 20
                assert list(rating_differences()) == []


def test_simultaneous_workers_request_every_review_once() -> None:
    events = [past_event() for _ in range(3)]
    for event in events:
        reviewed(event, 5)
    with rush_of(4) as rush:
        for _ in rounds_of(10):
            event = past_event(*(crowd := people(5)))
            outcomes = rush([ask_for_reviews] * 4)
            assert errors_other_than(outcomes) == []
            requests = Notification.objects.filter(kind="review_request", event_id=event.pk)
            assert sorted(requests.values_list("user", flat=True)) == [
                person.pk for person in crowd
            ]
