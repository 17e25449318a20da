"""People in every role and rows of every model, created once for the whole table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.services.codes import add_code
from events.services.events import update_event
from events.services.helpers import add_helper, remove_helper
from events.services.ticket_types import add_ticket_type
from external_events.models import Duplicate, Import, Run, Subscription
from notifications.models import Delivery, Notification, Preferences
from notifications.services import add_device
from notifications.unsubscribe import token_for
from payments.models import Payment, ProviderEvent, Refund
from reviews.services import hide_review, reply_to_review, submit_review
from rsvp.calendar.feeds import renew_secret
from rsvp.check_in import Scan, admit_walk_in, check_in
from rsvp.models import Announcement, CheckIn, Rsvp, RsvpChange
from rsvp.services import join_event
from tests.authorization import roles
from tests.client import Api
from tests.factories import PASSWORD, CategoryFactory, EventFactory, TagFactory, UserFactory
from tests.factories import end as end_event
from tests.standins.passkey import Passkey

_STAFF = {
    roles.STAFF: None,
    roles.VIEWER: "view_",
    roles.ADDER: "add_",
    roles.CHANGER: "change_",
    roles.DELETER: "delete_",
}


@dataclass
class Scenario:
    """People, their clients, and rows. `ids` has the ids for paths and `at`, by name."""

    people: dict[str, User] = field(default_factory=dict)
    apis: dict[str, Api] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    rows: SimpleNamespace = field(default_factory=SimpleNamespace)
    before: dict[str, list[Any]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rows, name)


@contextmanager
def build_scenario() -> Iterator[Scenario]:
    """Create the scenario in a transaction that is rolled back at the end."""
    with transaction.atomic():
        scenario = Scenario()
        _people(scenario)
        _events(scenario)
        scenario.apis = {role: Api(person) for role, person in scenario.people.items()}
        scenario.apis[roles.NOBODY] = Api()
        _accounts(scenario)
        _imports(scenario)
        _payments(scenario)
        scenario.before = contents()
        yield scenario
        transaction.set_rollback(True)


def contents() -> dict[str, list[Any]]:
    """Return every row of every table, but for what Django's sessions hold: it is sealed."""
    models = [model for model in apps.get_models(include_auto_created=True) if model != Session]
    tables = sorted({model._meta.db_table for model in models})
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608
            found[table] = cursor.fetchall()
    return found


def _people(scenario: Scenario) -> None:
    scenario.people = {
        roles.ATTENDEE: UserFactory.create(username="ada"),
        roles.STRANGER: UserFactory.create(username="sam"),
        roles.OTHER: UserFactory.create(username="oscar", is_organizer=True),
        roles.OWNER: UserFactory.create(username="olive", is_organizer=True),
        roles.HELPER: UserFactory.create(username="hugo"),
        roles.EX_HELPER: UserFactory.create(username="emil"),
        roles.SUPERUSER: UserFactory.create(username="alma", is_staff=True, is_superuser=True),
    }
    for role, prefix in _STAFF.items():
        person = UserFactory.create(username=role.replace(" ", "-"), is_staff=True)
        if prefix:
            person.user_permissions.set(Permission.objects.filter(codename__startswith=prefix))
        scenario.people[role] = person
    scenario.rows.ada, scenario.rows.olive = (
        scenario.people[roles.ATTENDEE],
        scenario.people[roles.OWNER],
    )
    scenario.rows.alma, scenario.rows.sam = (
        scenario.people[roles.SUPERUSER],
        scenario.people[roles.STRANGER],
    )
    scenario.rows.oscar = scenario.people[roles.OTHER]
    scenario.rows.rhea = UserFactory.create(username="rhea")
    scenario.ids["user_id"] = scenario.people[roles.HELPER].pk


