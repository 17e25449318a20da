"""The numbers of events as a CSV file, and which rows it has for whom."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from events.models import Event
from tests.analytics.world import World, build_world
from tests.client import Api
from tests.factories import EventFactory

PATH = "/api/analytics/overview/?format=csv"


@pytest.fixture
def jazz_and_chess(olive: User, ada: User, sam: User) -> World:
    return build_world(olive, ada, sam)


def read_csv(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200, response.content
    return list(csv.DictReader(StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


def lines(api: Api, **query: Any) -> list[dict[str, str]]:
    return read_csv(api.client.get(PATH, {"format": "csv"} | query))


def titles(rows: list[dict[str, str]]) -> Iterator[str]:
    return (row["title"] for row in rows)


class TestFile:
    def test_file_has_a_row_per_own_event(self, as_olive: Api, jazz_and_chess: World) -> None:
        EventFactory.create(title="Somebody else's")
        assert list(titles(lines(as_olive))) == ["Jazz", "Chess"]

    def test_file_has_the_numbers_of_the_api(self, as_olive: Api, jazz_and_chess: World) -> None:
        event = jazz_and_chess.jazz
        jazz = lines(as_olive)[0]
        numbers = as_olive.get(f"/events/{event.pk}/analytics/")
        totals, ratings = numbers["totals"], numbers["ratings"]
        assert [float(jazz[name]) for name in ("going", "interested", "arrived", "no_shows")] == [
            totals[name] for name in ("going", "interested", "arrived", "no_shows")
        ]
        assert (float(jazz["fill_rate"]), float(jazz["average_rating"])) == (
            numbers["fill_rate"], ratings["average"],
        )  # fmt: skip
        assert int(jazz["review_count"]) == ratings["count"]

    def test_unknown_numbers_are_empty(self, as_olive: Api, jazz_and_chess: World) -> None:
        chess = lines(as_olive)[1]
        unknown = ("max_attendees", "fill_rate", "no_shows", "average_rating")
        assert [chess[name] for name in unknown] == ["", "", "", ""]

    def test_days_filter_the_events(self, as_olive: Api, jazz_and_chess: World) -> None:
        day = jazz_and_chess.chess.start_time.date().isoformat()
        assert list(titles(lines(as_olive, date_from=day, tz="UTC"))) == ["Chess"]

    def test_title_is_not_a_formula(self, as_olive: Api, olive: User) -> None:
        EventFactory.create(created_by=olive, title="=HYPERLINK(1)")
        assert list(titles(lines(as_olive))) == ["'=HYPERLINK(1)"]

    def test_admin_gets_all_events(self, as_alma: Api, jazz_and_chess: World) -> None:
        EventFactory.create(title="Somebody else's")
        assert (
            len(lines(as_alma))
            == Event.objects.exclude(status="draft").filter(deleted_at=None).count()
        )

    def test_attendee_stranger_and_anonymous_are_refused(
        self, as_ada: Api, as_sam: Api, jazz_and_chess: World
    ) -> None:
        statuses = [api.client.get(PATH).status_code for api in (as_ada, as_sam, Api())]
        assert statuses == [403, 403, 401]

    def test_queries_are_the_same_for_one_and_three_events(
        self, as_olive: Api, olive: User
    ) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                lines(as_olive)
            return len(captured)

        EventFactory.create(created_by=olive)
        lines(as_olive)
        one = queries()
        EventFactory.create_batch(2, created_by=olive)
        assert queries() == one


@pytest.mark.embedded
class TestAdmin:
    def test_organizer_on_staff_gets_their_own_events(self, client: Client, olive: User) -> None:
        User.objects.filter(pk=olive.pk).update(is_staff=True)
        EventFactory.create(created_by=olive, title="Mine")
        EventFactory.create(title="Somebody else's")
        client.force_login(olive)
        assert list(titles(read_csv(client.get("/admin/analytics/events.csv")))) == ["Mine"]

    def test_dashboard_links_to_the_file_with_its_days(
        self, client: Client, alma: User, event: Event
    ) -> None:
        client.force_login(alma)
        page = client.get("/admin/", {"days": "7"}).content.decode()
        assert "/admin/analytics/events.csv?days=7" in page
        assert read_csv(client.get("/admin/analytics/events.csv?days=7")) == []

    def test_attendee_is_redirected_to_the_login(self, client: Client, ada: User) -> None:
        client.force_login(ada)
        assert client.get("/admin/analytics/events.csv").status_code == 302
