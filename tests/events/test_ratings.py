"""Ratings of events, and sorting by rating."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from events.models import Event, Rating
from events.series.scopes import copy
from events.services.events import delete_event
from events.services.ratings import change_rating
from tests.client import Api
from tests.factories import EventFactory, end
from tests.rsvp.dates import series_with

pytestmark = pytest.mark.django_db


def rated(title: str, *stars: int) -> Event:
    event = EventFactory.create(title=title)
    rate(event, *stars)
    return event


def rate(event: Event, *stars: int) -> None:
    for number in stars:
        change_rating(event_id=event.pk, reviews=1, stars=number)


def shown(row: dict[str, Any]) -> tuple[float | None, int]:
    return row["average_rating"], row["review_count"]


def titles(api: Api, path: str = "/events/", **query: Any) -> list[str]:
    return [event["title"] for event in api.get(path, **query)["results"]]


class TestChangeRating:
    def test_reviews_and_stars_add_up(self, event: Event) -> None:
        rate(event, 5, 2)
        rating = Rating.objects.get(pk=event.pk)
        assert (rating.count, rating.sum, rating.average) == (2, 7, 3.5)

    def test_edited_review_changes_the_stars_only(self, event: Event) -> None:
        rate(event, 5, 2)
        change_rating(event_id=event.pk, reviews=0, stars=-1)
        rating = Rating.objects.get(pk=event.pk)
        assert (rating.count, rating.sum) == (2, 6)

    def test_deleting_the_last_review_leaves_no_rating(self, event: Event) -> None:
        rate(event, 4)
        change_rating(event_id=event.pk, reviews=-1, stars=-4)
        assert Rating.objects.get(pk=event.pk).average is None

    @pytest.mark.parametrize(("reviews", "stars"), [(1, 6), (1, 0), (0, 1), (-1, 0), (-1, -1)])
    def test_database_refuses_impossible_sums(self, event: Event, reviews: int, stars: int) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            change_rating(event_id=event.pk, reviews=reviews, stars=stars)

    def test_other_events_keep_their_ratings(self, event: Event) -> None:
        rate(EventFactory.create(), 5)
        assert Rating.objects.get(pk=event.pk).count == 0

    def test_score_moves_from_the_prior_to_the_average(self, event: Event) -> None:
        scores = []
        for reviews in (0, 5, 90):
            change_rating(event_id=event.pk, reviews=reviews, stars=reviews * 5)
            scores.append(round(Rating.objects.get(pk=event.pk).score, 3))
        assert scores == [3.5, 4.25, 4.925]


class TestWhatIsShown:
    def test_average_has_two_decimals(self, as_ada: Api, event: Event) -> None:
        rate(event, 5, 4, 5)
        assert shown(as_ada.get(f"/events/{event.pk}/")) == (4.67, 3)

    def test_lists_and_search_show_the_rating(self, as_ada: Api) -> None:
        rated("jazz", 4)
        for path in ("/events/", "/events/search/"):
            assert [shown(row) for row in as_ada.get(path)["results"]] == [(4.0, 1)]

    def test_copy_has_no_rating(self, as_olive: Api, event: Event, olive: User) -> None:
        rate(event, 5)
        copied = copy(event_id=event.pk, organizer=olive, changes={})
        assert shown(as_olive.get(f"/events/{copied.pk}/")) == (None, 0)

    def test_rating_is_read_only(self, as_olive: Api, event: Event) -> None:
        body = {"average_rating": 5, "review_count": 99}
        assert shown(as_olive.patch(f"/events/{event.pk}/", body)) == (None, 0)

    def test_calendar_file_is_the_same_after_a_review(self, as_ada: Api, event: Event) -> None:
        path = f"/api/events/{event.pk}/calendar.ics"
        before = as_ada.client.get(path)
        rate(event, 1)
        after = as_ada.client.get(path, headers={"if-none-match": before.headers["ETag"]})
        assert after.status_code == 304

    def test_event_counts_as_unchanged(self, as_ada: Api, event: Event) -> None:
        before = as_ada.get(f"/events/{event.pk}/")["updated_at"]
        rate(event, 1)
        assert as_ada.get(f"/events/{event.pk}/")["updated_at"] == before

    def test_admin_shows_the_rating(self, admin_page: Any, event: Event) -> None:
        rate(event, 5, 4)
        assert "4.5 (2)" in admin_page(f"/events/event/{event.pk}/change/")


class TestSeries:
    def test_all_dates_count(self, as_olive: Api, olive: User) -> None:
        series, [first, second, _] = series_with(olive, 5, 5, 5)
        rate(first, 5, 4)
        rate(second, 2)
        end(first)
        assert shown(as_olive.get(f"/series/{series.pk}/")) == (3.67, 3)

    def test_deleted_dates_do_not_count(self, as_olive: Api, olive: User) -> None:
        series, [first, second] = series_with(olive, 5, 5)
        rate(first, 1)
        rate(second, 5)
        delete_event(event_id=first.pk)
        assert shown(as_olive.get(f"/series/{series.pk}/")) == (5.0, 1)

    def test_series_without_reviews_has_no_rating(self, as_olive: Api, olive: User) -> None:
        series, _ = series_with(olive, 5, 5)
        rated("another's", 5)
        assert shown(as_olive.get(f"/series/{series.pk}/")) == (None, 0)


class TestOrder:
    @pytest.fixture(autouse=True)
    def _events(self) -> None:
        """One visitor's five stars against many visitors' 4.75, good ones, none and a bad one."""
        rated("bad", 1, 2)
        rated("none")
        rated("many", *[5, 5, 5, 4] * 10)
        rated("one", 5)
        rated("average", 4, 3)
        rated("none either")

    ORDER = ["many", "one", "none", "average", "none either", "bad"]

    def test_many_good_reviews_rank_above_one_perfect_review(self, as_ada: Api) -> None:
        assert titles(as_ada, ordering="rating", when="all") == self.ORDER

    def test_search_has_the_same_order(self, as_ada: Api) -> None:
        assert titles(as_ada, "/events/search/", sort="rating", when="all") == self.ORDER

    def test_pages_have_the_same_order(self, as_ada: Api) -> None:
        params: Any = {"ordering": "rating", "when": "all", "limit": 2}
        pages = [titles(as_ada, **params, page=page) for page in (1, 2, 3)]
        assert sum(pages, []) == self.ORDER  # noqa: RUF017

    def test_future_events_are_sorted_by_date(self, as_ada: Api) -> None:
        assert titles(as_ada, ordering="rating") == titles(as_ada)

    def test_search_by_words_can_be_sorted_by_rating(self, as_ada: Api) -> None:
        found = titles(as_ada, "/events/search/", q="none", sort="rating")
        assert found == ["none", "none either"]

    def test_drafts_are_sorted_too(self, as_olive: Api, olive: User) -> None:
        EventFactory.create(created_by=olive, title="draft", status=Event.Status.DRAFT)
        assert titles(as_olive, mine="true", ordering="rating") == ["draft"]
