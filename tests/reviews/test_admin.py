"""Reviews in the admin: read, hidden with a reason, shown again."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from events.models import Event
from reviews.models import Review
from reviews.services import hide_review, reply_to_review
from tests.factories import UserFactory
from tests.reviews.past import past_event, rating_of
from tests.reviews.past import review as write

pytestmark = pytest.mark.embedded  # what the pages show is tested on every database

Page = Callable[..., str]
LIST = "/reviews/review/"


def chosen(action: str, *reviews: Review, **more: Any) -> dict[str, Any]:
    return {"action": action, "_selected_action": [review.pk for review in reviews]} | more


@pytest.fixture
def hostile(past: Event, ada: User) -> Review:
    return write(past, ada, 2, "<script>alert(1)</script>" + "x" * 100)


def test_list_shows_the_beginning_of_the_comment_as_text(admin_page: Page, hostile: Review) -> None:
    page = admin_page(LIST)
    assert "★★☆☆☆" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;xxx" in page
    assert "<script>alert(1)" not in page
    assert "x" * 100 not in page


def test_page_of_a_review_shows_all_of_it_and_the_reply(
    admin_page: Page, hostile: Review, olive: User
) -> None:
    reply_to_review(review_id=hostile.pk, by=olive, reply="<b>Thanks</b>")
    page = admin_page(f"{LIST}{hostile.pk}/change/")
    assert "x" * 100 in page
    assert "&lt;b&gt;Thanks&lt;/b&gt;" in page
    assert "<script>alert(1)" not in page
    assert 'name="comment"' not in page


def test_events_page_shows_its_reviews(admin_page: Page, hostile: Review) -> None:
    page = admin_page(f"/events/event/{hostile.event_id}/change/")
    assert "★★☆☆☆" in page
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize(
    ("query", "number"),
    [("rating=4", 1), ("rating=5", 0), ("hidden_at__isempty=1", 1), ("hidden_at__isempty=0", 0),
     ("q=ada", 1), ("q=loud", 1), ("q=nobody", 0)],
)  # fmt: skip
def test_list_is_filtered_and_searched(
    admin_page: Page, review: Review, query: str, number: int
) -> None:
    assert admin_page(f"{LIST}?{query}").count(f"/admin{LIST}{review.pk}/change/") == number


class TestHiding:
    def test_form_for_the_reason_is_shown_first(
        self, admin_page: Page, hostile: Review, past: Event
    ) -> None:
        page = admin_page(LIST, chosen("hide", hostile))
        assert "Hide reviews?" in page
        assert 'name="reason"' in page
        assert "<script>alert(1)" not in page
        assert rating_of(past) == (1, 2)

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
    def test_reason_is_required(
        self, admin_page: Page, review: Review, past: Event, reason: str
    ) -> None:
        page = admin_page(LIST, chosen("hide", review, confirmed="yes", reason=reason))
        assert "Hide reviews?" in page
        assert rating_of(past) == (1, 4)

    def test_hidden_with_a_reason(
        self, admin_page: Page, review: Review, past: Event, alma: User
    ) -> None:
        page = admin_page(LIST, chosen("hide", review, confirmed="yes", reason="Rude."))
        review.refresh_from_db()
        assert "1 hidden." in page
        assert (review.is_hidden, review.hidden_reason, review.hidden_by) == (True, "Rude.", alma)
        assert rating_of(past) == (0, 0)

    def test_several_at_once(self, admin_page: Page, review: Review, ada: User) -> None:
        other = write(past_event(ada), ada)
        data = chosen("hide", review, other, confirmed="yes", reason="Rude.")
        assert "2 hidden." in admin_page(LIST, data)

    def test_shown_again(self, admin_page: Page, review: Review, past: Event, alma: User) -> None:
        hide_review(review_id=review.pk, by=alma, reason="Rude.")
        assert "1 shown." in admin_page(LIST, chosen("show", review))
        assert rating_of(past) == (1, 4)


def test_staff_who_may_only_view_cannot_hide(client: Client, review: Review, past: Event) -> None:
    helper = UserFactory.create(is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_review"))
    client.force_login(helper)
    page = client.post(
        f"/admin{LIST}", chosen("hide", review, confirmed="yes", reason="Rude."), follow=True
    )
    assert page.status_code == 200
    assert rating_of(past) == (1, 4)
