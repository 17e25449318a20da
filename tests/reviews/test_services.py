"""Reviewing an event, and its effect on the rating."""

import pytest

from accounts.models import User
from core.errors import RuleBroken
from events.exceptions import EventCancelled, EventNotFound
from events.models import Event
from reviews.exceptions import (
    AlreadyReviewed,
    EventNotOver,
    NotAttended,
    OwnEvent,
    ReviewHidden,
    ReviewNotFound,
)
from reviews.models import Review
from reviews.selectors import rating_differences
from reviews.services import (
    delete_reply,
    delete_review,
    edit_review,
    hide_review,
    reply_to_review,
    show_review,
)
from rsvp.check_in import close_check_in
from rsvp.services import join_event, leave_event, mark_interested
from tests.factories import EventFactory, begin, call_off, end, people, take_out
from tests.reviews.past import came, past_event, rating_of, reviewed
from tests.reviews.past import review as write

pytestmark = pytest.mark.both


class TestPermissions:
    def test_person_with_a_seat_at_the_end_may_review(self, past: Event, ada: User) -> None:
        review = write(past, ada, 4, "Good.")
        assert (review.author, review.rating, review.comment) == (ada, 4, "Good.")

    def test_stranger_may_not_review(self, past: Event, sam: User) -> None:
        with pytest.raises(NotAttended):
            write(past, sam)

    def test_person_without_a_seat_may_not_review(self, event: Event, ada: User, sam: User) -> None:
        holder, waits = people(2)
        join_event(event_id=event.pk, attendee=holder, guests=1)
        join_event(event_id=event.pk, attendee=waits)
        mark_interested(event_id=event.pk, attendee=sam)
        join_event(event_id=event.pk, attendee=ada)
        leave_event(event_id=event.pk, attendee=ada)
        end(event)
        for person in (waits, sam, ada):
            with pytest.raises(NotAttended):
                write(event, person)

    def test_only_checked_in_people_may_review_if_check_in_was_used(
        self, olive: User, ada: User, sam: User
    ) -> None:
        event = past_event(ada, sam, created_by=olive)
        came(event, ada)
        write(event, ada)
        with pytest.raises(NotAttended):
            write(event, sam)

    def test_single_scan_excludes_nobody(self, olive: User, ada: User, sam: User) -> None:
        """A single check-in took the right to review from everybody else."""
        event = past_event(ada, sam, *people(1), created_by=olive)
        came(event, ada)
        write(event, sam)

    def test_only_arrivals_may_review_after_check_in_was_closed(
        self, olive: User, ada: User, sam: User
    ) -> None:
        event = past_event(ada, sam, *people(1), created_by=olive)
        came(event, ada)
        close_check_in(event_id=event.pk)
        write(event, ada)
        with pytest.raises(NotAttended):
            write(event, sam)

    def test_organizer_may_not_review_their_own_event(self, olive: User) -> None:
        event = past_event(olive, created_by=olive)
        with pytest.raises(OwnEvent):
            write(event, olive)

    @pytest.mark.parametrize("when", [begin, None])
    def test_event_must_be_over(self, event: Event, ada: User, when: object) -> None:
        join_event(event_id=event.pk, attendee=ada)
        if callable(when):
            when(event)
        with pytest.raises(EventNotOver):
            write(event, ada)

    def test_postponed_event_is_not_over(self, past: Event, ada: User) -> None:
        Event.objects.filter(pk=past.pk).update(external_status=Event.POSTPONED)
        with pytest.raises(EventNotOver):
            write(past, ada)

    def test_cancelled_event_is_not_reviewed(self, past: Event, ada: User) -> None:
        call_off(past)
        with pytest.raises(EventCancelled):
            write(past, ada)

    def test_deleted_event_is_not_found(self, past: Event, ada: User) -> None:
        take_out(past)
        with pytest.raises(EventNotFound):
            write(past, ada)

    def test_second_review_is_refused_and_changes_nothing(self, past: Event, ada: User) -> None:
        write(past, ada, 4)
        with pytest.raises(AlreadyReviewed):
            write(past, ada, 1)
        assert rating_of(past) == (1, 4)

    def test_hidden_review_prevents_a_second_one(
        self, review: Review, past: Event, alma: User
    ) -> None:
        hide_review(review_id=review.pk, by=alma, reason="Rude.")
        with pytest.raises(AlreadyReviewed):
            write(past, review.author)


