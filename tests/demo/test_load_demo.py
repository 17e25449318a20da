"""The demo calendar, and bulk events."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Min, Sum
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from analytics.periods import Period
from analytics.selectors import events_seen_by, of_event, overview
from demo.catalogue import CATEGORIES, EVENTS, ORGANIZERS, PASSERS_BY, PEOPLE, REVIEWS
from demo.context import CITY
from demo.generated import generate_events
from demo.past import CURRENT
from events.models import Category, DiscountCode, Event, Tag, Tally
from events.services.events import delete_event
from notifications.models import Notification
from payments.models import Payment
from reviews.models import STARS, Review
from reviews.selectors import attended_rsvps
from rsvp.models import CheckIn, ReminderSweep, Rsvp, RsvpChange
from rsvp.selectors import check_in_window
from rsvp.services import join_event
from tests.client import Api
from tests.factories import PASSWORD as FACTORY_PASSWORD
from tests.factories import CategoryFactory, TagFactory, end
from tests.invariants import check_invariants

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.django_db


def load(*args: str) -> str:
    out = StringIO()
    call_command("load_demo", *args, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="class")
def loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Load the demo once, as it takes seconds. Every test changes it in a savepoint."""
    with django_db_blocker.unblock(), override_settings(DEBUG=True), transaction.atomic():
        yield load()
        transaction.set_rollback(True)


