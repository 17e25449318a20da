"""Changes and endings of series."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import User
from events.models import Event, Series
from events.series.extension import extend_all_series
from tests.client import Api, refusal
from tests.events.book_club import BERLIN, NOW, dates, days, four_dates, weekly
from tests.factories import EventFactory

pytestmark = [pytest.mark.usefixtures("a_monday_in_january"), pytest.mark.both]


class TestScopes:
    def test_scope_this_changes_one_date(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        changed = as_olive.patch(f"/events/{ids[1]}/", {"title": "Book club at the lake"})
        assert (changed["id"], changed["series"]) == (ids[1], series)
        assert [occurrence["title"] for occurrence in dates(as_olive, series)] == [
            "Book club", "Book club at the lake", "Book club", "Book club",
        ]  # fmt: skip

    def test_scope_all_keeps_edits_of_single_dates(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(f"/events/{ids[1]}/", {"title": "Special"})
        changes = {"title": "Reading", "location": "Library", "max_attendees": 5}
        as_olive.patch(f"/events/{ids[0]}/?scope=all", changes)
        assert [
            (occurrence["title"], occurrence["location"], occurrence["max_attendees"])
            for occurrence in dates(as_olive, series)
        ] == [
            ("Reading", "Library", 5), ("Special", "Library", 5),
            ("Reading", "Library", 5), ("Reading", "Library", 5),
        ]  # fmt: skip

    def test_scope_all_changes_the_named_date_even_if_edited(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(f"/events/{ids[1]}/", {"title": "Special"})
        as_olive.patch(f"/events/{ids[1]}/?scope=all", {"title": "Reading"})
        assert {occurrence["title"] for occurrence in dates(as_olive, series)} == {"Reading"}

    def test_scope_all_moves_every_date(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(
            f"/events/{ids[2]}/?scope=all",
            {"start_time": "2027-01-27T20:00:00", "end_time": "2027-01-27T22:30:00"},
        )
        assert days(series) == ["01-13 20:00", "01-20 20:00", "01-27 20:00", "02-03 20:00"]
        assert [occurrence["id"] for occurrence in dates(as_olive, series)] == ids

    def test_date_moved_alone_is_not_moved(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(
            f"/events/{ids[1]}/",
            {"start_time": "2027-01-20T18:00:00", "end_time": "2027-01-20T20:00:00"},
        )
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {"end_time": "2027-01-12T23:00:00"})
        ends = Event.objects.filter(series=series).order_by("series_day")
        assert [f"{row.end_time.astimezone(BERLIN):%d %H:%M}" for row in ends] == [
            "12 23:00", "20 20:00", "26 23:00", "02 23:00",
        ]  # fmt: skip

    def test_unchanged_times_move_nothing(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(
            f"/events/{ids[1]}/",
            {"start_time": "2027-01-20T18:00:00", "end_time": "2027-01-20T20:00:00"},
        )
        shown = as_olive.get(f"/events/{ids[1]}/")
        as_olive.put(f"/events/{ids[1]}/?scope=all", {**shown, "title": "Reading"})
        assert days(series) == ["01-12 19:00", "01-20 18:00", "01-26 19:00", "02-02 19:00"]
        assert {occurrence["title"] for occurrence in dates(as_olive, series)} == {"Reading"}

    def test_scope_following_splits_the_series_and_keeps_the_ids(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        later = as_olive.patch(f"/events/{ids[2]}/?scope=following", {"title": "Reading"})
        assert later["series"] != series
        assert [occurrence["id"] for occurrence in dates(as_olive, series)] == ids[:2]
        assert [occurrence["id"] for occurrence in dates(as_olive, later["series"])] == ids[2:]
        assert {occurrence["title"] for occurrence in dates(as_olive, later["series"])} == {
            "Reading"
        }
        assert (later["recurrence_pattern"], as_olive.get(f"/events/{ids[0]}/")["title"]) == (
            "FREQ=WEEKLY;COUNT=2",
            "Book club",
        )
        assert as_olive.get(f"/series/{series}/")["recurrence_pattern"] == (
            "FREQ=WEEKLY;UNTIL=20270119T180000Z"
        )

    def test_scope_following_from_the_first_date_is_all(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(f"/events/{ids[0]}/?scope=following", {"title": "Reading"})
        assert Series.objects.count() == 1
        assert {occurrence["title"] for occurrence in dates(as_olive, series)} == {"Reading"}

    def test_split_open_series_continues_in_its_later_half_only(self, as_olive: Api) -> None:
        _, ids = four_dates(as_olive, recurrence_pattern="weekly")
        later = as_olive.patch(f"/events/{ids[2]}/?scope=following", {"title": "Reading"})
        assert Event.objects.count() == 53  # a new title adds none
        with time_machine.travel(NOW + timedelta(days=35), tick=False):
            assert extend_all_series() == 4
        assert Event.objects.filter(series=later["series"]).count() == 55

    def test_new_rule_keeps_the_rows_of_common_days(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(
            f"/events/{ids[0]}/?scope=all", {"recurrence_pattern": "FREQ=WEEKLY;INTERVAL=2;COUNT=3"}
        )
        assert days(series) == ["01-12 19:00", "01-26 19:00", "02-09 19:00"]
        assert [occurrence["id"] for occurrence in dates(as_olive, series)][:2] == [ids[0], ids[2]]

    def test_new_weekday_moves_the_rows_to_it(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive, recurrence_pattern="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
        as_olive.patch(
            f"/events/{ids[0]}/?scope=all", {"recurrence_pattern": "FREQ=WEEKLY;BYDAY=FR;COUNT=4"}
        )
        assert days(series) == ["01-15 19:00", "01-22 19:00", "01-29 19:00", "02-05 19:00"]
        assert [occurrence["id"] for occurrence in dates(as_olive, series)] == ids

    def test_dropped_date_with_rsvps_is_cancelled(self, as_olive: Api, as_ada: Api) -> None:
        series, ids = four_dates(as_olive)
        as_ada.post(f"/events/{ids[1]}/rsvp/", {"status": "going"})
        as_olive.patch(
            f"/events/{ids[0]}/?scope=all", {"recurrence_pattern": "FREQ=WEEKLY;INTERVAL=2;COUNT=2"}
        )
        assert as_ada.get(f"/events/{ids[1]}/")["status"] == "cancelled"
        as_ada.get(f"/events/{ids[3]}/", expect=404)
        assert [occurrence["id"] for occurrence in dates(as_olive, series)] == [ids[0], ids[2]]

    def test_readded_day_is_a_new_date(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {"exdates": ["2027-01-19"]})
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {"exdates": []})
        assert days(series) == ["01-12 19:00", "01-19 19:00", "01-26 19:00", "02-02 19:00"]

    def test_moving_to_another_weekday_requires_a_new_rule(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive, recurrence_pattern="FREQ=WEEKLY;BYDAY=TU;COUNT=4")
        moved = {"start_time": "2027-01-13T19:00:00", "end_time": "2027-01-13T21:00:00"}
        problem = as_olive.patch(f"/events/{ids[0]}/?scope=all", moved, expect=400)
        assert refusal(problem) == (("recurrence_pattern", "recurrence_required"),)
        rule = {"recurrence_pattern": "FREQ=WEEKLY;BYDAY=WE;COUNT=4"}
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {**moved, **rule})
        assert days(series) == ["01-13 19:00", "01-20 19:00", "01-27 19:00", "02-03 19:00"]
        assert [occurrence["id"] for occurrence in dates(as_olive, series)] == ids

    def test_refused_date_changes_nothing(self, as_olive: Api, as_ada: Api, as_sam: Api) -> None:
        series, ids = four_dates(as_olive)
        for api in (as_ada, as_sam):
            api.post(f"/events/{ids[3]}/rsvp/", {"status": "going"})
        changes = {"title": "Reading", "max_attendees": 1}
        problem = as_olive.patch(f"/events/{ids[0]}/?scope=all", changes, expect=400)
        assert refusal(problem) == (("max_attendees", "capacity_below_attendance"),)
        assert problem["errors"][0]["detail"].startswith("2027-02-02: ")
        assert {
            (occurrence["title"], occurrence["max_attendees"])
            for occurrence in dates(as_olive, series)
        } == {("Book club", None)}

    def test_started_dates_are_unchanged(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        with time_machine.travel(datetime(2027, 1, 20, tzinfo=UTC), tick=False):
            later = {"start_time": "2027-01-26T20:00:00", "end_time": "2027-01-26T22:00:00"}
            api = Api(User.objects.get(username="olive"))
            api.patch(f"/events/{ids[2]}/?scope=all", {"title": "Reading", **later})
        assert days(series) == ["01-12 19:00", "01-19 19:00", "01-26 20:00", "02-02 20:00"]
        titles = Event.objects.filter(series=series).order_by("series_day")
        assert list(titles.values_list("title", flat=True)) == [
            "Book club", "Book club", "Reading", "Reading",
        ]  # fmt: skip

    def test_scope_all_cancels_future_dates(self, as_olive: Api, as_ada: Api) -> None:
        series, ids = four_dates(as_olive)
        reason = {"status": "cancelled", "cancellation_reason": "The club has closed."}
        shown = as_olive.patch(f"/events/{ids[1]}/?scope=all", reason)
        assert (shown["status"], shown["cancellation_reason"]) == (
            "cancelled",
            "The club has closed.",
        )
        assert {as_ada.get(f"/events/{pk}/")["status"] for pk in ids} == {"cancelled"}
        problem = as_olive.patch(f"/series/{series}/", {"title": "Again"}, expect=409)
        assert refusal(problem) == ("series_cancelled",)

    def test_past_series_cannot_be_changed(self, as_olive: Api, olive: User) -> None:
        series, _ = four_dates(as_olive)
        with time_machine.travel(NOW + timedelta(days=60), tick=False):
            problem = Api(olive).patch(f"/series/{series}/", {"title": "Again"}, expect=409)
        assert refusal(problem) == ("series_over",)

    def test_scope_all_publishes_drafts(self, as_olive: Api, as_ada: Api) -> None:
        series, ids = four_dates(as_olive, status="draft")
        as_olive.patch(f"/events/{ids[0]}/?scope=all", {"status": "published"})
        assert [occurrence["id"] for occurrence in dates(as_ada, series)] == ids

    def test_text_of_the_last_date_can_be_corrected_afterwards(
        self, as_olive: Api, olive: User
    ) -> None:
        """All fields are sent back, with any scope, and no other date is left to change."""
        _, ids = four_dates(as_olive)
        path = f"/events/{ids[0]}/"
        with time_machine.travel(NOW + timedelta(days=60), tick=False):
            api = Api(olive)
            body = api.get(path) | {"title": "As it was"}
            assert api.put(f"{path}?scope=all", body)["title"] == "As it was"
            problem = api.put(f"{path}?scope=all", body | {"max_attendees": 9}, expect=409)
        assert refusal(problem) == ("event_ended", "copy_event")

    def test_rule_cannot_be_changed_for_one_date(self, as_olive: Api) -> None:
        _, ids = four_dates(as_olive)
        body = {"recurrence_pattern": "daily"}
        problem = as_olive.patch(f"/events/{ids[0]}/", body, expect=400)
        assert refusal(problem) == (("recurrence_pattern", "scope_required"),)

    def test_rule_in_another_spelling_is_no_change(self, as_olive: Api) -> None:
        _, ids = four_dates(as_olive)
        pattern = as_olive.get(f"/events/{ids[0]}/")["recurrence_pattern"]
        assert pattern.startswith("FREQ=")
        body = {"recurrence_pattern": f"rrule:{pattern.lower()}", "title": "Evening"}
        assert as_olive.patch(f"/events/{ids[0]}/", body)["title"] == "Evening"

    def test_single_event_has_no_scope(self, as_olive: Api, olive: User) -> None:
        event = EventFactory.create(created_by=olive)
        problem = as_olive.patch(f"/events/{event.pk}/?scope=all", {"title": "X"}, expect=400)
        assert refusal(problem) == (("scope", "not_recurring"),)

    def test_unknown_scope_is_refused(self, as_olive: Api) -> None:
        _, ids = four_dates(as_olive)
        problem = as_olive.patch(f"/events/{ids[0]}/?scope=none", {"title": "X"}, expect=400)
        assert refusal(problem) == (("scope", "invalid_choice"),)
        assert problem["errors"][0]["detail"] == "Send one of: this, following, all."

    def test_stranger_cannot_change_a_series(self, as_olive: Api, as_sam: Api) -> None:
        _, ids = four_dates(as_olive)
        as_sam.patch(f"/events/{ids[0]}/?scope=all", {"title": "X"}, expect=403)
        as_sam.delete(f"/events/{ids[0]}/?scope=all", expect=403)

    def test_single_event_becomes_a_series(self, as_olive: Api, as_ada: Api) -> None:
        event = as_olive.post("/events/", weekly(is_recurring=False))
        as_ada.post(f"/events/{event['id']}/rsvp/", {"status": "going"})
        changed = as_olive.patch(f"/events/{event['id']}/", weekly(title="Reading"))
        assert (changed["id"], changed["title"], changed["going_count"]) == (
            event["id"],
            "Reading",
            1,
        )
        assert days(changed["series"]) == [
            "01-12 19:00", "01-19 19:00", "01-26 19:00", "02-02 19:00",
        ]  # fmt: skip

    def test_event_outside_the_rule_cannot_become_a_series(self, as_olive: Api) -> None:
        event = as_olive.post("/events/", weekly(is_recurring=False))
        body = {"recurrence_pattern": "FREQ=WEEKLY;BYDAY=FR", "title": "Reading"}
        problem = as_olive.patch(f"/events/{event['id']}/", body, expect=400)
        assert refusal(problem) == (("recurrence_pattern", "not_a_day_of_the_rule"),)
        assert as_olive.get(f"/events/{event['id']}/")["title"] == "Book club"


class TestDelete:
    def test_deleting_one_date_excludes_it_from_the_rule(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive, recurrence_pattern="weekly")
        as_olive.delete(f"/events/{ids[1]}/")
        assert as_olive.get(f"/series/{series}/")["exdates"] == ["2027-01-19"]
        with time_machine.travel(NOW + timedelta(days=8), tick=False):
            extend_all_series()
        assert "01-19 19:00" not in days(series)[:3]

    def test_deleting_following_dates_ends_the_series(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.delete(f"/events/{ids[2]}/?scope=following")
        assert [occurrence["id"] for occurrence in dates(as_olive, series)] == ids[:2]
        assert as_olive.get(f"/series/{series}/")["recurrence_pattern"] == (
            "FREQ=WEEKLY;UNTIL=20270119T180000Z"
        )

    def test_deleting_all_keeps_started_dates(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        with time_machine.travel(datetime(2027, 1, 20, tzinfo=UTC), tick=False):
            Api(User.objects.get(username="olive")).delete(f"/events/{ids[3]}/?scope=all")
        alive = Event.objects.alive().filter(series=series).order_by("pk")
        assert list(alive.values_list("pk", flat=True)) == ids[:2]
        as_olive.get(f"/series/{series}/", expect=404)


class TestSeries:
    def test_organizer_sees_the_rule_and_the_next_date(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive, max_attendees=8)
        shown = as_olive.get(f"/series/{series}/")
        assert {name: shown[name] for name in ("first_day", "local_time", "duration")} == {
            "first_day": "2027-01-12",
            "local_time": "19:00:00",
            "duration": "P0DT02H00M00S",
        }
        assert shown["next_date"]["id"] == ids[0]

    def test_others_cannot_see_the_series(self, as_olive: Api, as_sam: Api) -> None:
        series, _ = four_dates(as_olive)
        assert refusal(as_sam.get(f"/series/{series}/", expect=403)) == ("owner_required",)

    def test_draft_of_others_is_404(self, as_olive: Api, as_sam: Api) -> None:
        series, _ = four_dates(as_olive, status="draft")
        as_sam.get(f"/series/{series}/", expect=404)

    def test_change_keeps_edits_of_the_next_date(self, as_olive: Api) -> None:
        series, ids = four_dates(as_olive)
        as_olive.patch(f"/events/{ids[0]}/", {"title": "Opening"})
        as_olive.patch(f"/series/{series}/", {"title": "Reading"})
        assert [occurrence["title"] for occurrence in dates(as_olive, series)] == [
            "Opening", "Reading", "Reading", "Reading",
        ]  # fmt: skip

    def test_start_is_that_of_the_next_date(self, as_olive: Api) -> None:
        series, _ = four_dates(as_olive)
        as_olive.put(
            f"/series/{series}/",
            {"start_time": "2027-01-12T18:00:00", "end_time": "2027-01-12T20:00:00"},
        )
        assert days(series) == ["01-12 18:00", "01-19 18:00", "01-26 18:00", "02-02 18:00"]

    def test_delete_deletes_all_dates(self, as_olive: Api) -> None:
        series, _ = four_dates(as_olive)
        as_olive.delete(f"/series/{series}/")
        assert days(series) == []
