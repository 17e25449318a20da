"""Transfers of events by admins, and choices at the deactivation of an organizer."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.services.lifecycle import deactivate
from accounts.services.organizers import revoke_role
from core.errors import JustChanged
from events.exceptions import EventEnded, OrganizerRequired, OwnerHasImport
from events.models import Event, Helper, Series
from events.series.changes import update_occurrences
from events.series.occurrences import lock_series
from events.services import handover
from events.services.handover import hand_over, hand_over_all
from events.services.helpers import add_helper
from notifications.models import Notification
from notifications.tasks import relay
from rsvp.messages.announcements import fan_out
from rsvp.models import Rsvp
from tests.client import Api
from tests.factories import EventFactory, UserFactory, begin, end, fill
from tests.rsvp.dates import series_with

EVENTS, PEOPLE = "/events/event/", "/accounts/user/"


@pytest.fixture
def nora(db: None) -> User:
    return UserFactory.create(username="nora", is_organizer=True)


def owners(*events: Event) -> list[str | None]:
    rows = Event.objects.filter(pk__in=[event.pk for event in events]).order_by("pk")
    return list(rows.values_list("created_by__username", flat=True))


def change_contexts(person: User) -> list[dict[str, Any]]:
    rows = Notification.objects.filter(kind="event_changed", user=person).order_by("id")
    return list(rows.values_list("context", flat=True))


class TestService:
    def test_new_owner_manages_the_event_with_its_rsvps(self, event: Event, nora: User) -> None:
        crowd = fill(event, 2)
        assert hand_over(event_id=event.pk, new_owner=nora) == [event]
        api = Api(nora)
        assert api.patch(f"/events/{event.pk}/", {"title": "Mine"})["created_by"]["id"] == nora.pk
        assert api.get(f"/events/{event.pk}/attendees/")["count"] == len(crowd)
        assert Rsvp.objects.filter(status="going").count() == 2

    def test_former_owner_cannot_change_the_event(
        self, as_olive: Api, event: Event, nora: User
    ) -> None:
        hand_over(event_id=event.pk, new_owner=nora)
        as_olive.patch(f"/events/{event.pk}/", {"title": "Mine"}, expect=403)

    def test_transfer_of_a_series_that_is_just_split_is_refused(
        self, olive: User, nora: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise its later dates would stay with the former owner."""
        _, dates = series_with(olive, None, None, None)

        def lock_after_a_split(series_id: int) -> Series:
            changes = {"title": "Later dates"}
            update_occurrences(event_id=dates[1].pk, changes=changes, only_following=True)
            return lock_series(series_id)

        monkeypatch.setattr(handover, "lock_series", lock_after_a_split)
        with pytest.raises(JustChanged):
            hand_over(event_id=dates[2].pk, new_owner=nora)
        assert not Event.objects.filter(created_by=nora).exists()

    def test_series_is_transferred_with_its_future_dates(self, olive: User, nora: User) -> None:
        series, dates = series_with(olive, None, None, None, None)
        end(dates[0])
        begin(dates[1])
        moved = hand_over(event_id=dates[2].pk, new_owner=nora)
        assert [event.pk for event in moved] == [date.pk for date in dates[1:]]
        assert owners(*dates) == ["olive", "nora", "nora", "nora"]
        assert Series.objects.get(pk=series.pk).created_by == nora

    def test_second_transfer_changes_nothing(self, event: Event, nora: User) -> None:
        hand_over(event_id=event.pk, new_owner=nora)
        assert hand_over(event_id=event.pk, new_owner=nora) == []

    def test_helper_becomes_owner(self, event: Event, nora: User) -> None:
        add_helper(event_id=event.pk, username="nora")
        hand_over(event_id=event.pk, new_owner=nora)
        assert not Helper.objects.exists()

    def test_past_event_is_not_transferred(self, event: Event, nora: User) -> None:
        """Attendees gave their addresses to the owner at that time."""
        end(event)
        with pytest.raises(EventEnded):
            hand_over(event_id=event.pk, new_owner=nora)
        assert owners(event) == ["olive"]

    @pytest.mark.parametrize("ends", [deactivate, revoke_role], ids=["inactive", "no organizer"])
    def test_new_owner_must_be_an_active_organizer(
        self, event: Event, nora: User, ends: Any
    ) -> None:
        ends(user=nora)
        with pytest.raises(OrganizerRequired):
            hand_over(event_id=event.pk, new_owner=nora)
        assert owners(event) == ["olive"]

    def test_import_that_the_new_owner_has_already_is_refused(
        self, event: Event, nora: User
    ) -> None:
        EventFactory.create(created_by=nora)
        Event.objects.update(external_provider="ticketmaster", external_event_id="abc")
        with pytest.raises(OwnerHasImport):
            hand_over(event_id=event.pk, new_owner=nora)

    def test_all_events_of_one_owner_are_transferred(
        self, olive: User, event: Event, nora: User
    ) -> None:
        _, dates = series_with(olive, None, None)
        draft = EventFactory.create(created_by=olive, status="draft")
        past = EventFactory.create(created_by=olive)
        end(past)
        imported = EventFactory.create(created_by=olive)
        theirs = EventFactory.create(created_by=nora)
        Event.objects.filter(pk__in=[imported.pk, theirs.pk]).update(
            external_provider="ticketmaster", external_event_id="abc"
        )
        number, refused = hand_over_all(owner=olive, new_owner=nora)
        assert number == 4
        assert [(row.pk, type(refusal)) for row, refusal in refused] == [
            (imported.pk, OwnerHasImport)
        ]
        assert owners(event, *dates, draft, past, imported) == [
            "nora", "nora", "nora", "nora", "olive", "olive",
        ]  # fmt: skip
        [context] = change_contexts(nora)
        assert context["more"] == 3