def _events(scenario: Scenario) -> None:
    """Create Olive's events: one with open check-in, a draft, a reviewed one, and a series."""
    rows, olive, ada = scenario.rows, scenario.olive, scenario.ada
    soon = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    rows.category, rows.tag = CategoryFactory.create(), TagFactory.create()
    rows.event = EventFactory.create(created_by=olive, start_time=soon, max_attendees=20)
    rows.upcoming = EventFactory.create(created_by=olive, max_attendees=20)
    rows.draft = EventFactory.create(created_by=olive, status=Event.Status.DRAFT)
    first = EventFactory.create(created_by=olive, recurrence_pattern="FREQ=WEEKLY;COUNT=3")
    rows.series = first.series
    rows.over = EventFactory.create(created_by=olive)
    rows.ticketed = EventFactory.create(created_by=olive)
    rows.ticket_type = add_ticket_type(event_id=rows.ticketed.pk, details={"name": "Standing"})
    rows.code = add_code(event_id=rows.ticketed.pk, details={"code": "EARLY", "percent_off": 20})
    for event in (rows.event, rows.upcoming, rows.over):
        join_event(event_id=event.pk, attendee=ada)
        join_event(event_id=event.pk, attendee=rows.rhea)
        for role in (roles.HELPER, roles.EX_HELPER):
            add_helper(event_id=event.pk, username=scenario.people[role].username)
        remove_helper(event_id=event.pk, user_id=scenario.people[roles.EX_HELPER].pk)
    check_in(event_id=rows.event.pk, scan=Scan(user_id=rows.rhea.pk), by=olive)
    rows.visited = EventFactory.create(created_by=olive, start_time=soon)
    admit_walk_in(event_id=rows.visited.pk, attendee=rows.sam, by=olive)
    update_event(event_id=rows.upcoming.pk, changes={"location": "Elsewhere"})
    rows.rsvp = Rsvp.objects.get(event=rows.upcoming, user=ada)
    rows.rsvp_change, rows.check_in = RsvpChange.objects.latest("pk"), CheckIn.objects.latest("pk")
    rows.announcement = Announcement.objects.latest("pk")
    end_event(rows.over)
    rows.review = submit_review(event_id=rows.over.pk, author=ada, rating=4, comment="Fine.")
    rows.hidden = submit_review(event_id=rows.over.pk, author=rows.rhea, rating=1)
    reply_to_review(review_id=rows.review.pk, by=olive, reply="Thanks.")
    hide_review(review_id=rows.hidden.pk, by=scenario.alma, reason="Rude.")
    scenario.ids |= {
        "event_id": rows.event.pk, "upcoming": rows.upcoming.pk, "draft": rows.draft.pk,
        "visited": rows.visited.pk,
        "over": rows.over.pk, "series_id": rows.series.pk, "review_id": rows.review.pk,
        "ticketed": rows.ticketed.pk, "type_id": rows.ticket_type.pk, "code_id": rows.code.pk,
        "hidden": rows.hidden.pk, "category": rows.category.pk, "tag": rows.tag.pk,
        "secret": renew_secret(ada), "external_id": "G5vYZ9kLmNoP_",
    }  # fmt: skip


def _accounts(scenario: Scenario) -> None:
    """Create rows that only Ada may read and delete."""
    ada = scenario.ada
    elsewhere = Api(ada)
    session = UserSession.objects.filter(user=ada).latest("pk")
    elsewhere.post("/reauthenticate/", {"password": PASSWORD}, expect=204)
    options = elsewhere.post("/passkeys/", {}, expect=200)["creation_options"]
    scenario.rows.passkey = Passkey()
    body = {"name": "Phone", "credential": scenario.passkey.create(options)}
    passkey = elsewhere.post("/passkeys/", body)
    SocialAccount.objects.create(user=ada, provider="github", uid="4711")
    rows = scenario.rows
    rows.session = session
    rows.device, _ = add_device(user_id=ada.pk, token="fcm-token-of-ada", platform="web")
    rows.notification = Notification.objects.filter(user=ada).earliest("pk")
    rows.delivery = Delivery.objects.create(
        notification=rows.notification, channel="email", address=ada.email, due_at=timezone.now()
    )
    rows.preferences = Preferences.objects.create(user=ada)
    scenario.ids |= {
        "session_id": session.pk, "passkey_id": passkey["id"],
        "device_id": rows.device.pk, "notification_id": rows.notification.pk, "provider": "github",
        "token": token_for(user_id=ada.pk, kind="reminder"), "format": "json", "name": "nothing",
    }  # fmt: skip


def _payments(scenario: Scenario) -> None:
    """Create a payment of Ada for Olive's event, of a provider that is off here."""
    rows, now = scenario.rows, timezone.now()
    rows.payment = Payment.objects.create(
        event=rows.upcoming, payer=scenario.ada, rsvp_id=rows.rsvp.pk, status="paid", amount=2500,
        currency="EUR", received_amount=2500, received_currency="EUR", provider="test",
        expires_at=now, paid_at=now,
    )  # fmt: skip
    rows.refund = Refund.objects.create(payment=rows.payment, amount=500, status="failed")
    rows.provider_event = ProviderEvent.objects.create(
        provider="stripe", event_id="evt_1", kind="charge.refunded"
    )
    scenario.ids |= {"payment_id": rows.payment.pk}


def _imports(scenario: Scenario) -> None:
    rows = scenario.rows
    rows.subscription = Subscription.objects.create(
        provider="ticketmaster", query="jazz", organizer=scenario.olive
    )
    rows.run = Run.objects.create(subscription=rows.subscription)
    now = timezone.now()
    Event.objects.filter(pk=rows.upcoming.pk).update(
        external_provider="ticketmaster", external_event_id="G1"
    )
    rows.imported = Import.objects.create(event=rows.upcoming, seen_at=now, next_look_at=now)
    rows.duplicate = Duplicate.objects.create(event=rows.upcoming, other=rows.event, likeness=90)
    scenario.ids |= {"subscription_id": rows.subscription.pk}