class TestRating:
    def test_rating_counts_every_review(self, past: Event) -> None:
        reviewed(past, 5, 3, 1)
        assert rating_of(past) == (3, 9)

    def test_edit_changes_the_stars(self, review: Review, past: Event) -> None:
        edit_review(review_id=review.pk, changes={"rating": 1})
        assert rating_of(past) == (1, 1)

    def test_edit_of_the_comment_keeps_the_stars(self, review: Review, past: Event) -> None:
        edit_review(review_id=review.pk, changes={"comment": "Quiet."})
        assert rating_of(past) == (1, 4)

    def test_deletion_subtracts_the_stars(self, review: Review, past: Event) -> None:
        delete_review(review_id=review.pk, by=review.author)
        assert rating_of(past) == (0, 0)
        write(past, review.author, 2)
        assert rating_of(past) == (1, 2)

    def test_hidden_review_does_not_count(self, review: Review, past: Event, alma: User) -> None:
        for _ in range(2):
            hide_review(review_id=review.pk, by=alma, reason="Rude.")
            assert rating_of(past) == (0, 0)
        edit_review(review_id=review.pk, changes={"rating": 2})
        assert rating_of(past) == (0, 0)
        for _ in range(2):
            show_review(review_id=review.pk)
            assert rating_of(past) == (1, 2)

    def test_deletion_of_a_hidden_review_subtracts_nothing(
        self, review: Review, past: Event, alma: User
    ) -> None:
        reviewed(past, 5)
        hide_review(review_id=review.pk, by=alma, reason="Rude.")
        with pytest.raises(ReviewHidden):
            delete_review(review_id=review.pk, by=review.author)
        delete_review(review_id=review.pk, by=alma)
        assert rating_of(past) == (1, 5)

    def test_other_events_keep_their_ratings(self, review: Review, ada: User) -> None:
        other = past_event(ada)
        write(other, ada, 2)
        delete_review(review_id=review.pk, by=ada)
        assert rating_of(other) == (1, 2)
        assert list(rating_differences()) == []


class TestReply:
    def test_second_reply_replaces_the_first(self, review: Review, olive: User) -> None:
        for words in ("Thanks.", "Thank you."):
            reply_to_review(review_id=review.pk, by=olive, reply=words)
        review.refresh_from_db()
        assert (review.reply, review.replied_by) == ("Thank you.", olive)

    def test_reply_does_not_mark_the_review_as_edited(self, review: Review, olive: User) -> None:
        before = review.updated_at
        reply_to_review(review_id=review.pk, by=olive, reply="Thanks.")
        review.refresh_from_db()
        assert review.updated_at == before

    def test_reply_can_be_deleted_twice(self, review: Review, olive: User) -> None:
        reply_to_review(review_id=review.pk, by=olive, reply="Thanks.")
        for _ in range(2):
            delete_reply(review_id=review.pk)
        review.refresh_from_db()
        assert (review.reply, review.replied_at, review.replied_by) == ("", None, None)


@pytest.mark.parametrize("write_on", [show_review, delete_reply])
def test_review_deleted_meanwhile_is_not_found(review: Review, write_on: object) -> None:
    delete_review(review_id=review.pk, by=review.author)
    assert callable(write_on)
    with pytest.raises(ReviewNotFound):
        write_on(review_id=review.pk)
    with pytest.raises(ReviewNotFound):
        delete_review(review_id=review.pk, by=review.author)


def test_refusals_write_nothing(db: None, ada: User) -> None:
    for event in (EventFactory.create(), past_event()):
        with pytest.raises(RuleBroken):
            write(event, ada)
        assert rating_of(event) == (0, 0)
    assert not Review.objects.exists()
