"""DELETE /api/users/profile/: deleted and anonymised data, and refusals."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.exceptions import AccountErased
from accounts.models import User
from accounts.services import erasure
from accounts.services.erasure import erase
from accounts.services.lifecycle import deactivate, reactivate
from accounts.services.profile import update_profile
from accounts.signals import account_deactivated, account_erased
from accounts.tasks import finish_erasures
from events.models import Event
from notifications.models import Notification
from notifications.tasks import relay
from rsvp.models import Announcement, Rsvp, RsvpChange
from rsvp.services import join_event, mark_interested
from rsvp.tasks import fan_out
from tests.accounts.whole_person import SAYS, later, places_that_hold, rows_about, whole_person
from tests.client import Api, refusal
from tests.factories import PASSWORD, EventFactory, UserFactory, begin, end
from tests.invariants import check_invariants
from tests.pictures import jpeg

pytestmark = pytest.mark.slow

Page = Callable[..., str]
Status = Event.Status


def proven(user: User) -> Api:
    """Return a client that has just reauthenticated."""
    api = Api(user)
    api.post("/reauthenticate/", {"password": PASSWORD}, expect=204)
    return api


def erased(user: User) -> User:
    """Erase a user by the API, and return the anonymised row."""
    proven(user).delete("/users/profile/")
    return User.objects.get(pk=user.pk)


def gone(person: User) -> User:
    """Erase a user by the service: with a second factor, a login would need its code."""
    erase(user_id=person.pk)
    return User.objects.get(pk=person.pk)


class TestWhoMay:
    def test_login_alone_does_not_reauthenticate(self, as_ada: Api, ada: User) -> None:
        problem = as_ada.delete("/users/profile/", expect=403)
        assert refusal(problem) == ("reauthentication_required", "reauthenticate")
        assert User.objects.get(pk=ada.pk).is_active

    def test_last_admin_is_refused(self, alma: User, ada: User) -> None:
        UserFactory.create(is_superuser=True, is_active=False)
        problem = proven(alma).delete("/users/profile/", expect=409)
        assert refusal(problem) == ("last_admin", "name_another_admin")
        assert User.objects.get(pk=alma.pk).is_active

    def test_one_of_two_admins_may_go(self, alma: User) -> None:
        UserFactory.create(is_superuser=True)
        assert erased(alma).is_superuser is False

    def test_tokens_end_at_once(self, ada: User) -> None:
        elsewhere, api = Api(ada), proven(ada)
        elsewhere.get("/users/profile/")
        api.delete("/users/profile/")
        elsewhere.get("/users/profile/", expect=401)
        api.delete("/users/profile/", expect=401)
        assert not UserSession.objects.filter(user=ada).exists()


class TestAnonymisedAccount:
    def test_anonymised_account_has_only_a_name(self, db: None) -> None:
        person = whole_person()
        anonymised = gone(person)
        kept = {"id", "password", "date_joined", "erasure_asked_at", "erasure_due_at", "erased_at"}
        row = User.objects.values().get(pk=person.pk)
        assert {field: value for field, value in row.items() if field not in kept} == {
            "username": anonymised.username,
            "email": f"{anonymised.username}@deleted.invalid",
            "is_active": False,
            "is_staff": False,
            "is_superuser": False,
            "is_organizer": False,
            "organizer_revoked_at": None,
            "last_login": None,
            "display_name": "",
            "first_name": "",
            "last_name": "",
            "bio": "",
            "profile_picture": "",
            "timezone": "UTC",
            "phone": "",
            "confirmed_phone": "",
            "contact_email": "",
            "picture_key": "",
        }
        assert anonymised.username.startswith("deleted-")
        assert not anonymised.has_usable_password()
        User._meta.get_field("username").run_validators(anonymised.username)

    def test_name_and_address_are_free_at_once(self, as_nobody: Api, ada: User) -> None:
        erased(ada)
        body = {"username": "ada", "email": ada.email, "password": PASSWORD}
        assert as_nobody.post("/register/", body)["id"] != ada.pk

    def test_old_and_anonymised_names_do_not_log_in(self, as_nobody: Api, ada: User) -> None:
        anonymised = erased(ada)
        for login in ("ada", ada.email, anonymised.username, anonymised.email):
            as_nobody.post("/login/", {"username": login, "password": PASSWORD}, expect=401)

    def test_anonymised_name_cannot_be_registered(self, as_nobody: Api, ada: User) -> None:
        anonymised = erased(ada)
        body = {"username": anonymised.username, "email": "new@example.com", "password": PASSWORD}
        problem = as_nobody.post("/register/", body, expect=400)
        assert refusal(problem) == (("username", "unique"),)

    def test_erased_account_cannot_be_reactivated(self, ada: User) -> None:
        anonymised = erased(ada)
        with pytest.raises(AccountErased):
            reactivate(user=anonymised)
        anonymised.is_active, anonymised.erased_at = True, None
        anonymised.save()
        assert User.objects.filter(pk=ada.pk, is_active=False, erased_at__isnull=False).exists()

    def test_saving_a_stale_user_does_not_reactivate_it(self, ada: User) -> None:
        read_before = User.objects.get(pk=ada.pk)
        deactivate(user=ada)
        read_before.set_password("a new password")
        read_before.save()
        assert not User.objects.get(pk=ada.pk).is_active


@pytest.mark.django_db
class TestErasedData:
    def test_no_column_of_any_table_names_them(self) -> None:
        person = whole_person()
        words = {*SAYS.values(), person.password}
        before = set(places_that_hold(words))
        assert {"accounts_user.bio", "notifications_notification.email"} < before
        gone(person)
        fan_out()
        relay()
        assert set(places_that_hold(words)) == set()

    def test_remaining_rows_hold_only_counts_and_actions(self) -> None:
        person = whole_person()
        gone(person)
        # Their RSVPs and stars, the books of money, and their actions on others as an admin.
        assert rows_about(person.pk) == {
            "rsvp.rsvp", "reviews.review", "payments.payment", "admin.logentry",
        }  # fmt: skip

    def test_mails_about_their_events_do_not_name_them(self, olive: User, ada: User) -> None:
        event = EventFactory.create(created_by=olive)
        join_event(event_id=event.pk, attendee=ada)
        relay()
        assert "Organizer: olive" in str(mail.outbox[-1].body)
        erased(olive)
        fan_out()
        relay()
        assert "Cancelled" in mail.outbox[-1].subject
        assert "olive" not in mail.outbox[-1].message().as_string()

    def test_uploaded_picture_is_deleted(self, ada: User, settings: Any, tmp_path: Path) -> None:
        settings.MEDIA_ROOT = tmp_path
        upload = SimpleUploadedFile("me.jpg", jpeg(), "image/jpeg")
        update_profile(user=ada, changes={"profile_picture": upload})
        assert [path for path in tmp_path.rglob("*") if path.is_file()] != []
        erased(ada)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        assert User.objects.get(pk=ada.pk).picture_key == ""

    def test_log_of_admins_keeps_the_action_and_not_the_name(self) -> None:
        person = whole_person()
        anonymised = gone(person)
        [entry] = LogEntry.objects.filter(object_id=str(person.pk))
        assert entry.object_repr == anonymised.username


class TestSeats:
    def test_seats_go_to_the_waitlist(self, event: Event, ada: User, sam: User) -> None:
        join_event(event_id=event.pk, attendee=ada, guests=1)
        join_event(event_id=event.pk, attendee=sam)
        erased(ada)
        assert Rsvp.objects.get(user=sam).status == Rsvp.Status.GOING
        check_invariants()

    def test_past_rsvps_stay_and_future_ones_are_cancelled(self, ada: User) -> None:
        past, running, coming, liked = events = EventFactory.create_batch(4)
        for event in (past, running, coming):
            join_event(event_id=event.pk, attendee=ada)
        mark_interested(event_id=liked.pk, attendee=ada)
        end(past)
        begin(running)
        erased(ada)
        statuses = Rsvp.objects.filter(user=ada).order_by("id").values_list("status", flat=True)
        assert list(statuses) == ["going", "cancelled", "cancelled", "cancelled"]
        assert [RsvpChange.objects.filter(event=event).count() for event in events] == [1, 2, 2, 2]
        check_invariants()

    def test_attendees_of_a_past_event_show_the_anonymised_name(
        self, as_olive: Api, as_sam: Api, event: Event, ada: User
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        end(event)
        anonymised = erased(ada)
        [shown] = as_olive.get(f"/events/{event.pk}/attendees/")["results"]
        assert shown["user"] == {
            "id": ada.pk,
            "username": anonymised.username,
            "display_name": anonymised.username,
        }
        assert shown["email"] is None
        assert as_sam.get(f"/events/{event.pk}/")["going_count"] == 1

    def test_erased_user_gets_no_more_mails(self, event: Event, ada: User) -> None:
        join_event(event_id=event.pk, attendee=ada)
        relay()
        mail.outbox.clear()
        erased(ada)
        relay()
        assert mail.outbox == []
        assert not Notification.objects.exists()


class TestOrganizer:
    def test_future_event_is_cancelled_and_its_attendees_notified(
        self, as_ada: Api, olive: User, ada: User, event: Event
    ) -> None:
        join_event(event_id=event.pk, attendee=ada)
        erased(olive)
        shown = as_ada.get(f"/events/{event.pk}/")
        assert (shown["status"], shown["created_by"]) == ("cancelled", None)
        fan_out()
        notices = as_ada.get("/notifications/")["results"]
        assert [item["kind"] for item in notices] == ["event_cancelled", "rsvp_confirmed"]

    @pytest.mark.parametrize("move", [end, begin])
    def test_started_event_stays_without_an_organizer(
        self, as_sam: Api, olive: User, event: Event, move: Callable[[Event], None]
    ) -> None:
        move(event)
        erased(olive)
        shown = as_sam.get(f"/events/{event.pk}/")
        assert (shown["status"], shown["created_by"]) == ("published", None)

    def test_drafts_are_deleted(self, olive: User) -> None:
        EventFactory.create(created_by=olive, status=Status.DRAFT)
        erased(olive)
        assert not Event.objects.exists()

    def test_deleted_event_stays_deleted(self, as_olive: Api, olive: User, event: Event) -> None:
        as_olive.delete(f"/events/{event.pk}/")
        erased(olive)
        event.refresh_from_db()
        assert (event.status, event.created_by) == (Status.PUBLISHED, None)
        assert event.deleted_at is not None

    def test_events_without_an_organizer_cannot_be_changed(
        self, as_sam: Api, olive: User, event: Event
    ) -> None:
        end(event)
        erased(olive)
        problem = as_sam.patch(f"/events/{event.pk}/", {"title": "Mine"}, expect=403)
        assert refusal(problem) == ("owner_required",)


class Cut(Exception):  # noqa: N818
    """An interruption."""


def cut(*_: Any, **__: Any) -> None:
    raise Cut


CUTS = ["accounts.services.erasure.forget_person", "accounts.services.erasure._anonymise"]


class TestInterruption:
    @pytest.mark.parametrize("step", ["seats", "events", *CUTS])
    def test_task_finishes_an_interrupted_erasure(
        self, step: str, monkeypatch: pytest.MonkeyPatch, db: None
    ) -> None:
        person = whole_person()
        signals = {"seats": account_deactivated, "events": account_erased}
        with monkeypatch.context() as broken:
            if step in signals:
                signals[step].connect(cut)
            else:
                broken.setattr(step, cut)
            try:
                erase(user_id=person.pk)
            finally:
                if step in signals:
                    signals[step].disconnect(cut)
        person.refresh_from_db()
        assert (person.is_active, person.erased_at) == (False, None)
        finish_erasures()  # too early: the erasure may still be running
        assert User.objects.get(pk=person.pk).erased_at is None
        later(minutes=10)
        finish_erasures()
        assert set(places_that_hold(set(SAYS.values()))) == set()
        assert User.objects.get(pk=person.pk).erased_at is not None
        check_invariants()

    def test_interruption_between_events_skips_none(
        self, olive: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second, third = EventFactory.create_batch(3, created_by=olive)
        cancel = "events.erasure.cancel_event"

        def cancel_first_only(*, event_id: int) -> None:
            if event_id != first.pk:
                raise Cut

        with monkeypatch.context() as broken:
            broken.setattr(cancel, cancel_first_only)
            erase(user_id=olive.pk)
        left = Event.objects.filter(created_by=olive).order_by("pk")
        assert list(left) == [second, third]
        later(minutes=10)
        finish_erasures()
        events = Event.objects.order_by("pk")
        assert [event.status for event in events[1:]] == ["cancelled", "cancelled"]
        assert {event.created_by for event in events} == {None}

    def test_second_run_removes_rows_written_meanwhile(self, olive: User) -> None:
        erase(user_id=olive.pk)
        late = EventFactory.create(created_by=olive)  # as the request had read the user
        User.objects.filter(pk=olive.pk).update(bio="Written late")
        later(minutes=10)
        finish_erasures()
        late.refresh_from_db()
        assert (late.status, late.created_by) == ("cancelled", None)
        assert User.objects.get(pk=olive.pk).bio == ""
        assert not User.objects.filter(erasure_due_at__isnull=False).exists()

    def test_second_run_keeps_the_anonymised_name(self, ada: User) -> None:
        anonymised = erased(ada)
        later(minutes=10)
        finish_erasures()
        again = User.objects.get(pk=ada.pk)
        assert (again.username, again.erased_at) == (anonymised.username, anonymised.erased_at)

    def test_failing_erasure_does_not_stop_others(
        self, ada: User, sam: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for person in (ada, sam):
            with monkeypatch.context() as broken:
                broken.setattr(erasure, "_anonymise", cut)
                erase(user_id=person.pk)
        later(minutes=10)
        anonymise = erasure._anonymise
        monkeypatch.setattr(
            erasure, "_anonymise", lambda user: cut() if user.pk == ada.pk else anonymise(user)
        )
        finish_erasures()
        done = User.objects.exclude(erased_at=None)
        assert list(done.values_list("pk", flat=True)) == [sam.pk]

    def test_erasure_is_claimed_once(self, ada: User) -> None:
        erase(user_id=ada.pk)
        later(minutes=10)
        assert list(erasure.claim_due()) == [ada.pk]
        assert list(erasure.claim_due()) == []


class TestAdmin:
    def erase(self, page: Page, *people: User, **more: str) -> str:
        ids = [person.pk for person in people]
        return page("/accounts/user/", {"action": "erase", "_selected_action": ids, **more})

    def test_action_asks_for_confirmation(self, admin_page: Page, ada: User) -> None:
        confirmation = self.erase(admin_page, ada)
        assert "This can't be undone." in confirmation and "ada@example.com" in confirmation
        assert User.objects.get(pk=ada.pk).is_active

    def test_action_erases_and_is_logged(
        self, admin_page: Page, alma: User, ada: User, sam: User
    ) -> None:
        assert "2 erased." in self.erase(admin_page, ada, sam, confirmed="yes")
        everyone = User.objects.exclude(erased_at=None)
        assert {user.pk for user in everyone} == {ada.pk, sam.pk}
        logged = LogEntry.objects.values_list("user", "object_id", "object_repr", "change_message")
        assert set(logged) == {
            (alma.pk, str(anonymised.pk), anonymised.username, "Erased.") for anonymised in everyone
        }

    def test_admin_cannot_erase_themselves(self, admin_page: Page, alma: User) -> None:
        UserFactory.create(is_superuser=True)
        assert "You cannot erase yourself" in self.erase(admin_page, alma, confirmed="yes")
        assert User.objects.get(pk=alma.pk).is_active

    def test_erased_people_are_neither_changed_nor_reactivated(
        self, admin_page: Page, ada: User
    ) -> None:
        erase(user_id=ada.pk)
        path = f"/accounts/user/{ada.pk}/change/"
        assert 'name="_save"' not in admin_page(path)
        page = admin_page("/accounts/user/", {"action": "reactivate", "_selected_action": [ada.pk]})
        assert "can&#x27;t be reactivated" in page
        assert not User.objects.get(pk=ada.pk).is_active


def test_announcements_name_no_organizer(olive: User, event: Event, ada: User) -> None:
    join_event(event_id=event.pk, attendee=ada)
    erase(user_id=olive.pk)
    [announcement] = Announcement.objects.all()
    assert announcement.context["event"]["organizer_id"] is None
