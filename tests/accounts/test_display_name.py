"""The name that others see: the same everywhere, and the username by default."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core import mail

from accounts.models import MailRequest, User
from accounts.services.emails import request_mail
from accounts.services.erasure import erase
from events.models import Event
from rsvp.services import join_event
from tests.accounts.mailed import keys_mailed
from tests.client import Api, refusal
from tests.factories import PASSWORD, EventFactory, UserFactory, end

pytestmark = pytest.mark.both

NAME = "Zoë O’Neill 李"


@pytest.fixture
def zoe(ada: User) -> User:
    ada.display_name = NAME
    ada.save()
    return ada


def names_in(payload: Any) -> Iterator[tuple[str, str | None]]:
    """Yield every user in a response: objects with an id and a username."""
    if isinstance(payload, dict):
        if {"id", "username"} <= set(payload):
            yield payload["username"], payload.get("display_name")
        for value in payload.values():
            yield from names_in(value)
    elif isinstance(payload, list):
        for value in payload:
            yield from names_in(value)


class TestProfile:
    def test_default_is_the_username(self, as_ada: Api) -> None:
        assert as_ada.get("/users/profile/")["display_name"] == "ada"

    @pytest.mark.parametrize("name", [NAME, "李", "x" * 100, "محمد", "👩‍🚀 Ada", "A. D. A."])
    def test_any_script_is_accepted(self, as_ada: Api, name: str) -> None:
        assert as_ada.patch("/users/profile/", {"display_name": name})["display_name"] == name
        assert as_ada.get("/users/profile/")["display_name"] == name

    def test_is_stored_composed_and_trimmed(self, as_ada: Api, ada: User) -> None:
        as_ada.patch("/users/profile/", {"display_name": "  Zoe\u0308 "})
        assert User.objects.get(pk=ada.pk).display_name == "Zoë"

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            pytest.param("x" * 101, "max_length", id="101"),
            pytest.param("a\nb", "control_characters", id="line break"),
            pytest.param("a\tb", "control_characters", id="tab"),
            pytest.param("a\x07b", "control_characters", id="bell"),
            pytest.param("a\x00b", "null_characters_not_allowed", id="NUL"),
            pytest.param("moc.\u202elive", "control_characters", id="override"),
            pytest.param("a\u2066b", "control_characters", id="isolate"),
            pytest.param("\u200b\u200d", "blank", id="zero width"),
            pytest.param("   ", "blank", id="spaces"),
            pytest.param("\u3164", "blank", id="filler"),
            pytest.param(5, "invalid", id="number"),
            pytest.param(None, "null", id="null"),
        ],
    )
    def test_other_text_is_refused(self, as_ada: Api, name: Any, code: str) -> None:
        problem = as_ada.patch("/users/profile/", {"display_name": name}, expect=400)
        assert refusal(problem) == (("display_name", code),)

    def test_empty_name_restores_the_username(self, as_ada: Api, zoe: User) -> None:
        assert as_ada.patch("/users/profile/", {"display_name": ""})["display_name"] == "ada"

    def test_unchanged_profile_stores_no_copy_of_the_username(self, as_ada: Api, ada: User) -> None:
        as_ada.put("/users/profile/", {"display_name": "ada", "bio": "Climbs."})
        assert User.objects.get(pk=ada.pk).display_name == ""

    def test_is_chosen_at_registration(self, as_nobody: Api) -> None:
        body = {"username": "zoe", "email": "zoe@example.com", "password": PASSWORD}
        assert as_nobody.post("/register/", body | {"display_name": NAME})["display_name"] == NAME
        assert User.objects.get().display_name == NAME


class TestWhereItShows:
    def test_every_user_in_a_response_has_it(
        self, as_olive: Api, as_ada: Api, olive: User, zoe: User, event: Event
    ) -> None:
        sam = UserFactory.create(username="sam")
        as_olive.post(f"/events/{event.pk}/staff/", {"username": "ada"})
        join_event(event_id=event.pk, attendee=zoe)
        join_event(event_id=event.pk, attendee=sam)
        end(event)
        as_ada.post(f"/events/{event.pk}/reviews/", {"rating": 5, "comment": "Good."})
        own, everyone = ("ada", NAME), ("olive", "olive")
        found = {
            path: set(names_in(as_olive.get(path)))
            for path in (
                f"/events/{event.pk}/",
                "/events/?when=all",
                "/events/search/?when=all",
                f"/events/{event.pk}/staff/",
                f"/events/{event.pk}/attendees/",
                f"/events/{event.pk}/reviews/",
                "/users/profile/",
            )
        }
        assert found == {
            f"/events/{event.pk}/": {everyone},
            "/events/?when=all": {everyone},
            "/events/search/?when=all": {everyone},
            f"/events/{event.pk}/staff/": {own},
            f"/events/{event.pk}/attendees/": {own, ("sam", "sam")},
            f"/events/{event.pk}/reviews/": {own},
            "/users/profile/": {everyone},
        }
        assert set(names_in(as_ada.get(f"/events/{event.pk}/rsvp/"))) == {own}

    def test_search_of_attendees_finds_it(self, as_olive: Api, zoe: User, event: Event) -> None:
        join_event(event_id=event.pk, attendee=zoe)
        join_event(event_id=event.pk, attendee=UserFactory.create(username="sam"))
        for search in ("Zoe\u0308", "o’neill", "李", "ada"):
            page = as_olive.get(f"/events/{event.pk}/attendees/", search=search)
            assert [row["user"]["username"] for row in page["results"]] == ["ada"], search

    def test_it_is_in_the_file_of_attendees(self, as_olive: Api, zoe: User, event: Event) -> None:
        join_event(event_id=event.pk, attendee=zoe)
        join_event(event_id=event.pk, attendee=UserFactory.create(username="sam"))
        response: Any = as_olive.client.get(f"/api/events/{event.pk}/attendees/?format=csv")
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        rows = list(csv.DictReader(StringIO(text, newline="")))
        assert [(row["username"], row["display_name"]) for row in rows] == [
            ("ada", NAME),
            ("sam", "sam"),
        ]

    def test_mails_greet_by_it_and_name_the_account_by_the_username(self, zoe: User) -> None:
        request_mail(MailRequest.Purpose.RESET_PASSWORD, zoe.email)
        keys_mailed("reset-password")
        [message] = [mailed for mailed in mail.outbox if "reset-password" in str(mailed.body)]
        assert str(message.body).startswith(f"Hello {NAME},")
        assert "your account “ada”" in str(message.body)

    def test_calendars_name_the_organizer_by_it(self, as_ada: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        path = f"/api/events/{event.pk}/calendar.ics"
        before = as_ada.client.get(path)
        olive.display_name = "Olive Ortega"
        olive.save()
        after = as_ada.client.get(path)
        assert "CN=olive" in before.content.decode()
        assert 'CN="Olive Ortega"' in after.content.decode()

    def test_admin_lists_and_finds_it(self, admin_page: Any, zoe: User) -> None:
        for search in ("O’Neill", "Zoe\u0308"):
            assert f"/accounts/user/{zoe.pk}/change/" in admin_page(f"/accounts/user/?q={search}")
        assert f"{NAME} (ada)" in admin_page(f"/accounts/user/{zoe.pk}/change/")

    def test_admin_stores_it_as_the_profile_does(self, admin_page: Any, ada: User) -> None:
        change = {"username": "ada", "email": ada.email, "timezone": "UTC"}
        page = f"/accounts/user/{ada.pk}/change/"
        admin_page(page, change | {"display_name": " Zoe\u0308 "})
        assert User.objects.get(pk=ada.pk).display_name == "Zoë"
        assert "Control characters" in admin_page(page, change | {"display_name": "a\u202eb"})


def test_export_has_it_and_erasure_removes_it(as_ada: Api, zoe: User, event: Event) -> None:
    join_event(event_id=event.pk, attendee=zoe)
    [person] = as_ada.get("/users/profile/export/")["accounts.user"]
    assert person["display_name"] == NAME
    erase(user_id=zoe.pk)
    anonymised = User.objects.get(pk=zoe.pk)
    assert (anonymised.display_name, anonymised.shown_name) == ("", anonymised.username)


def test_erased_people_leave_no_name_in_the_log_of_the_admin(
    admin_page: Any, zoe: User, event: Event
) -> None:
    from django.contrib.admin.models import LogEntry

    join_event(event_id=event.pk, attendee=zoe)
    admin_page("/rsvp/rsvp/", {"action": "check_in", "_selected_action": [event.rsvps.get().pk]})
    erase(user_id=zoe.pk)
    assert not LogEntry.objects.filter(object_repr__contains=NAME).exists()
