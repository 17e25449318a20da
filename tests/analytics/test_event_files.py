"""CSV files of the numbers of events: each person gets the rows of their events."""

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
from tests.analytics.world import World, world
from tests.client import Api
from tests.factories import EventFactory

PATH = "/api/analytics/overview/?format=csv"


@pytest.fixture
def two_events(olive: User, ada: User, sam: User) -> World:
    return world(olive, ada, sam)


def read(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200, response.content
    return list(csv.DictReader(StringIO(response.getvalue().decode("utf-8-sig"), newline="")))


def rows_of(api: Api, **query: Any) -> list[dict[str, str]]:
    return read(api.client.get(PATH, {"format": "csv"} | query))


def titles(rows: list[dict[str, str]]) -> Iterator[str]:
    return (row["title"] for row in rows)


class TestFile:
    def test_has_a_row_for_each_of_my_events(self, as_olive: Api, jazz_and_chess: World) -> None:
        EventFactory.create(title="Somebody else's")
        assert list(titles(rows_of(as_olive))) == ["Jazz", "Chess"]

    def test_has_the_numbers_of_the_api(self, as_olive: Api, jazz_and_chess: World) -> None:
        event = jazz_and_chess.jazz
        jazz = lines(as_olive)[0]
        told = as_olive.get(f"/events/{event.pk}/analytics/")
        totals, ratings = told["totals"], told["ratings"]
        assert [float(jazz[name]) for name in ("going", "interested", "arrived", "no_shows")] == [
            totals[name] for name in ("going", "interested", "arrived", "no_shows")
        ]
        assert (float(jazz["fill_rate"]), float(jazz["average_rating"])) == (
            body["fill_rate"], ratings["average"],
        )  # fmt: skip
        assert int(jazz["review_count"]) == ratings["count"]

    def test_unknown_numbers_are_empty(self, as_olive: Api, jazz_and_chess: World) -> None:
        chess = lines(as_olive)[1]
        unknown = ("max_attendees", "fill_rate", "no_shows", "average_rating")
        assert [chess[name] for name in unknown] == ["", "", "", ""]

    def test_days_filter_the_events(self, as_olive: Api, two_events: World) -> None:
        day = two_events.chess.start_time.date().isoformat()
        assert list(titles(rows_of(as_olive, date_from=day, tz="UTC"))) == ["Chess"]

    def test_title_is_escaped(self, as_olive: Api, olive: User) -> None:
        EventFactory.create(created_by=olive, title="=HYPERLINK(1)")
        assert list(titles(rows_of(as_olive))) == ["'=HYPERLINK(1)"]

    def test_admin_gets_all_events(self, as_alma: Api, two_events: World) -> None:
        EventFactory.create(title="Somebody else's")
        assert (
            len(rows_of(as_alma))
            == Event.objects.exclude(status="draft").filter(deleted_at=None).count()
        )

    def test_other_people_are_refused(self, as_ada: Api, as_sam: Api, two_events: World) -> None:
        statuses = [api.client.get(PATH).status_code for api in (as_ada, as_sam, Api())]
        assert statuses == [403, 403, 401]

    def test_number_of_queries_is_fixed(self, as_olive: Api, olive: User) -> None:
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                rows_of(as_olive)
            return len(captured)

        EventFactory.create(created_by=olive)
        rows_of(as_olive)
        one = queries()
        EventFactory.create_batch(2, created_by=olive)
        assert queries() == one


@pytest.mark.embedded
class TestInTheAdmin:
    def test_staff_gets_their_own_events(self, client: Client, olive: User) -> None:
        User.objects.filter(pk=olive.pk).update(is_staff=True)
        EventFactory.create(created_by=olive, title="Mine")
        EventFactory.create(title="Somebody else's")
        client.force_login(olive)
        assert list(titles(read(client.get("/admin/analytics/events.csv")))) == ["Mine"]

    def test_dashboard_links_to_the_file_with_its_days(
        self, client: Client, alma: User, event: Event
    ) -> None:
        client.force_login(alma)
        page = client.get("/admin/", {"days": "7"}).content.decode()
        assert "/admin/analytics/events.csv?days=7" in page
        assert read(client.get("/admin/analytics/events.csv?days=7")) == []

    def test_other_people_are_redirected_to_the_login(self, client: Client, ada: User) -> None:
        client.force_login(ada)
        assert client.get("/admin/analytics/events.csv").status_code == 302