class TestAction:
    def post(self, page: Any, *events: Event, **body: Any) -> str:
        chosen = {"action": "hand_over", "_selected_action": [event.pk for event in events]}
        return str(page(f"{EVENTS}?when=all", chosen | body))

    def test_page_asks_for_the_new_owner(self, admin_page: Any, event: Event) -> None:
        page = self.post(admin_page, event)
        assert "Hand over?" in page
        assert event.title in page
        assert owners(event) == ["olive"]

    def test_events_are_transferred_with_one_message_to_the_new_owner(
        self, admin_page: Any, event: Event, nora: User
    ) -> None:
        User.objects.filter(pk=nora.pk).update(display_name="Nora N.")
        other = EventFactory.create()
        page = self.post(admin_page, event, other, confirmed="yes", new_owner=nora.pk)
        assert "2 handed over." in page
        assert owners(event, other) == ["nora", "nora"]
        # The log keeps usernames only, because erasure does not rewrite it.
        entries = LogEntry.objects.filter(change_message__contains="Handed over to nora.")
        assert entries.count() == 2
        [context] = change_contexts(nora)
        assert (context["event"]["id"], context["more"]) == (event.pk, 1)

    def test_mail_names_the_transferred_events(
        self, admin_page: Any, event: Event, nora: User
    ) -> None:
        self.post(admin_page, event, confirmed="yes", new_owner=nora.pk)
        relay()
        [message] = mail.outbox
        assert message.subject.startswith(f"You are now the organizer: {event.title}, ")
        assert f"You are now the organizer of “{event.title}”." in message.body
        assert not message.attachments

    def test_refused_events_are_named(self, admin_page: Any, event: Event, nora: User) -> None:
        over = EventFactory.create(title="Over")
        end(over)
        page = self.post(admin_page, event, over, confirmed="yes", new_owner=nora.pk)
        assert "Over: This event is over." in page
        assert "1 handed over." in page

    def test_attendee_cannot_be_the_owner(self, admin_page: Any, event: Event, ada: User) -> None:
        page = self.post(admin_page, event, confirmed="yes", new_owner=ada.pk)
        assert "This person is not an active organizer." in page
        assert owners(event) == ["olive"]

    def test_list_finds_events_of_deactivated_organizers(
        self, admin_page: Any, event: Event, olive: User
    ) -> None:
        EventFactory.create(title="Somebody else")
        deactivate(user=olive)
        page = admin_page(f"{EVENTS}?organizer=inactive")
        assert event.title in page
        assert "Somebody else" not in page


