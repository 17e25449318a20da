"""My reviews, and the reviews of my events, over HTTP."""

from typing import Any

import pytest

from accounts.models import User
from reviews.services import hide_review
from tests.client import Api, refusal
from tests.factories import call_off, take_out
from tests.reviews.past import past_event, review, reviewed

pytestmark = pytest.mark.both


def ids(page: dict[str, Any]) -> list[int]:
    return [item["id"] for item in page["results"]]


def test_mine_are_listed_newest_first_with_their_events(as_ada: Api, ada: User) -> None:
    events = [past_event(ada, title=title) for title in ("Chess", "Jazz")]
    first, second = (review(event, ada) for event in events)
    reviewed(events[0], 3)
    page = as_ada.get("/reviews/", mine="true")
    assert ids(page) == [second.pk, first.pk]
    [newest, _] = page["results"]
    assert newest.pop("event") == {"id": events[1].pk, "title": "Jazz"}
    assert newest == as_ada.get(f"/events/{events[1].pk}/reviews/{second.pk}/")


def test_reviews_of_my_events_are_those_of_everybody(as_olive: Api, olive: User, ada: User) -> None:
    events = [past_event(ada, created_by=olive) for _ in range(2)] + [past_event(ada)]
    rows = [review(event, ada) for event in events] + reviewed(events[0], 3)
    page = as_olive.get("/reviews/", of_my_events="true")
    assert ids(page) == [rows[3].pk, rows[1].pk, rows[0].pk]
    assert as_olive.get("/reviews/", mine="true")["count"] == 0
    assert as_olive.get("/reviews/", mine="true", of_my_events="true")["count"] == 0


def test_lists_have_pages(as_ada: Api, ada: User) -> None:
    rows = [review(past_event(ada), ada) for _ in range(3)]
    page = as_ada.get("/reviews/", mine="true", limit=2, page=2)
    assert (page["count"], ids(page)) == (3, [rows[0].pk])
    assert "mine=true" in page["previous"]


def test_hidden_review_is_listed_for_its_author_only(
    as_ada: Api, ada: User, as_olive: Api, olive: User, alma: User
) -> None:
    row = review(past_event(ada, created_by=olive), ada)
    hide_review(review_id=row.pk, by=alma, reason="Rude.")
    [mine] = as_ada.get("/reviews/", mine="true")["results"]
    assert (mine["is_hidden"], mine["hidden_reason"]) == (True, "Rude.")
    assert as_olive.get("/reviews/", of_my_events="true")["results"] == []


def test_reviews_of_a_cancelled_event_stay_and_of_a_deleted_one_go(as_ada: Api, ada: User) -> None:
    cancelled, deleted = past_event(ada), past_event(ada)
    row = review(cancelled, ada)
    review(deleted, ada)
    call_off(cancelled)
    take_out(deleted)
    assert ids(as_ada.get("/reviews/", mine="true")) == [row.pk]


@pytest.mark.parametrize("query", [{}, {"mine": "false"}, {"of_my_events": "false"}], ids=str)
def test_one_of_the_lists_must_be_chosen(as_ada: Api, query: dict[str, str]) -> None:
    assert refusal(as_ada.get("/reviews/", expect=400, **query)) == (("mine", "required"),)


def test_other_values_are_refused(as_ada: Api) -> None:
    problem = as_ada.get("/reviews/", expect=400, mine="yes")
    assert refusal(problem) == (("mine", "invalid_choice"),)


def test_list_requires_login(as_nobody: Api) -> None:
    assert refusal(as_nobody.get("/reviews/?mine=true", expect=401)) == ("not_authenticated",)
