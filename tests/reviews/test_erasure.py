"""Reviews after the erasure of a person, and in the export."""

import pytest

from accounts.models import User
from accounts.services.erasure import erase
from events.models import Event
from reviews.models import Review
from reviews.services import hide_review, reply_to_review
from tests.client import Api
from tests.reviews.past import rating_of


class TestErasure:
    def test_stars_stay_and_texts_are_erased(self, review: Review, past: Event, alma: User) -> None:
        hide_review(review_id=review.pk, by=alma, reason="Ada is rude.")
        erase(user_id=review.author_id)
        review.refresh_from_db()
        assert (review.rating, review.comment, review.hidden_reason) == (4, "", "")
        assert review.is_hidden

    def test_rating_stays(self, review: Review, past: Event) -> None:
        erase(user_id=review.author_id)
        assert rating_of(past) == (1, 4)

    def test_reply_of_an_erased_organizer_is_erased(self, review: Review, olive: User) -> None:
        reply_to_review(review_id=review.pk, by=olive, reply="I am Olive.")
        erase(user_id=olive.pk)
        review.refresh_from_db()
        assert (review.reply, review.replied_at, review.replied_by) == ("", None, None)
        assert review.comment == "Loud, and good."

    def test_review_that_an_erased_admin_hid_stays_hidden(
        self, review: Review, olive: User, alma: User
    ) -> None:
        User.objects.filter(pk=olive.pk).update(is_superuser=True)
        hide_review(review_id=review.pk, by=alma, reason="Rude.")
        erase(user_id=alma.pk)
        review.refresh_from_db()
        assert (review.is_hidden, review.hidden_reason, review.hidden_by) == (True, "Rude.", None)


class TestExport:
    @pytest.fixture
    def whole(self, review: Review, olive: User, alma: User) -> Review:
        reply_to_review(review_id=review.pk, by=olive, reply="See you!")
        return hide_review(review_id=review.pk, by=alma, reason="Rude.")

    def test_author_gets_the_whole_review(self, as_ada: Api, whole: Review) -> None:
        [exported] = as_ada.get("/users/profile/export/")["reviews.review"]
        assert set(exported) == {
            "id", "event_id", "event_title", "author_id", "rating", "comment", "reply",
            "replied_at", "hidden_at", "hidden_reason", "created_at", "updated_at",
        }  # fmt: skip
        assert (exported["comment"], exported["hidden_reason"]) == ("Loud, and good.", "Rude.")

    def test_organizer_gets_the_reply_and_not_the_review(
        self, as_olive: Api, whole: Review
    ) -> None:
        [exported] = as_olive.get("/users/profile/export/")["reviews.review"]
        assert set(exported) == {"id", "event_id", "event_title", "reply", "replied_at"}

    def test_admin_gets_what_they_hid_and_why(self, as_alma: Api, whole: Review) -> None:
        [exported] = as_alma.get("/users/profile/export/")["reviews.review"]
        assert set(exported) == {"id", "event_id", "event_title", "hidden_at", "hidden_reason"}

    def test_others_get_nothing(self, as_sam: Api, whole: Review) -> None:
        assert as_sam.get("/users/profile/export/")["reviews.review"] == []
