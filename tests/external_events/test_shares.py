"""One person can't use up a provider's daily quota; with all limits on.

Earlier, one person with a free account caused 60 requests a minute to Ticketmaster with searches
for random words, which used up the day's 4,000 searches in 67 minutes. One organizer who imported
random ids, 30 a minute, used up the rest, so that standing imports and cancellations stopped.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import caches

from accounts.models import User
from core.ratelimit import Limit, chain
from external_events import tasks
from external_events.services import request_cache, search
from external_events.services.subscriptions import create_subscription
from tests.client import Api, refusal
from tests.conftest import dead_redis
from tests.factories import UserFactory
from tests.standins import StandInResponse
from tests.standins.seatgeek import SeatGeekStandIn
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = [pytest.mark.django_db, pytest.mark.both]

PATH = "/external-events/"
BODY = {"provider": "ticketmaster"}
SHARE = 4


@pytest.fixture(autouse=True)
def _limits_are_on(settings: Any) -> None:
    """Except for the limits per minute, which only slow an attack down."""
    settings.RATE_LIMITS = True
    settings.PROVIDER_DAILY_REQUESTS_PER_PERSON = SHARE


def search_for(api: Api, *words: object, expect: int = 200, provider: str = "ticketmaster") -> Any:
    """Return the response to the last of these searches."""
    for word in words:
        response = api.get(f"{PATH}?provider={provider}&query={word}", expect=expect)
    return response


def import_of(api: Api, external_id: object, *, expect: int) -> Any:
    return api.post(f"{PATH}{external_id}/import/", BODY, expect=expect)


class TestShareOfAPerson:
    def test_random_words_cost_the_provider_no_more_than_the_share(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        search_for(as_ada, *range(SHARE))
        response = as_ada.client.get(f"/api{PATH}?query=more")
        assert (response.status_code, response.json()["code"]) == (429, "throttled")
        assert 86_300 < int(response.headers["Retry-After"]) <= 86_400
        assert "your share of today's requests to Ticketmaster" in response.json()["detail"]
        search_for(as_ada, *range(100, 120), expect=429)
        assert len(ticketmaster.calls) == SHARE

    def test_random_ids_cost_the_provider_no_more_than_the_share(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        for number in range(SHARE):
            import_of(as_olive, f"G{number}", expect=404)
        for number in range(100, 110):
            assert refusal(import_of(as_olive, f"G{number}", expect=429)) == ("throttled",)
        assert len(ticketmaster.calls) == SHARE

    def test_searches_and_imports_have_one_share(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        search_for(as_olive, *range(SHARE))
        import_of(as_olive, "G1", expect=429)

    def test_others_have_their_own_share(
        self, as_ada: Api, as_olive: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        ticketmaster.events = [tm_event("G1")]
        search_for(as_ada, *range(SHARE))
        search_for(as_ada, "more", expect=429)
        search_for(as_olive, "more")
        import_of(as_olive, "G1", expect=201)

    def test_each_provider_has_its_own_share(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn, seatgeek: SeatGeekStandIn
    ) -> None:
        search_for(as_ada, *range(SHARE))
        search_for(as_ada, *range(SHARE), provider="seatgeek")
        search_for(as_ada, "more", provider="seatgeek", expect=429)
        assert len(seatgeek.calls) == SHARE

    def test_accounts_of_one_address_have_four_together(
        self, ticketmaster: TicketmasterStandIn
    ) -> None:
        for number in range(4):
            search_for(Api(UserFactory.create()), *(f"{number}-{word}" for word in range(SHARE)))
        fifth = Api(UserFactory.create())
        search_for(fifth, "more", expect=429)
        fifth.client.defaults["REMOTE_ADDR"] = "192.0.2.1"
        search_for(fifth, "more")

    def test_cached_results_do_not_count(
        self, as_ada: Api, as_sam: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        search_for(as_sam, "jazz")
        search_for(as_ada, *range(SHARE), "jazz", 0, 1, "jazz")
        assert len(ticketmaster.calls) == SHARE + 1

    def test_background_refresh_counts_and_stops_with_the_share(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        """Otherwise a person could keep a few searches refreshed all day."""
        search_for(as_ada, *range(SHARE))
        later = datetime.now(UTC) + timedelta(seconds=request_cache.FRESH_S + 1)
        with time_machine.travel(later, tick=True):
            assert search_for(as_ada, *range(SHARE))["stale"] is True
            request_cache.wait_for_refreshes()
        assert len(ticketmaster.calls) == SHARE

    def test_outage_uses_up_no_share(
        self, as_ada: Api, ada: User, ticketmaster: TicketmasterStandIn
    ) -> None:
        """Only requests that were sent count: here the one that failed."""
        ticketmaster.trouble = StandInResponse(401, "")
        for number in range(10):
            search_for(as_ada, number, expect=503)
        assert len(ticketmaster.calls) == 1
        verdict = chain.count([Limit("person", f"provider:ticketmaster:{ada.pk}", SHARE, 60)])
        assert verdict.standings[0].used == 2

    def test_refusal_is_not_shared_with_waiting_callers(
        self, as_ada: Api, as_sam: Api, ticketmaster: TicketmasterStandIn
    ) -> None:
        search_for(as_ada, *range(SHARE))
        search_for(as_ada, "jazz", expect=429)
        search_for(as_sam, "jazz")

    def test_share_is_a_tenth_of_the_quota_at_most(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn, settings: Any
    ) -> None:
        settings.TICKETMASTER_DAILY_QUOTA = 20
        search_for(as_ada, 1, 2)
        search_for(as_ada, 3, expect=429)

    def test_staff_have_a_share_in_the_admin(
        self, admin_page: Any, ticketmaster: TicketmasterStandIn
    ) -> None:
        path = "/external_events/import/find/?provider=ticketmaster&query="
        for number in range(SHARE):
            admin_page(f"{path}{number}")
        assert "You have used your share of today" in admin_page(f"{path}more")
        assert len(ticketmaster.calls) == SHARE

    def test_share_holds_while_redis_is_away(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn, settings: Any, nowhere: str
    ) -> None:
        settings.CACHES = settings.CACHES | dead_redis(nowhere)
        search_for(as_ada, *range(SHARE))
        search_for(as_ada, "more", expect=429)

    def test_load_tests_have_no_share(
        self, as_ada: Api, ticketmaster: TicketmasterStandIn, settings: Any
    ) -> None:
        settings.RATE_LIMITS = False
        search_for(as_ada, *range(SHARE + 3))


class TestReserve:
    """A part of the quota is left, however many people use the rest."""

    def test_searches_leave_a_reserve_for_imports_and_both_for_standing_imports(
        self, ticketmaster: TicketmasterStandIn, settings: Any
    ) -> None:
        settings.TICKETMASTER_DAILY_QUOTA = 10  # 6 searches, 2 imports, 2 of the product itself
        ticketmaster.events = [tm_event(f"G{number}") for number in range(3)]
        crowd = [Api(user) for user in UserFactory.create_batch(10, is_organizer=True)]
        for number, api in enumerate(crowd):
            api.client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        for number, api in enumerate(crowd[:6]):
            search_for(api, number)
        refused = search_for(crowd[6], "more", expect=503)
        assert refused["code"] == "provider_unavailable"
        for number in range(2):
            import_of(crowd[6 + number], f"G{number}", expect=201)
        import_of(crowd[8], "G2", expect=503)
        assert len(ticketmaster.calls) == 8
        create_subscription(details=BODY | {"query": "jazz", "every": "weekly"})
        tasks.work_on_runs()
        assert len(ticketmaster.calls) == 9


class TestUnknownIds:
    def test_unknown_id_is_requested_once_in_an_hour(
        self, as_olive: Api, as_sam: Api, sam: User, ticketmaster: TicketmasterStandIn
    ) -> None:
        User.objects.filter(pk=sam.pk).update(is_organizer=True)
        for _ in range(10):
            import_of(as_olive, "Gnobody", expect=404)
            import_of(Api(sam), "Gnobody", expect=404)
        assert len(ticketmaster.calls) == 1

    @pytest.mark.embedded  # Redis has its own clock
    def test_id_that_the_provider_knows_later_is_found_then(
        self, olive: User, ticketmaster: TicketmasterStandIn
    ) -> None:
        import_of(Api(olive), "G1", expect=404)
        ticketmaster.events = [tm_event("G1")]
        later = datetime.now(UTC) + timedelta(seconds=search.KEEP_UNKNOWN_IDS_S + 1)
        import_of(Api(olive), "G1", expect=404)
        with time_machine.travel(later, tick=True):
            import_of(Api(olive), "G1", expect=201)

    def test_invalid_id_is_neither_requested_nor_cached(
        self, as_olive: Api, ticketmaster: TicketmasterStandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "unknown_ids", pytest.fail)
        import_of(as_olive, "no.id", expect=404)
        assert ticketmaster.calls == []

    @pytest.mark.embedded
    def test_unknown_ids_do_not_evict_searches(self) -> None:
        """In one process, where caches are bounded by their number of entries."""
        request_cache.results().set("search", "found", 60)
        for number in range(6_000):
            request_cache.unknown_ids().set(f"G{number}", True, 60)
        assert request_cache.results().get("search") == "found"
        cache: Any = caches["unknown_ids"]
        assert len(cache._cache) <= 5_000