@pytest.mark.xdist_group("demo")
@pytest.mark.usefixtures("loaded")
class TestDemo:
    def test_demo_has_enough_rows(self, loaded: str) -> None:
        assert Event.objects.listed().not_over(timezone.now()).count() >= 60
        assert Category.objects.exclude(description="").count() == 12
        assert Tag.objects.count() >= 30
        assert Tally.objects.filter(Tally.FULL).count() >= 8
        assert Rsvp.objects.waiting().count() >= 20
        assert "olive / demo-password" in loaded

    def test_demo_keeps_the_invariants(self) -> None:
        check_invariants()
        for command in ("check_tallies", "check_ratings"):
            call_command(command, stdout=StringIO())

    def test_second_load_replaces_past_events(self) -> None:
        assert load().startswith("Demo: all there.")
        coming = Event.objects.filter(series=None).to_come(timezone.now() + DAY)
        first = coming.order_by("start_time")[0]
        before = Event.objects.filter(title=first.title).count()
        end(first)
        assert load().startswith("Demo: 1 events added.")
        assert Event.objects.filter(title=first.title).count() == before + 1

    def test_current_events_are_added_again_on_a_later_day(self) -> None:
        for event in current_events():
            end(event)
        assert load().startswith("Demo: 2 events added.")

    def test_rsvps_match_their_history(self) -> None:
        scans = CheckIn.objects.filter(is_walk_in=True)
        walk_ins = Counter(scans.values_list("rsvp", flat=True))
        for rsvp in Rsvp.objects.select_related("event").prefetch_related("changes"):
            changes = sorted(rsvp.changes.all(), key=lambda change: (change.at, change.pk))
            statuses = [change.to_status for change in changes]
            assert [change.from_status for change in changes] == ["", *statuses[:-1]]
            assert (changes[-1].to_status, changes[-1].guests) == (rsvp.status, rsvp.guests)
            assert (changes[0].at, changes[-1].at) == (rsvp.created_at, rsvp.updated_at)
            assert changes[-1].at < timezone.now()
            late = [change for change in changes if change.at >= rsvp.event.start_time]
            confirmations = 1 if walk_ins[rsvp.pk] and rsvp.is_confirmed else 0
            assert len(late) == walk_ins[rsvp.pk] + confirmations

    def test_some_walk_ins_are_confirmed(self) -> None:
        walk_ins = Rsvp.objects.filter(check_ins__is_walk_in=True)
        assert set(walk_ins.values_list("is_confirmed", flat=True)) == {True, False}
        assert not Rsvp.objects.filter(is_confirmed=False).exclude(pk__in=walk_ins).exists()

    def test_check_ins_add_up_to_the_arrived(self) -> None:
        scans = CheckIn.objects.values("rsvp").annotate(people=Sum("people"), first=Min("at"))
        counted = {row["rsvp"]: (row["people"], row["first"]) for row in scans.order_by()}
        arrived = Rsvp.objects.filter(arrived__gt=0)
        assert counted == {rsvp.pk: (rsvp.arrived, rsvp.checked_in_at) for rsvp in arrived}
        for scan in CheckIn.objects.select_related("event"):
            opens_at, closes_at = check_in_window(scan.event)
            assert opens_at <= scan.at < min(closes_at, timezone.now())
            assert scan.recorded_at == scan.at

    def test_reviews_are_by_people_that_attended(self) -> None:
        for event in Event.objects.filter(reviews__isnull=False).distinct():
            authors = set(event.reviews.values_list("author", flat=True))
            assert authors <= set(attended_rsvps(event).values_list("user", flat=True))
        for review in Review.objects.select_related("event"):
            assert review.event.end_time < review.created_at < timezone.now()
        assert Review.objects.exclude(hidden_at=None).count() == 1
        assert set(Review.objects.values_list("rating", flat=True)) == {1, 2, 3, 4, 5}

    def test_olive_has_realistic_analytics(self) -> None:
        since = timezone.localdate() - timedelta(days=90)
        numbers = Api(olive()).get(
            f"/analytics/overview/?date_from={since}&date_to={timezone.localdate()}"
        )
        assert numbers["events"] >= 20
        assert 0.6 < numbers["fill_rate"] < 0.97
        assert 0.75 < numbers["show_up_rate"] < 0.95
        assert 0 < numbers["waitlist"]["conversion"] < 1
        assert 0 < numbers["returning"]["rate"] < 1
        assert 3.9 < numbers["ratings"]["average"] < 4.5
        assert len([day for day in numbers["answers_per_day"] if day["going"]]) > 80

    def test_olive_sells_tickets_of_three_events(self) -> None:
        events = Event.objects.filter(tally__has_ticket_types=True)
        assert set(events.values_list("created_by__username", flat=True)) == {"olive"}
        revenues = [of_event(event, Period(CITY))["revenue"] for event in events]
        assert [len(revenue["by_ticket_type"]) for revenue in revenues] == [2, 3, 2]
        assert all(float(revenue["totals"]["EUR"]["net"]) > 100 for revenue in revenues)
        assert any(float(revenue["totals"]["EUR"]["refunded"]) for revenue in revenues)
        assert Tally.objects.filter(Tally.FULL, event__in=events, waiting__gt=0).exists()
        assert DiscountCode.objects.filter(used__gt=0, unlocks=None).exists()
        assert DiscountCode.objects.filter(used__gt=0, unlocks__is_hidden=True).exists()
        assert not Payment.objects.filter(payer__username="ada").exists()
        days = overview(events_seen_by(olive()), Period(CITY))["revenue"]["per_day"]
        assert len([day for day in days if float(day["totals"]["EUR"]["paid"])]) > 15

    def test_payments_match_their_rsvps(self) -> None:
        call_command("reconcile_payments", days=60, stdout=StringIO())
        assert set(Payment.objects.values_list("status", flat=True)) == {"paid", "refunded"}
        for payment in Payment.objects.prefetch_related("refunds"):
            changes = RsvpChange.objects.filter(rsvp=payment.rsvp_id).order_by("pk")
            moments: list[Any] = [payment.created_at, payment.paid_at]
            moments += [refund.finished_at for refund in payment.refunds.all()]
            statuses = ["pending_payment", "going", "cancelled"][: len(moments)]
            assert list(changes.values_list("to_status", "at")) == [
                *zip(statuses, moments, strict=True)
            ]
            assert moments == sorted(moments)
            assert payment.paid_at and payment.paid_at < payment.expires_at

    @pytest.mark.parametrize(
        "settings", [{"DEBUG": False}, {"STRIPE_SECRET_KEY": "sk_test"}], ids=["no DEBUG", "a key"]
    )
    def test_events_with_prices_need_the_test_provider(self, settings: dict[str, Any]) -> None:
        for event in Event.objects.filter(tally__has_ticket_types=True):
            end(event)
        with override_settings(**settings):
            printed = load()
        assert printed.startswith("Demo: all there.\nLeft out: 3 events with prices.")
        assert load().startswith("Demo: 3 events added.\n  log in")

    def test_current_events_have_check_ins(self) -> None:
        quiz, games = current_events()
        assert quiz.start_time - timezone.now() < timedelta(minutes=20)
        assert games.start_time - timezone.now() < timedelta(minutes=70)
        assert (quiz.created_by, quiz.tally.arrived > 0) == (
            olive(),
            True,
        )

    @pytest.mark.embedded
    def test_made_up_people_get_no_later_notifications(self) -> None:
        ada = User.objects.get(username="ada")
        coming = Event.objects.listed().to_come(timezone.now() + DAY)
        end(coming.filter(rsvps__user=ada, rsvps__status=Rsvp.Status.GOING)[0])
        ReminderSweep.objects.create(pk=1, swept_until=timezone.now() - DAY)
        before = Notification.objects.latest("pk").pk
        call_command("run_due", stdout=StringIO())
        later = Notification.objects.filter(pk__gt=before)
        assert set(later.values_list("kind", flat=True)) == {"reminder", "review_request"}
        assert {address for message in mail.outbox for address in message.to} == {ada.email}

    @pytest.mark.embedded
    def test_demo_logins_work_with_debug(self) -> None:
        for username in ("olive", "ada", "admin"):
            body = {"username": username, "password": "demo-password"}
            Api().post("/login/", body, expect=200)

    @pytest.mark.embedded
    def test_demo_logins_do_not_work_without_debug(self) -> None:
        """Also when the demo was loaded with DEBUG before."""
        api = Api(User.objects.get(username="admin"))
        with override_settings(DEBUG=False):
            assert "password" not in load()
        api.get("/users/profile/", expect=401)
        assert not User.objects.filter(is_staff=True).exists()
        for username in ("olive", "ada"):
            body = {"username": username, "password": "demo-password"}
            Api().post("/login/", body, expect=401)

    @pytest.mark.embedded
    def test_deleted_events_are_not_added_again(self) -> None:
        coming = Event.objects.listed().to_come(timezone.now() + DAY)
        delete_event(event_id=coming.order_by("pk")[0].pk)
        assert load().startswith("Demo: all there.")


