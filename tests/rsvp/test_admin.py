"""RSVPs in the admin: corrections of check-in at any time, and export."""

import csv
from collections.abc import Callable
from importlib import import_module
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from accounts.models import User
from events.models import Event
from rsvp.check_in import DoorPayment, admit_walk_in
from rsvp.models import CheckIn, Rsvp, RsvpChange
from rsvp.services import mark_interested
from tests.factories import UserFactory, end
from tests.rsvp.check_in_helpers import arrived, going, let_in, open_event
from tests.rsvp.ticketed import offer

Page = Callable[..., str]


@pytest.fixture
def event(olive: User) -> Event:
    return open_event(created_by=olive)


def act(admin_page: Page, action: str, *rsvps: Rsvp) -> str:
    chosen = [rsvp.pk for rsvp in rsvps]
    return admin_page("/rsvp/rsvp/", {"action": action, "_selected_action": chosen})


class TestCorrections:
    def test_check_in_after_the_end(
        self, admin_page: Page, alma: User, ada: User, event: Event
    ) -> None:
        rsvp = going(event, ada, guests=1)
        end(event)
        act(admin_page, "check_in", rsvp)
        assert (arrived(event), CheckIn.objects.get().by) == (2, alma)

    def test_undo_after_the_end(
        self, admin_page: Page, olive: User, ada: User, event: Event
    ) -> None:
        going(event, ada)
        rsvp = let_in(event, ada, olive)
        end(event)
        act(admin_page, "undo_check_in", rsvp)
        assert arrived(event) == 0

    def test_refusal_is_shown_and_does_not_stop_the_others(
        self, admin_page: Page, ada: User, sam: User, event: Event
    ) -> None:
        without_seat = mark_interested(event_id=event.pk, attendee=ada)[0]
        shown = act(admin_page, "check_in", without_seat, going(event, sam))
        assert ("This person has no seat." in shown, "1 checked in." in shown) == (True, True)
        assert arrived(event) == 1

    def test_pages_show_who_checked_them_in(
        self, admin_page: Page, olive: User, ada: User, event: Event
    ) -> None:
        going(event, ada)
        rsvp = let_in(event, ada, olive)
        assert "olive" in admin_page(f"/rsvp/rsvp/{rsvp.pk}/change/")
        assert "olive" in admin_page("/rsvp/checkin/")


class TestWalkIns:
    def test_pages_show_tickets_and_payments_at_the_door(
        self, admin_page: Page, olive: User, ada: User, event: Event
    ) -> None:
        offer(event, name="VIP", price=1200, currency="EUR")
        paid = DoorPayment(is_paid=True)
        rsvp = admit_walk_in(event_id=event.pk, attendee=ada, by=olive, people=2, payment=paid)
        assert "VIP" in admin_page(f"/rsvp/rsvp/{rsvp.pk}/change/")
        assert "walk-in, paid at check-in" in admin_page("/rsvp/checkin/")

    def test_unconfirmed_one_shows_as_such(
        self, admin_page: Page, olive: User, ada: User, sam: User, event: Event
    ) -> None:
        going(event, ada)
        rsvp = admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        found = admin_page("/rsvp/rsvp/?is_confirmed__exact=0")
        assert ("sam" in found, "ada" in found) == (True, False)
        assert "Confirmed" in admin_page(f"/rsvp/rsvp/{rsvp.pk}/change/")

    def test_cancelling_an_unconfirmed_one_is_recorded_as_the_admins(
        self, admin_page: Page, alma: User, olive: User, sam: User, event: Event
    ) -> None:
        rsvp = admit_walk_in(event_id=event.pk, attendee=sam, by=olive)
        assert "1 cancelled." in act(admin_page, "cancel", rsvp)
        assert (arrived(event), CheckIn.objects.latest("id").by) == (0, alma)


class TestFile:
    def names(self, person: User, event: Event) -> list[str] | int:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        response = client.get(f"/admin/rsvp/rsvp/attendees-{event.pk}.csv")
        if response.status_code != 200:
            return response.status_code
        text = response.getvalue().decode("utf-8-sig")
        return [row["username"] for row in csv.DictReader(StringIO(text, newline=""))]

    def test_file_has_everyone_with_an_rsvp(
        self, alma: User, ada: User, sam: User, event: Event
    ) -> None:
        going(event, ada)
        mark_interested(event_id=event.pk, attendee=sam)
        assert self.names(alma, event) == ["ada", "sam"]

    def test_staff_can_export_their_own_events_only(
        self, olive: User, ada: User, event: Event
    ) -> None:
        going(event, ada)
        User.objects.update(is_staff=True)
        other = UserFactory.create(is_staff=True)
        assert (self.names(User.objects.get(pk=olive.pk), event), self.names(other, event)) == (
            ["ada"], 403,
        )  # fmt: skip

    def test_others_are_sent_to_the_login(self, ada: User, event: Event) -> None:
        assert self.names(ada, event) == 302

    def test_unknown_event_is_not_found(self, alma: User, event: Event) -> None:
        event.pk = 10**9
        assert self.names(alma, event) == 404


class TestRenamedModel:
    def test_former_address_leads_to_the_page(self, client: Client, alma: User) -> None:
        client.force_login(alma)
        response = client.get("/admin/rsvp/answer/?at__year=2027", follow=True)
        assert response.redirect_chain == [("/admin/rsvp/rsvpchange/?at__year=2027", 302)]
        assert response.status_code == 200

    def test_permissions_are_copied(self, db: None) -> None:
        migration = import_module("rsvp.migrations.0013_rename_answer_to_rsvp_change")
        viewer, nobody = UserFactory.create_batch(2)
        renamed = ContentType.objects.get_for_model(RsvpChange)
        former = Permission.objects.create(content_type=renamed, codename="view_answer", name="x")
        viewer.user_permissions.add(former)
        migration.copy_permissions(apps, None)
        has = [User.objects.get(pk=person.pk).has_perm for person in (viewer, nobody)]
        assert [of("rsvp.view_rsvpchange") for of in has] == [True, False]
        assert has[0]("rsvp.view_answer")  # for the previous version of the code
