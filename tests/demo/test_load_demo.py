"""The demo calendar, and crowds of events."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from accounts.models import User
from accounts.services.lifecycle import deactivate
from demo.calendar import PASSWORD
from demo.catalogue import EVENTS, ORGANIZERS, PEOPLE
from demo.crowd import make_events
from events.models import Category, Event, Tag, Tally
from events.services.events import delete_event
from rsvp.models import Rsvp
from rsvp.services import join_event
from tests.client import Api
from tests.factories import PASSWORD as FACTORY_PASSWORD
from tests.factories import CategoryFactory, TagFactory, end
from tests.invariants import check_invariants

pytestmark = pytest.mark.django_db


def load(*args: str) -> str:
    out = StringIO()
    call_command("load_demo", *args, stdout=out)
    return out.getvalue()


class TestCalendar:
    @pytest.fixture
    def loaded(self) -> str:
        with override_settings(DEBUG=True):
            return load()

    def test_it_looks_like_a_city(self, loaded: str) -> None:
        """One test for all, as loading takes seconds."""
        assert Event.objects.listed().not_over(timezone.now()).count() >= 60
        assert Category.objects.exclude(description="").count() == 12
        assert Tag.objects.count() >= 30
        assert Tally.objects.filter(Tally.FULL).count() >= 8
        assert Rsvp.objects.line().count() >= 20
        check_invariants()
        assert "olive / demo-password" in loaded

        assert load().startswith("Demo: all there.")
        first = Event.objects.order_by("pk")[0]
        end(first)
        assert load().startswith("Demo: 1 events added.")
        assert Event.objects.filter(title=first.title).count() == 2

        call_command("check_tallies", stdout=StringIO())

    @pytest.mark.embedded
    def test_demo_logins_work_in_debug_only(self, loaded: str) -> None:
        for username in ("olive", "ada", "admin"):
            body = {"username": username, "password": "demo-password"}
            Api().post("/login/", body, expect=200)

    @pytest.mark.embedded
    def test_outside_of_debug_nobody_can_log_in(self, loaded: str) -> None:
        """Also where DEBUG was on before."""
        api = Api(User.objects.get(username="admin"), password=PASSWORD)
        assert "password" not in load()
        api.get("/users/profile/", expect=401)
        assert not User.objects.filter(is_staff=True).exists()
        for username in ("olive", "ada"):
            body = {"username": username, "password": "demo-password"}
            Api().post("/login/", body, expect=401)

    @pytest.mark.embedded
    def test_real_people_and_categories_are_left_alone(self, ada: User) -> None:
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

    @pytest.mark.embedded
    def test_deleted_events_do_not_come_back(self, loaded: str) -> None:
        delete_event(event_id=Event.objects.listed().order_by("pk")[0].pk)
        assert load().startswith("Demo: all there.")


def test_catalogue_is_sound() -> None:
    titles = [event.title for event in EVENTS]
    names = [person.username for person in (*PEOPLE, *ORGANIZERS)]
    assert len(titles) == len(set(titles)) >= 60
    assert len(names) == len(set(names))


def test_crowd_is_topped_up_to_the_number_asked_for() -> None:
    def quietly(batches: Any) -> Any:
        return batches

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("demo.crowd.BATCH", 10)
        CategoryFactory.create(slug="music")
        TagFactory.create(slug="free")
        TagFactory.create(slug="outdoor")
        assert make_events(25, quietly) == 25
        assert make_events(25, quietly) == 0
        assert make_events(30, quietly) == 5
    assert Event.objects.count() == Tally.objects.count() == 30
    assert Event.objects.filter(tags=None).count() == 0


def test_check_tallies_reports_seats_of_inactive_people(event: Event, ada: User) -> None:
    """As a deactivation leaves them that is cut off between its two steps."""
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
