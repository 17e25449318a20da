"""A cancellation can be reverted before the start: seats are kept, everybody is notified."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from accounts.models import User
from accounts.services.erasure import erase
from accounts.services.organizers import revoke_role
from events.exceptions import TooManyOpenEvents
from events.models import Event, Series, Tally
from events.series.changes import publish_series
from events.series.endings import cancel_series
from events.services import quotas
from events.services.events import cancel_event, publish_event, update_event
from notifications.models import Delivery, Notification
from notifications.tasks import relay
from rsvp.messages.announcements import fan_out
from rsvp.messages.reminders import write_due_reminders
from rsvp.models import Rsvp
from rsvp.services import join_event, join_series, leave_event, mark_interested
from tests.client import Api, refusal
from tests.factories import EventFactory, begin, end, fill, people
from tests.invariants import check_invariants
from tests.rsvp.dates import series_with

PUBLISHED = {"status": "published"}
LATER = timezone.now() + timedelta(days=9)


def recipients(kind: str) -> list[str]:
    rows = Notification.objects.filter(kind=kind).order_by("user__username", "id")
    return list(rows.values_list("user__username", flat=True))


@pytest.fixture
def crowd(event: Event, ada: User, sam: User) -> dict[str, User]:
    """Two seats: Ada has both, Sam waits, Rhea is interested. Then the event was cancelled."""
    rhea = people(1)[0]
    User.objects.filter(pk=rhea.pk).update(username="rhea")
    join_event(event_id=event.pk, attendee=ada, guests=1)
    join_event(event_id=event.pk, attendee=sam)
    mark_interested(event_id=event.pk, attendee=rhea)
    cancel_event(event_id=event.pk, reason="Rain.")
    fan_out()
    return {"ada": ada, "sam": sam, "rhea": rhea}


class TestSingleEvent:
    def test_cancelled_event_can_be_published(
        self, as_olive: Api, as_ada: Api, event: Event, crowd: dict[str, User]
    ) -> None:
        shown = as_olive.patch(f"/events/{event.pk}/", PUBLISHED)
        names = ("status", "cancellation_reason", "going_count", "waitlist_count")
        assert [shown[name] for name in names] == ["published", "", 2, 1]
        assert [listed_event["id"] for listed_event in as_ada.get("/events/")["results"]] == [
            event.pk
        ]
        assert as_ada.get(f"/events/{event.pk}/rsvp/")["status"] == "going"
        check_invariants()

    def test_everybody_with_an_rsvp_is_notified(
        self, as_olive: Api, event: Event, crowd: dict[str, User]
    ) -> None:
        as_olive.patch(f"/events/{event.pk}/", PUBLISHED)
        fan_out()
        assert recipients("event_cancelled") == ["ada", "rhea", "sam"]
        assert recipients("event_changed") == ["ada", "rhea", "sam"]

    def test_message_says_that_the_event_takes_place(
        self, event: Event, crowd: dict[str, User]
    ) -> None:
        publish_event(event_id=event.pk)
        fan_out()
        relay()
        [message] = [
            m for m in mail.outbox if m.to == ["ada@example.com"] and "after all" in m.body
        ]
        assert message.subject.startswith(f"Takes place after all: {event.title}, ")
        assert f"“{event.title}” was cancelled, and will take place after all." in message.body
        [calendar] = [
            attachment
            for attachment in message.attachments
            if "calendar" in str(attachment.get_content_type())
        ]
        assert b"STATUS:CONFIRMED" in calendar.get_payload(decode=True)
        [notification] = Notification.objects.filter(kind="event_changed", user=crowd["ada"])
        listed = Api(crowd["ada"]).get("/notifications/")["results"]
        [text] = [entry["text"] for entry in listed if entry["id"] == notification.pk]
        assert text.startswith(f'"{event.title}" takes place after all: ')

    def test_message_has_the_former_time_and_place(
        self, event: Event, crowd: dict[str, User]
    ) -> None:
        later = event.start_time + timedelta(days=1)
        changes = {"status": "published", "start_time": later, "location": "Park"}
        update_event(event_id=event.pk, changes=changes)
        fan_out()
        relay()
        [body] = [
            m.body for m in mail.outbox if m.to == ["ada@example.com"] and "after all" in m.body
        ]
        assert ("Time before: " in body, "Place before: Town hall" in body) == (True, True)

    def test_people_who_left_are_not_notified_and_their_seats_are_given_away(
        self, as_olive: Api, event: Event, crowd: dict[str, User]
    ) -> None:
        leave_event(event_id=event.pk, attendee=crowd["ada"])
        assert Rsvp.objects.get(user=crowd["sam"]).status == "waitlisted"
        as_olive.patch(f"/events/{event.pk}/", PUBLISHED)
        fan_out()
        assert Rsvp.objects.get(user=crowd["sam"]).status == "going"
        assert (recipients("event_changed"), recipients("promoted")) == (["rhea", "sam"], ["sam"])
        check_invariants()

    def test_second_cancellation_is_announced(self, event: Event, crowd: dict[str, User]) -> None:
        publish_event(event_id=event.pk)
        fan_out()
        cancel_event(event_id=event.pk)
        fan_out()
        assert recipients("event_cancelled") == ["ada", "ada", "rhea", "rhea", "sam", "sam"]

    def test_outdated_cancellation_is_not_sent(self, event: Event, crowd: dict[str, User]) -> None:
        publish_event(event_id=event.pk)
        with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
            relay()
        sent = Delivery.objects.filter(notification__kind="event_cancelled", status="sent")
        assert sent.count() == 0

    def test_reminders_are_sent_again(self, event: Event, crowd: dict[str, User]) -> None:
        start = event.start_time
        with time_machine.travel(start - timedelta(days=1, minutes=5), tick=False) as clock:
            write_due_reminders()
            clock.move_to(start - timedelta(days=1) + timedelta(minutes=1))
            write_due_reminders()
            assert recipients("reminder") == []
            publish_event(event_id=event.pk)
            clock.move_to(start - timedelta(minutes=59))
            write_due_reminders()
        assert recipients("reminder") == ["ada"]

    def test_other_changes_are_in_the_same_message(
        self, as_olive: Api, event: Event, crowd: dict[str, User]
    ) -> None:
        body = PUBLISHED | {"location": "Park", "max_attendees": 3, "start_time": LATER.isoformat()}
        shown = as_olive.patch(f"/events/{event.pk}/", body)
        assert (shown["location"], shown["going_count"]) == ("Park", 3)
        fan_out()
        assert recipients("event_changed") == ["ada", "rhea", "sam"]

    def test_event_sent_back_with_a_new_status_is_published(
        self, as_olive: Api, event: Event, crowd: dict[str, User]
    ) -> None:
        shown = as_olive.get(f"/events/{event.pk}/")
        body = {"title": shown["title"], "cancellation_reason": shown["cancellation_reason"]}
        changed = as_olive.put(f"/events/{event.pk}/", body | PUBLISHED)
        assert (changed["status"], changed["cancellation_reason"]) == ("published", "")

    def test_other_changes_of_a_cancelled_event_are_refused(
        self, as_olive: Api, event: Event
    ) -> None:
        cancel_event(event_id=event.pk)
        for body in ({"title": "Risen"}, {"status": "draft"}):
            problem = as_olive.patch(f"/events/{event.pk}/", body, expect=409)
            assert refusal(problem) == ("event_cancelled",)

    @pytest.mark.parametrize(
        "body", [{}, {"start_time": LATER.isoformat()}], ids=["alone", "moved"]
    )
    def test_event_can_be_published_until_its_start(
        self, as_olive: Api, event: Event, body: Any
    ) -> None:
        cancel_event(event_id=event.pk)
        begin(event)
        problem = as_olive.patch(f"/events/{event.pk}/", PUBLISHED | body, expect=409)
        assert refusal(problem) == ("event_started", "copy_event")

    def test_organizer_role_is_required(self, as_olive: Api, olive: User, event: Event) -> None:
        cancel_event(event_id=event.pk)
        revoke_role(user=olive)
        problem = as_olive.patch(f"/events/{event.pk}/", PUBLISHED, expect=403)
        assert refusal(problem) == ("organizer_required",)

    def test_quota_of_open_events_applies(
        self, as_olive: Api, olive: User, event: Event, settings: Any
    ) -> None:
        cancel_event(event_id=event.pk)
        settings.RATE_LIMITS, settings.OPEN_EVENTS_PER_ORGANIZER = True, 1
        EventFactory.create(created_by=olive)
        problem = as_olive.patch(f"/events/{event.pk}/", PUBLISHED, expect=409)
        assert refusal(problem) == ("too_many_open_events", "cancel_an_event")

    def test_number_of_cancellations_is_limited(
        self, as_olive: Api, event: Event, settings: Any
    ) -> None:
        """Each cancellation and publication notifies the same people."""
        settings.RATE_LIMITS = True
        path = f"/events/{event.pk}/"
        for _ in range(quotas._REINSTATEMENTS):
            as_olive.patch(path, {"status": "cancelled"})
            as_olive.patch(path, PUBLISHED)
        as_olive.patch(path, {"status": "cancelled"})
        assert refusal(as_olive.patch(path, PUBLISHED, expect=429)) == ("throttled",)

    def test_event_of_an_erased_organizer_is_published_by_admins(
        self, admin_page: Any, olive: User, event: Event
    ) -> None:
        fill(event, 1)
        erase(user_id=olive.pk)
        admin_page("/events/event/", {"action": "publish", "_selected_action": event.pk})
        event.refresh_from_db()
        assert (event.status, event.created_by) == ("published", None)


class TestMine:
    def test_owner_can_list_cancelled_events(
        self, as_olive: Api, as_ada: Api, event: Event
    ) -> None:
        other = EventFactory.create(created_by=event.created_by)
        cancel_event(event_id=event.pk)

        def ids(api: Api, **query: Any) -> list[int]:
            return [shown_event["id"] for shown_event in api.get("/events/", **query)["results"]]

        assert ids(as_olive, mine="true", status="cancelled") == [event.pk]
        assert ids(as_olive, mine="true", status="published") == [other.pk]
        assert ids(as_olive, mine="true") == [other.pk]
        assert ids(as_olive, status="cancelled") == []
        assert ids(as_ada, mine="true", status="cancelled") == []
        assert as_olive.get("/events/search/", mine="true", status="cancelled")["count"] == 1

    def test_drafts_by_status(self, as_olive: Api, olive: User) -> None:
        draft = EventFactory.create(created_by=olive, status="draft")
        found = as_olive.get("/events/", mine="true", status="draft")["results"]
        assert [shown_event["id"] for shown_event in found] == [draft.pk]

    def test_drafts_of_others_are_hidden(self, as_ada: Api) -> None:
        EventFactory.create(status="draft")
        assert as_ada.get("/events/", status="draft")["results"] == []

    def test_unknown_status_is_refused(self, as_olive: Api) -> None:
        problem = as_olive.get("/events/", expect=400, mine="true", status="gone")
        assert refusal(problem) == (("status", "invalid_choice"),)


Dates = tuple[Series, list[Event]]


def statuses(dates: list[Event]) -> list[str]:
    rows = Event.objects.filter(pk__in=[date.pk for date in dates]).order_by("pk")
    return list(rows.values_list("status", flat=True))


class TestSeries:
    @pytest.fixture
    def cancelled(self, olive: User, ada: User) -> Dates:
        """Four dates. The second was cancelled alone, the others later with the series."""
        series, dates = series_with(olive, None, None, None, None)
        join_series(series_id=series.pk, attendee=ada)
        cancel_event(event_id=dates[1].pk, reason="Alone.")
        cancel_series(series_id=series.pk, reason="All.")
        fan_out()
        Notification.objects.all().delete()
        return series, dates

    def test_dates_cancelled_alone_stay_cancelled(self, as_olive: Api, cancelled: Dates) -> None:
        series, dates = cancelled
        shown = as_olive.patch(f"/series/{series.pk}/", PUBLISHED)
        assert (shown["status"], shown["cancellation_reason"]) == ("published", "")
        assert statuses(dates) == ["published", "cancelled", "published", "published"]
        reasons = Event.objects.filter(series=series).order_by("pk")
        assert list(reasons.values_list("cancellation_reason", flat=True)) == ["", "Alone.", "", ""]

    def test_everyone_is_notified_once(self, as_olive: Api, cancelled: Dates) -> None:
        as_olive.patch(f"/series/{cancelled[0].pk}/", PUBLISHED)
        fan_out()
        [notification] = Notification.objects.filter(kind="event_changed")
        assert notification.context["more"] == 2
        assert notification.context["is_reinstated"] is True

    def test_scope_all_includes_the_named_date(self, as_olive: Api, cancelled: Dates) -> None:
        dates = cancelled[1]
        as_olive.patch(f"/events/{dates[1].pk}/?scope=all", PUBLISHED)
        assert statuses(dates) == ["published"] * 4

    def test_scope_following_excludes_earlier_dates(self, as_olive: Api, cancelled: Dates) -> None:
        dates = cancelled[1]
        as_olive.patch(f"/events/{dates[2].pk}/?scope=following", PUBLISHED)
        assert statuses(dates) == ["cancelled", "cancelled", "published", "published"]

    def test_one_date_alone(self, as_olive: Api, cancelled: Dates) -> None:
        dates = cancelled[1]
        as_olive.patch(f"/events/{dates[1].pk}/", PUBLISHED)
        assert statuses(dates) == ["cancelled", "published", "cancelled", "cancelled"]

    def test_republished_date_is_no_longer_an_exception(
        self, as_olive: Api, cancelled: Dates
    ) -> None:
        series, dates = cancelled
        as_olive.patch(f"/series/{series.pk}/", PUBLISHED)
        as_olive.patch(f"/events/{dates[1].pk}/", PUBLISHED)
        assert Event.objects.get(pk=dates[1].pk).own_fields == []
        as_olive.patch(f"/series/{series.pk}/", {"status": "cancelled"})
        as_olive.patch(f"/series/{series.pk}/", PUBLISHED)
        assert statuses(dates) == ["published"] * 4

    def test_edit_of_a_series_leaves_cancelled_dates_alone(
        self, as_olive: Api, olive: User
    ) -> None:
        """Clients send the status unchanged."""
        _, dates = series_with(olive, None, None, None)
        cancel_event(event_id=dates[1].pk)
        body = PUBLISHED | {"title": "Renamed"}
        as_olive.put(f"/events/{dates[0].pk}/?scope=all", body)
        assert statuses(dates) == ["published", "cancelled", "published"]

    def test_date_sent_back_with_scope_all_is_accepted(self, as_olive: Api, olive: User) -> None:
        _, dates = series_with(olive, None, None)
        cancel_event(event_id=dates[1].pk, reason="Alone.")
        body = PUBLISHED | {"cancellation_reason": "Alone."}
        shown = as_olive.put(f"/events/{dates[1].pk}/?scope=all", body)
        assert (shown["status"], shown["cancellation_reason"]) == ("published", "")

    @pytest.mark.parametrize("scope", ["following", "all"])
    def test_date_cancelled_alone_and_sent_back_cancels_no_others(
        self, as_olive: Api, olive: User, scope: str
    ) -> None:
        _, dates = series_with(olive, None, None, None)
        cancel_event(event_id=dates[1].pk, reason="Alone.")
        path = f"/events/{dates[1].pk}/"
        as_olive.put(f"{path}?scope={scope}", as_olive.get(path) | {"description": "New."})
        assert statuses(dates) == ["published", "cancelled", "published"]
        assert as_olive.get(f"/events/{dates[2].pk}/")["description"] == "New."

    def test_status_alone_cancels_the_others(self, as_olive: Api, olive: User) -> None:
        _, dates = series_with(olive, None, None, None)
        cancel_event(event_id=dates[1].pk)
        body = {"status": "cancelled", "cancellation_reason": "All of them."}
        as_olive.patch(f"/events/{dates[1].pk}/?scope=all", body)
        assert statuses(dates) == ["cancelled"] * 3

    def test_dates_that_have_started_stay_cancelled(self, as_olive: Api, cancelled: Dates) -> None:
        series, dates = cancelled
        end(dates[0])
        as_olive.patch(f"/series/{series.pk}/", PUBLISHED)
        assert statuses(dates) == ["cancelled", "cancelled", "published", "published"]

    def test_open_series_continues(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive, recurrence_pattern="weekly")
        as_olive.patch(f"/series/{event.series_id}/", {"status": "cancelled"})
        assert Series.objects.get().next_day is None
        as_olive.patch(f"/series/{event.series_id}/", PUBLISHED)
        assert Series.objects.get().next_day is not None

    def test_publication_date_is_kept(self, as_olive: Api, cancelled: Dates) -> None:
        """Otherwise the weekly digest would call it new."""
        series, dates = cancelled
        before = Event.objects.get(pk=dates[0].pk).published_at
        as_olive.patch(f"/series/{series.pk}/", PUBLISHED)
        assert Event.objects.get(pk=dates[0].pk).published_at == before

    def test_waitlists_are_promoted(self, as_olive: Api, olive: User, ada: User) -> None:
        series, dates = series_with(olive, 1, 1)
        sam = people(1)[0]
        for person in (ada, sam):
            join_series(series_id=series.pk, attendee=person)
        as_olive.patch(f"/series/{series.pk}/", {"status": "cancelled"})
        leave_event(event_id=dates[0].pk, attendee=ada)
        as_olive.patch(f"/series/{series.pk}/", PUBLISHED)
        rows = Rsvp.objects.filter(user=sam).order_by("event")
        assert list(rows.values_list("status", flat=True)) == ["going", "waitlisted"]
        check_invariants()

    def test_admin_publishes_a_series_again(self, admin_page: Any, cancelled: Dates) -> None:
        series, dates = cancelled
        admin_page("/events/series/", {"action": "publish", "_selected_action": series.pk})
        assert statuses(dates) == ["published", "cancelled", "published", "published"]

    def test_other_changes_of_a_cancelled_series_are_refused(
        self, as_olive: Api, cancelled: Dates
    ) -> None:
        problem = as_olive.patch(f"/series/{cancelled[0].pk}/", {"title": "Risen"}, expect=409)
        assert refusal(problem) == ("series_cancelled",)

    def test_quota_counts_every_date(self, olive: User, cancelled: Dates, settings: Any) -> None:
        settings.RATE_LIMITS, settings.OPEN_EVENTS_PER_ORGANIZER = True, 2
        with pytest.raises(TooManyOpenEvents):
            publish_series(series_id=cancelled[0].pk)


def test_counts_are_unchanged(event: Event, crowd: dict[str, User]) -> None:
    before = Tally.objects.filter(pk=event.pk).values().get()
    update_event(event_id=event.pk, changes=PUBLISHED)
    assert Tally.objects.filter(pk=event.pk).values().get() == before
