"""Reviews over HTTP."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from accounts.services.erasure import erase
from events.models import Event, Helper
from reviews.models import LONGEST_TEXT, Review
from reviews.services import hide_review, reply_to_review
from tests.client import Api, refusal
from tests.factories import EventFactory, UserFactory, call_off, take_out
from tests.reviews.past import past_event, rating_of, reviewed
from tests.reviews.past import review as write


def path(event: Event, review: Review | None = None, what: str = "") -> str:
    one = f"{review.pk}/" if review else ""
    return f"/events/{event.pk}/reviews/{one}{what}"


class TestWriting:
    def test_review_is_returned_whole(self, as_ada: Api, ada: User, past: Event) -> None:
        shown = as_ada.post(path(past), {"rating": 4, "comment": "Loud, and good."})
        assert shown.pop("created_at") <= shown.pop("updated_at")
        assert shown == {
            "id": Review.objects.get().pk,
            "user": {"id": ada.pk, "username": "ada", "display_name": "ada"},
            "rating": 4,
            "comment": "Loud, and good.",
            "reply": None,
            "replied_at": None,
            "is_hidden": False,
            "hidden_reason": None,
        }

    def test_stars_need_no_comment(self, as_ada: Api, past: Event) -> None:
        assert as_ada.post(path(past), {"rating": 1})["comment"] == ""

    def test_review_can_be_read_again(self, as_ada: Api, as_sam: Api, past: Event) -> None:
        shown = as_ada.post(path(past), {"rating": 4})
        assert as_sam.get(f"{path(past)}{shown['id']}/") == shown

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_omitted_fields_are_kept(
        self, as_ada: Api, past: Event, review: Review, method: str
    ) -> None:
        change = getattr(as_ada, method)
        shown = change(path(past, review), {"rating": 2})
        assert (shown["rating"], shown["comment"]) == (2, "Loud, and good.")
        shown = change(path(past, review), {"comment": ""})
        assert (shown["rating"], shown["comment"]) == (2, "")
        assert change(path(past, review), {}) == shown

    def test_fields_of_others_are_ignored(self, as_ada: Api, past: Event, sam: User) -> None:
        body = {"rating": 4, "reply": "Me", "user": sam.pk, "is_hidden": True, "id": 7}
        shown = as_ada.post(path(past), body)
        assert (shown["user"]["username"], shown["reply"]) == ("ada", None)
        changed = as_ada.patch(f"{path(past)}{shown['id']}/", body)
        assert (changed["is_hidden"], changed["reply"]) == (False, None)

    def test_deleted_review_is_404(self, as_ada: Api, past: Event, review: Review) -> None:
        as_ada.delete(path(past, review))
        as_ada.get(path(past, review), expect=404)
        as_ada.delete(path(past, review), expect=404)

    def test_review_of_another_event_is_404(self, as_ada: Api, review: Review) -> None:
        as_ada.get(path(past_event(), review), expect=404)

    def test_reviews_of_a_cancelled_event_stay(
        self, as_ada: Api, past: Event, review: Review
    ) -> None:
        call_off(past)
        assert as_ada.get(path(past))["count"] == 1
        as_ada.delete(path(past, review))

    def test_reviews_of_a_deleted_event_go_with_it(
        self, as_ada: Api, past: Event, review: Review
    ) -> None:
        take_out(past)
        for problem in (as_ada.get(path(past), expect=404), as_ada.get(path(past, review), 404)):
            assert refusal(problem) == ("not_found",)


class TestRefusals:
    def test_event_that_is_not_over_is_refused(self, as_ada: Api, event: Event) -> None:
        problem = as_ada.post(path(event), {"rating": 5}, expect=409)
        assert refusal(problem) == ("event_not_over", "wait_for_end")

    def test_second_review_is_refused(self, as_ada: Api, past: Event, review: Review) -> None:
        problem = as_ada.post(path(past), {"rating": 5}, expect=409)
        assert refusal(problem) == ("already_reviewed", "change_review")

    def test_person_who_did_not_attend_is_refused(self, as_sam: Api, past: Event) -> None:
        assert refusal(as_sam.post(path(past), {"rating": 5}, expect=403)) == ("not_attended",)

    def test_own_event_is_refused(self, as_olive: Api, past: Event) -> None:
        assert refusal(as_olive.post(path(past), {"rating": 5}, expect=403)) == ("own_event",)

    def test_cancelled_event_is_refused(self, as_ada: Api, past: Event) -> None:
        call_off(past)
        problem = as_ada.post(path(past), {"rating": 5}, expect=409)
        assert refusal(problem) == ("event_cancelled",)

    def test_draft_of_another_owner_is_404(self, as_ada: Api, olive: User) -> None:
        draft = EventFactory.create(created_by=olive, status="draft")
        as_ada.get(path(draft), expect=404)
        as_ada.post(path(draft), {"rating": 5}, expect=404)


@pytest.mark.embedded
class TestValues:
    @pytest.mark.parametrize(
        ("rating", "code"),
        [
            (0, "min_value"),
            (6, "max_value"),
            (-1, "min_value"),
            (2**62, "max_value"),
            (4.5, "invalid"),
            (4.0, "invalid"),
            ("5", "invalid"),
            ("five", "invalid"),
            ("", "invalid"),
            (True, "invalid"),
            (False, "invalid"),
            ([5], "invalid"),
            ({"stars": 5}, "invalid"),
            (None, "null"),
        ],
    )
    def test_rating_is_one_to_five_whole_stars(
        self, as_ada: Api, past: Event, rating: Any, code: str
    ) -> None:
        problem = as_ada.post(path(past), {"rating": rating}, expect=400)
        assert refusal(problem) == (("rating", code),)

    @pytest.mark.parametrize("rating", ["5", True, None, 6])
    def test_edited_rating_is_one_to_five_whole_stars(
        self, as_ada: Api, past: Event, review: Review, rating: Any
    ) -> None:
        problem = as_ada.patch(path(past, review), {"rating": rating}, expect=400)
        assert [error["field"] for error in problem["errors"]] == ["rating"]
        assert rating_of(past) == (1, 4)

    def test_rating_is_required(self, as_ada: Api, past: Event) -> None:
        problem = as_ada.post(path(past), {"comment": "Good."}, expect=400)
        assert refusal(problem) == (("rating", "required"),)

    @pytest.mark.parametrize(
        ("comment", "code"),
        [
            ("x" * (LONGEST_TEXT + 1), "max_length"),
            ("x" * 1_000_000, "max_length"),
            ("bell\x07", "control_characters"),
            ("back\u202ewards", "control_characters"),
            ("nul\0", "null_characters_not_allowed"),
            ("half \ud83d", "invalid_characters"),
            (None, "null"),
            (["words"], "invalid"),
            (True, "invalid"),
        ],
    )
    def test_comment_is_plain_text(self, as_ada: Api, past: Event, comment: Any, code: str) -> None:
        response = as_ada.client.post(
            f"/api{path(past)}",
            json.dumps({"rating": 5, "comment": comment}),
            content_type="application/json",
        )
        assert (response.status_code, refusal(response.json())) == (400, (("comment", code),))

    def test_body_beyond_a_megabyte_is_too_large(self, as_ada: Api, past: Event) -> None:
        as_ada.post(path(past), {"rating": 5, "comment": "x" * 2**20}, expect=413)

    @pytest.mark.parametrize(
        "comment",
        ["<script>alert(1)</script>", "a & b < c", "Zeile\nZwei\tdrei", "★" * LONGEST_TEXT, "🎷"],
    )
    def test_comment_is_returned_unchanged(self, as_ada: Api, past: Event, comment: str) -> None:
        assert as_ada.post(path(past), {"rating": 5, "comment": comment})["comment"] == comment

    def test_form_is_415(self, as_ada: Api, past: Event) -> None:
        response = as_ada.client.post(f"/api{path(past)}", {"rating": 5}, format="multipart")
        assert response.status_code == 415

    @pytest.mark.parametrize("body", [[], "5", 5, None])
    def test_body_must_be_an_object(self, as_ada: Api, past: Event, body: Any) -> None:
        response = as_ada.client.post(f"/api{path(past)}", body, format="json")
        assert response.status_code == 400

    @pytest.mark.parametrize(
        ("words", "code"),
        [("", "blank"), ("  ", "blank"), (None, "null"), ("x" * 5001, "max_length"),
         ("\x07", "control_characters")],
    )  # fmt: skip
    def test_reply_and_reason_are_required(
        self, as_olive: Api, as_alma: Api, past: Event, review: Review, words: Any, code: str
    ) -> None:
        problem = as_olive.put(path(past, review, "reply/"), {"reply": words}, expect=400)
        assert refusal(problem) == (("reply", code),)
        problem = as_alma.post(path(past, review, "hide/"), {"reason": words}, expect=400)
        assert refusal(problem) == (("reason", code),)

    def test_reason_is_required(self, as_alma: Api, past: Event, review: Review) -> None:
        problem = as_alma.post(path(past, review, "hide/"), expect=400)
        assert refusal(problem) == (("reason", "required"),)


class TestList:
    def test_newest_comes_first(self, as_sam: Api, past: Event) -> None:
        reviewed(past, 5, 3, 1)
        page = as_sam.get(path(past))
        assert [review["rating"] for review in page["results"]] == [1, 3, 5]

    def test_pages(self, as_sam: Api, past: Event) -> None:
        reviewed(past, 5, 3, 1)
        page = as_sam.get(path(past), limit=2, page=2)
        assert (page["count"], [review["rating"] for review in page["results"]]) == (3, [5])
        as_sam.get(path(past), expect=404, page=2)
        as_sam.get(path(past), expect=400, limit=0)

    def test_event_without_reviews_has_an_empty_page(self, as_sam: Api, event: Event) -> None:
        assert as_sam.get(path(event)) == {
            "count": 0, "next": None, "previous": None, "results": []
        }  # fmt: skip

    def test_reviews_of_other_events_are_excluded(self, as_sam: Api, review: Review) -> None:
        assert as_sam.get(path(past_event()))["count"] == 0

    def test_erased_author_is_anonymous(self, as_sam: Api, past: Event, review: Review) -> None:
        erase(user_id=review.author_id)
        [shown] = as_sam.get(path(past))["results"]
        assert shown["user"]["username"].startswith("deleted-")
        assert (shown["rating"], shown["comment"]) == (4, "")
        assert rating_of(past) == (1, 4)


class TestHidden:
    @pytest.fixture
    def hidden(self, review: Review, alma: User) -> Review:
        return hide_review(review_id=review.pk, by=alma, reason="It names the neighbours.")

    def test_hiding_returns_the_review(self, as_alma: Api, past: Event, review: Review) -> None:
        shown = as_alma.post(path(past, review, "hide/"), {"reason": "Rude."}, expect=200)
        assert (shown["is_hidden"], shown["hidden_reason"]) == (True, "Rude.")

    def test_second_reason_replaces_the_first(
        self, as_alma: Api, past: Event, hidden: Review
    ) -> None:
        shown = as_alma.post(path(past, hidden, "hide/"), {"reason": "Rude."}, expect=200)
        assert shown["hidden_reason"] == "Rude."

    def test_author_and_admins_alone_see_it(
        self,
        as_ada: Api, as_alma: Api, as_sam: Api, as_olive: Api, past: Event, hidden: Review,
    ) -> None:  # fmt: skip
        for api in (as_ada, as_alma):
            [shown] = api.get(path(past))["results"]
            assert shown["hidden_reason"] == "It names the neighbours."
            assert api.get(path(past, hidden)) == shown
        for api in (as_sam, as_olive):
            assert api.get(path(past))["results"] == []
            api.get(path(past, hidden), expect=404)

    def test_organizer_cannot_reply_to_it(self, as_olive: Api, past: Event, hidden: Review) -> None:
        as_olive.put(path(past, hidden, "reply/"), {"reply": "Thanks."}, expect=404)

    def test_author_may_change_it_and_it_stays_hidden(
        self, as_ada: Api, past: Event, hidden: Review
    ) -> None:
        shown = as_ada.patch(path(past, hidden), {"comment": "Good."})
        assert (shown["comment"], shown["is_hidden"]) == ("Good.", True)

    def test_author_cannot_delete_it_and_write_it_again(
        self, as_ada: Api, as_alma: Api, past: Event, hidden: Review
    ) -> None:
        problem = as_ada.delete(path(past, hidden), expect=409)
        assert (problem["code"], problem["next_step"]) == ("review_hidden", "change_review")
        as_alma.delete(path(past, hidden))
        as_ada.post(path(past), {"rating": 5}, expect=201)

    def test_unhidden_review_is_visible_to_everyone(
        self, as_alma: Api, as_sam: Api, past: Event, hidden: Review
    ) -> None:
        for _ in range(2):
            as_alma.delete(path(past, hidden, "hide/"))
        [shown] = as_sam.get(path(past))["results"]
        assert (shown["is_hidden"], shown["hidden_reason"]) == (False, None)


class TestReply:
    def test_reply_is_shown_to_all(
        self, as_olive: Api, as_sam: Api, past: Event, review: Review
    ) -> None:
        shown = as_olive.put(path(past, review, "reply/"), {"reply": "See you in July!"})
        assert shown["reply"] == "See you in July!"
        assert shown["replied_at"].endswith("Z")
        assert as_sam.get(path(past, review)) == shown

    def test_reply_is_deleted(
        self, as_olive: Api, olive: User, past: Event, review: Review
    ) -> None:
        reply_to_review(review_id=review.pk, by=olive, reply="See you!")
        as_olive.delete(path(past, review, "reply/"))
        shown = as_olive.get(path(past, review))
        assert (shown["reply"], shown["replied_at"]) == (None, None)

    def test_edit_keeps_the_reply(
        self, as_ada: Api, olive: User, past: Event, review: Review
    ) -> None:
        reply_to_review(review_id=review.pk, by=olive, reply="See you!")
        assert as_ada.patch(path(past, review), {"rating": 1})["reply"] == "See you!"


Call = Callable[[Api, Event, Review, int], Any]
CALLS: dict[str, Call] = {
    "list": lambda api, event, _, code: api.get(path(event), expect=code),
    "read": lambda api, event, review, code: api.get(path(event, review), expect=code),
    "write": lambda api, event, _, code: api.post(path(event), {"rating": 5}, expect=code),
    "put": lambda api, event, review, code: api.put(path(event, review), {"rating": 1}, code),
    "patch": lambda api, event, review, code: api.patch(path(event, review), {"rating": 1}, code),
    "delete": lambda api, event, review, code: api.delete(path(event, review), expect=code),
    "reply": lambda api, event, review, code: api.put(
        path(event, review, "reply/"), {"reply": "Thanks."}, code
    ),
    "take reply back": lambda api, event, review, code: api.delete(
        path(event, review, "reply/"), expect=code
    ),
    "hide": lambda api, event, review, code: api.post(
        path(event, review, "hide/"), {"reason": "Rude."}, code
    ),
    "show": lambda api, event, review, code: api.delete(path(event, review, "hide/"), expect=code),
}
#                    owner author helper attendee stranger admin nobody
MAY: dict[str, tuple[int, ...]] = {
    "list":            (200, 200, 200, 200, 200, 200, 401),
    "read":            (200, 200, 200, 200, 200, 200, 401),
    "write":           (403, 409, 403, 201, 403, 403, 401),
    "put":             (403, 200, 403, 403, 403, 403, 401),
    "patch":           (403, 200, 403, 403, 403, 403, 401),
    "delete":          (403, 204, 403, 403, 403, 204, 401),
    "reply":           (200, 403, 403, 403, 403, 403, 401),
    "take reply back": (204, 403, 403, 403, 403, 403, 401),
    "hide":            (403, 403, 403, 403, 403, 200, 401),
    "show":            (403, 403, 403, 403, 403, 204, 401),
}  # fmt: skip
WHO = ("owner", "author", "helper", "attendee", "stranger", "admin", "nobody")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("who", WHO)
def test_permissions(who: str, call: str, olive: User, ada: User, sam: User, alma: User) -> None:
    helper, attendee = UserFactory.create_batch(2)
    event = past_event(ada, attendee, created_by=olive)
    Helper.objects.create(event=event, user=helper)
    review = write(event, ada, 4)
    people = dict(zip(WHO, (olive, ada, helper, attendee, sam, alma), strict=False))
    api = Api(people[who]) if who in people else Api()
    CALLS[call](api, event, review, MAY[call][WHO.index(who)])


@pytest.mark.parametrize(
    ("call", "who", "code"),
    [
        ("put", "admin", "author_required"),
        ("delete", "stranger", "author_required"),
        ("reply", "admin", "owner_required"),
        ("hide", "owner", "admin_required"),
    ],
)
def test_refusal_names_the_permission(
    call: str, who: str, code: str, past: Event, review: Review, olive: User, sam: User, alma: User
) -> None:
    api = Api({"admin": alma, "stranger": sam, "owner": olive}[who])
    assert refusal(CALLS[call](api, past, review, 403)) == (code,)