def olive() -> User:
    return User.objects.get(username="olive")


def current_events() -> list[Event]:
    """Return the demo's current events, without calendar events that start as soon."""
    now = timezone.now()
    near = Event.objects.filter(title__in=CURRENT, start_time__lte=now + 2 * HOUR, end_time__gt=now)
    return list(near.select_related("tally").order_by("start_time"))


@pytest.mark.embedded
def test_existing_people_and_categories_are_kept(ada: User) -> None:
    Category.objects.create(name="Musik", slug="music")
    Category.objects.create(name="Technology", slug="tech")
    with override_settings(DEBUG=True):
        printed = load()
    assert "attendee: demo.ada" in printed
    assert not Rsvp.objects.filter(user=ada).exists()
    assert ada.check_password(FACTORY_PASSWORD)
    assert set(Category.objects.filter(slug__startswith="tech")) == {
        Category.objects.get(name="Technology")
    }


def test_catalogue_is_consistent() -> None:
    titles = [event.title for event in EVENTS]
    names = [person.username for person in (*PEOPLE, *PASSERS_BY, *ORGANIZERS)]
    assert len(titles) == len(set(titles)) >= 60
    assert len(names) == len(set(names))
    assert set(REVIEWS.details) == {category.slug for category in CATEGORIES}
    assert set(REVIEWS.comments) == set(STARS)
    assert set(CURRENT) < set(titles)


def test_bulk_events_are_topped_up_to_the_number() -> None:
    def no_progress_bar(batches: Any) -> Any:
        return batches

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("demo.generated.BATCH", 10)
        CategoryFactory.create(slug="music")
        TagFactory.create(slug="free")
        TagFactory.create(slug="outdoor")
        assert generate_events(25, no_progress_bar) == 25
        assert generate_events(25, no_progress_bar) == 0
        assert generate_events(30, no_progress_bar) == 5
    assert Event.objects.count() == Tally.objects.count() == 30
    assert Event.objects.filter(tags=None).count() == 0


def test_check_tallies_reports_seats_of_inactive_people(event: Event, ada: User) -> None:
    """An interrupted deactivation leaves such seats."""
    join_event(event_id=event.pk, attendee=ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    out = StringIO()
    with pytest.raises(CommandError, match="1 differences"):
        call_command("check_tallies", stdout=out)
    assert out.getvalue().startswith("ada is inactive")
    deactivate(user=ada)
    call_command("check_tallies", stdout=out)


def test_check_tallies_reports_a_count_that_differs(event: Event) -> None:
    Tally.objects.filter(pk=event.pk).update(going=1, interested=2)
    out = StringIO()
    with pytest.raises(CommandError, match="2 differences"):
        call_command("check_tallies", stdout=out)
    assert out.getvalue().splitlines() == [
        f"event {event.pk}: going is 1, the rows say 0",
        f"event {event.pk}: interested is 2, the rows say 0",
    ]