class TestDeactivation:
    def post(self, page: Any, *people: User, **body: Any) -> str:
        chosen = {"action": "deactivate", "_selected_action": [person.pk for person in people]}
        return str(page(PEOPLE, chosen | body))

    def test_page_describes_the_choices(self, admin_page: Any, olive: User, event: Event) -> None:
        series_with(olive, None, None)
        attendee, _ = fill(event, 2)
        page = self.post(admin_page, olive, attendee)
        assert "Deactivate?" in page
        assert "Organizes 3 events that are not over, to which 2 people RSVPed." in page
        assert "Gives up RSVPs to 1 event." in page
        olive.refresh_from_db()
        assert olive.is_active is True

    def test_events_are_hidden_by_default(self, admin_page: Any, olive: User, event: Event) -> None:
        page = self.post(admin_page, olive, confirmed="yes")
        assert "1 deactivated." in page
        olive.refresh_from_db()
        event.refresh_from_db()
        assert (olive.is_active, event.status) == (False, "published")

    def test_events_are_transferred(
        self, admin_page: Any, olive: User, event: Event, nora: User
    ) -> None:
        page = self.post(admin_page, olive, confirmed="yes", events="hand_over", new_owner=nora.pk)
        assert "1 event of olive handed over to nora." in page
        assert owners(event) == ["nora"]
        assert len(change_contexts(nora)) == 1

    def test_events_are_cancelled_with_a_reason(
        self, admin_page: Any, olive: User, event: Event
    ) -> None:
        series, dates = series_with(olive, None, None)
        fill(event, 1)
        running = EventFactory.create(created_by=olive)
        begin(running)
        self.post(admin_page, olive, confirmed="yes", events="cancel", reason="Closed.")
        rows = Event.objects.exclude(pk=running.pk)
        assert set(rows.values_list("status", "cancellation_reason")) == {("cancelled", "Closed.")}
        assert Event.objects.get(pk=running.pk).status == "published"
        assert Series.objects.get(pk=series.pk).status == "cancelled"
        assert len(dates) == 2
        assert fan_out() == 1

    @pytest.mark.parametrize("owner", ["", "olive"])
    def test_invalid_new_owner_changes_nothing(
        self, admin_page: Any, olive: User, event: Event, owner: str
    ) -> None:
        new_owner = User.objects.get(username=owner).pk if owner else ""
        page = self.post(
            admin_page, olive, confirmed="yes", events="hand_over", new_owner=new_owner
        )
        message = "This account is about to be deactivated." if owner else "Choose the new owner."
        assert message in page
        olive.refresh_from_db()
        assert olive.is_active is True

    def test_staff_without_permissions_on_events_get_no_choice(
        self, client: Client, olive: User, event: Event, nora: User
    ) -> None:
        staff = UserFactory.create(is_staff=True)
        staff.user_permissions.set(
            Permission.objects.filter(codename__in=["change_user", "view_user"])
        )
        client.force_login(staff)
        body = {"action": "deactivate", "_selected_action": [olive.pk]}
        assert "new_owner" not in client.post(f"/admin{PEOPLE}", body).content.decode()
        chosen = {"confirmed": "yes", "events": "hand_over", "new_owner": nora.pk}
        client.post(f"/admin{PEOPLE}", body | chosen)
        olive.refresh_from_db()
        assert olive.is_active is False
        assert owners(event) == ["olive"]
