"""Admin of standing imports and their runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from events.models import Event
from external_events import tasks
from external_events.models import Run, Subscription
from external_events.services.runs import claim_due, start_run, step
from external_events.services.subscriptions import create_subscription
from tests.external_events.conftest import text_of
from tests.factories import CategoryFactory
from tests.standins.ticketmaster import TicketmasterStandIn, tm_event

pytestmark = pytest.mark.embedded  # what the pages show is tested on every database

Page = Callable[..., str]
SUBSCRIPTIONS, RUNS = "/external_events/subscription/", "/external_events/run/"
SOON = f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}"


def subscribe(**details: Any) -> Subscription:
    return create_subscription(
        details={"provider": "ticketmaster", "query": "jazz", "every": "once"} | details
    )


@pytest.fixture
def subscription(db: None) -> Subscription:
    return subscribe()


@pytest.fixture
def jazz(ticketmaster: TicketmasterStandIn) -> TicketmasterStandIn:
    ticketmaster.events = [
        tm_event(f"G{number:04}", f"Jazz {number}", local=f"{SOON}T19:30") for number in range(3)
    ]
    return ticketmaster


def form(**changes: Any) -> dict[str, Any]:
    """Return the form data."""
    return {
        "provider": "ticketmaster",
        "query": "jazz",
        "location": "",
        "every": "weekly",
        "days_ahead": "365",
        "limit": "",
        "is_active": "on",
        "organizer": "",
        "category": "",
        "runs-INITIAL_FORMS": "0",
    } | changes


def change_page(row: Subscription | Run) -> str:
    return f"{SUBSCRIPTIONS if isinstance(row, Subscription) else RUNS}{row.pk}/change/"


def act(page: Page, action: str, *rows: Any) -> str:
    at = SUBSCRIPTIONS if isinstance(rows[0], Subscription) else RUNS
    return page(at, {"action": action, "_selected_action": [row.pk for row in rows]})


class TestForm:
    def test_new_standing_import_is_due_at_once(self, admin_page: Page, olive: User) -> None:
        category = CategoryFactory.create()
        admin_page(
            f"{SUBSCRIPTIONS}add/",
            form(location="London, GB", limit="50", organizer=olive.pk, category=category.pk),
        )
        made = Subscription.objects.get()
        wanted = ("query", "location", "every", "limit", "organizer", "category", "is_active")
        assert [getattr(made, name) for name in wanted] == [
            "jazz", "London, GB", "weekly", 50, olive, category, True,
        ]  # fmt: skip
        assert made.next_run_at is not None

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"query": ""}, "Enter search words, a location, or both."),
            ({"query": "a\x0bb"}, "Control characters are not allowed."),
            ({"days_ahead": "731"}, "Enter a number of days from 1 to 730."),
            ({"limit": "0"}, "greater than or equal to 1"),
            ({"provider": "eventbrite"}, "Select a valid choice."),
        ],
    )
    def test_invalid_value_is_an_error_on_the_form(
        self, admin_page: Page, changes: dict[str, Any], message: str
    ) -> None:
        assert message in admin_page(f"{SUBSCRIPTIONS}add/", form(**changes))
        assert not Subscription.objects.exists()

    def test_owner_must_be_an_organizer(
        self, admin_page: Page, ada: User, subscription: Subscription
    ) -> None:
        assert "Choose an active organizer." in admin_page(
            change_page(subscription), form(organizer=ada.pk)
        )

    def test_owner_who_lost_the_role_may_stay(self, admin_page: Page, olive: User) -> None:
        subscription = subscribe(organizer=olive)
        User.objects.filter(pk=olive.pk).update(is_organizer=False)
        admin_page(change_page(subscription), form(query="blues", organizer=olive.pk))
        subscription.refresh_from_db()
        assert (subscription.query, subscription.organizer) == ("blues", olive)

    def test_new_interval_moves_the_next_run(
        self, admin_page: Page, subscription: Subscription
    ) -> None:
        admin_page(change_page(subscription), form(every="daily"))
        subscription.refresh_from_db()
        assert subscription.next_run_at is not None

    def test_deleting_keeps_imported_events(
        self, admin_page: Page, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        start_run(subscription_id=subscription.pk)
        tasks.work_on_runs()
        admin_page(f"{SUBSCRIPTIONS}{subscription.pk}/delete/", {"post": "yes"})
        counted = [model._default_manager.count() for model in (Subscription, Run, Event)]
        assert counted == [0, 0, 3]


class TestActions:
    def test_run_now_leads_to_the_run(self, admin_page: Page, subscription: Subscription) -> None:
        page = act(admin_page, "run_now", subscription)
        run = Run.objects.get()
        assert (run.dry_run, f"Run {run.pk} of Ticketmaster: jazz" in page) == (False, True)

    def test_run_now_is_never_a_dry_run(self, admin_page: Page) -> None:
        act(admin_page, "run_now", subscribe(dry_run=True))
        assert not Run.objects.get().dry_run

    def test_dry_run_now_only_counts(
        self, admin_page: Page, subscription: Subscription, jazz: TicketmasterStandIn
    ) -> None:
        act(admin_page, "dry_run_now", subscription)
        tasks.work_on_runs()
        assert "dry run: 3 new" in admin_page(SUBSCRIPTIONS)
        assert not Event.objects.exists()

    def test_run_now_leads_to_a_running_run(
        self, admin_page: Page, subscription: Subscription
    ) -> None:
        act(admin_page, "run_now", subscription)
        assert "already running" in act(admin_page, "run_now", subscription)
        assert Run.objects.count() == 1

    def test_several_stay_on_the_list(self, admin_page: Page, subscription: Subscription) -> None:
        page = act(admin_page, "run_now", subscription, subscribe(query="blues"))
        assert ("2 standing imports" in text_of(page), Run.objects.count()) == (True, 2)

    def test_page_has_the_actions_as_buttons(
        self, admin_page: Page, subscription: Subscription
    ) -> None:
        page = admin_page(change_page(subscription))
        assert ('value="run_now"' in page, 'value="dry_run_now"' in page) == (True, True)
        assert 'value="delete_selected"' not in page

    def test_page_lists_the_runs(self, admin_page: Page, subscription: Subscription) -> None:
        run, _ = start_run(subscription_id=subscription.pk)
        page = admin_page(change_page(subscription))
        assert (change_page(run) in page, "0 of ?" in page) == (True, True)


class TestRuns:
    @pytest.fixture
    def run(self, subscription: Subscription, ticketmaster: TicketmasterStandIn) -> Run:
        """Return a run after the first of three pages."""
        ticketmaster.events = [
            tm_event(f"G{number:04}", f"Jazz {number}", local=f"{SOON}T19:30")
            for number in range(450)
        ]
        start_run(subscription_id=subscription.pk, dry_run=True)
        claimed = claim_due()
        assert claimed is not None
        step(claimed)
        return Run.objects.get()

    def test_page_shows_the_progress_and_reloads(self, admin_page: Page, run: Run) -> None:
        page = admin_page(change_page(run))
        assert ("200 of 450" in page, "width: 44%" in page) == (True, True)
        assert '<meta http-equiv="refresh" content="3">' in page

    def test_expected_number_is_the_limit(self, admin_page: Page, run: Run) -> None:
        Subscription.objects.update(limit=400)
        assert "200 of 400" in admin_page(RUNS)

    def test_stop_ends_it(self, admin_page: Page, run: Run) -> None:
        page = act(admin_page, "stop", run)
        run.refresh_from_db()
        assert run.state == Run.State.STOPPED
        assert ("http-equiv" in page, 'value="stop"' in page) == (False, False)

    def test_stopping_an_ended_run_changes_nothing(self, admin_page: Page, run: Run) -> None:
        Run.objects.update(state=Run.State.DONE)
        assert "1 had already ended." in act(admin_page, "stop", run)
        run.refresh_from_db()
        assert run.state == Run.State.DONE

    def test_error_and_truncation_are_shown(self, admin_page: Page, run: Run) -> None:
        Run.objects.update(state="failed", error="Away <for> long.", is_truncated=True)
        page = admin_page(change_page(run))
        assert "Away &lt;for&gt; long." in page
        assert "The provider has more results than its API returns." in page

    def test_rows_are_read_only(self, admin_page: Page, run: Run, client: Client) -> None:
        admin_page(RUNS)
        paths = (f"{RUNS}add/", change_page(run), f"{RUNS}{run.pk}/delete/")
        assert [client.post(f"/admin{path}").status_code for path in paths] == [403] * 3


def test_staff_who_may_only_view_cannot_start_or_stop(
    ada: User, client: Client, subscription: Subscription
) -> None:
    ada.is_staff = True
    ada.save(update_fields=["is_staff"])
    codenames = ("view_subscription", "view_run")
    ada.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(ada)
    chosen = {"action": "run_now", "_selected_action": [subscription.pk]}
    client.post(f"/admin{SUBSCRIPTIONS}", chosen)
    assert client.post(f"/admin{SUBSCRIPTIONS}add/", form()).status_code == 403
    assert client.get(f"/admin{change_page(subscription)}").status_code == 200
    assert (Run.objects.count(), Subscription.objects.count()) == (0, 1)
    run, _ = start_run(subscription_id=subscription.pk)
    client.post(f"/admin{RUNS}", {"action": "stop", "_selected_action": [run.pk]})
    run.refresh_from_db()
    assert run.state == Run.State.RUNNING
    assert 'value="stop"' not in client.get(f"/admin{change_page(run)}").content.decode()


@pytest.mark.parametrize("path", [SUBSCRIPTIONS, RUNS, "of one"])
def test_lists_have_a_constant_number_of_queries(
    admin_page: Page, client: Client, olive: User, path: str
) -> None:
    at = change_page(subscribe()) if path == "of one" else path
    admin_page(at)
    costs = []
    for number in (1, 3):
        for _ in range(number):
            row = subscribe(organizer=olive, category=CategoryFactory.create())
            start_run(subscription_id=Subscription.objects.earliest("pk").pk)
            Run.objects.update(state=Run.State.DONE)
            start_run(subscription_id=row.pk)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/admin{at}")
        costs.append(len(captured))
    assert costs[0] == costs[1], "\n".join(query["sql"][:150] for query in captured)
