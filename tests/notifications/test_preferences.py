"""Notification preferences, over HTTP and in the profile."""

from typing import Any

import pytest

from accounts.models import User
from notifications.models import Preferences, ReminderLead
from notifications.selectors import preferences_of
from tests.client import Api, refusal
from tests.notifications.kinds import SWITCHABLE, Kind

PATH = "/notifications/preferences/"
URGENT = {"promoted", "event_changed", "event_cancelled", "reminder"}
DEFAULTS = {
    "reminder_minutes": [1440, 60],
    "quiet_hours": None,
    "channels": {
        kind.value: {"email": True, "sms": kind in URGENT, "push": True} for kind in SWITCHABLE
    },
}


def with_channel(kind: str, **switches: bool) -> dict[str, Any]:
    """Return the defaults with switches of one kind changed."""
    channels: Any = DEFAULTS["channels"]
    return {**DEFAULTS, "channels": channels | {kind: channels[kind] | switches}}


class TestRead:
    def test_user_without_a_row_has_the_defaults(self, as_ada: Api) -> None:
        assert as_ada.get(PATH) == DEFAULTS
        assert not Preferences.objects.exists()

    def test_response_is_complete_after_a_small_change(self, as_ada: Api) -> None:
        changed = as_ada.put(PATH, {"channels": {"waitlisted": {"push": False}}})
        assert changed == with_channel("waitlisted", push=False) == as_ada.get(PATH)


@pytest.mark.parametrize(
    ("minutes", "is_valid"),
    [(59, True), (60, True), (61, False), (75, True), (2880, True), (2895, False), (4320, True)],
)
def test_long_lead_times_must_be_round(as_ada: Api, minutes: int, is_valid: bool) -> None:
    body = {"reminder_minutes": [minutes]}
    if is_valid:
        assert as_ada.put(PATH, body)["reminder_minutes"] == [minutes]
    else:
        problem = as_ada.put(PATH, body, expect=400)
        assert refusal(problem) == (("reminder_minutes.0", "invalid_lead_time"),)


@pytest.mark.parametrize("method", ["put", "patch"])
class TestChange:
    def test_omitted_fields_are_unchanged(self, as_ada: Api, method: str) -> None:
        change = getattr(as_ada, method)
        change(PATH, {"quiet_hours": {"from": "22:00", "to": "07:00"}})
        change(PATH, {"reminder_minutes": [30]})
        change(PATH, {"channels": {"reminder": {"email": False}}})
        assert change(PATH, {"channels": {"reminder": {"sms": False}}}) == {
            "reminder_minutes": [30],
            "quiet_hours": {"from": "22:00", "to": "07:00"},
            "channels": with_channel("reminder", email=False, sms=False)["channels"],
        }

    def test_empty_body_changes_nothing(self, as_ada: Api, method: str) -> None:
        bodies: list[Any] = [{}, {"channels": {}}, {"channels": {"reminder": {}}}]
        for body in bodies:
            assert getattr(as_ada, method)(PATH, body) == DEFAULTS

    def test_sams_preferences_are_unchanged(self, as_ada: Api, as_sam: Api, method: str) -> None:
        getattr(as_ada, method)(PATH, {"reminder_minutes": []})
        assert as_sam.get(PATH) == DEFAULTS

    def test_change_requires_login(self, as_nobody: Api, method: str) -> None:
        getattr(as_nobody, method)(PATH, {}, expect=401)


class TestChannels:
    def test_switches_go_back_to_the_defaults(self, as_ada: Api, ada: User) -> None:
        for is_on in (True, False):
            changed = as_ada.patch(PATH, {"channels": {"rsvp_confirmed": {"sms": is_on}}})
            assert changed == with_channel("rsvp_confirmed", sms=is_on)
        assert Preferences.objects.get(user=ada).channels == {"rsvp_confirmed": {}}

    def test_response_can_be_sent_back(self, as_ada: Api) -> None:
        assert as_ada.put(PATH, as_ada.get(PATH)) == DEFAULTS

    def test_unknown_kinds_and_channels_are_refused(self, as_ada: Api, ada: User) -> None:
        body = {"channels": {"gossip": {"email": False}, "reminder": {"fax": True, "push": False}}}
        assert refusal(as_ada.patch(PATH, body, expect=400)) == (
            ("channels.gossip", "unknown_field"),
            ("channels.reminder.fax", "unknown_field"),
        )
        assert not Preferences.objects.filter(user=ada).exists()


class TestReminders:
    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ([], []),
            ([60, 1440], [1440, 60]),
            ([60, 60, 60], [60]),
            ([1, 40320], [40320, 1]),
            ([5, 4, 3, 2, 1], [5, 4, 3, 2, 1]),
        ],
    )
    def test_lead_times_are_kept_longest_first(
        self, as_ada: Api, ada: User, sent: list[Any], kept: list[int]
    ) -> None:
        assert as_ada.put(PATH, {"reminder_minutes": sent})["reminder_minutes"] == kept
        assert as_ada.get(PATH)["reminder_minutes"] == kept
        leads = ReminderLead.objects.filter(user=ada)
        assert list(leads.values_list("minutes", flat=True)) == kept


class TestQuietHours:
    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ({"from": "22:00", "to": "07:00"}, {"from": "22:00", "to": "07:00"}),
            ({"from": "09:30", "to": "17:45"}, {"from": "09:30", "to": "17:45"}),
            ({"from": "22:00:00", "to": "00:00:00"}, {"from": "22:00", "to": "00:00"}),
            (None, None),
        ],
    )
    def test_hours_are_shown_without_seconds(self, as_ada: Api, sent: Any, shown: Any) -> None:
        assert as_ada.put(PATH, {"quiet_hours": sent})["quiet_hours"] == shown
        assert as_ada.get(PATH)["quiet_hours"] == shown

    def test_null_removes_quiet_hours(self, as_ada: Api) -> None:
        as_ada.put(PATH, {"quiet_hours": {"from": "22:00", "to": "07:00"}})
        assert as_ada.patch(PATH, {"quiet_hours": None}) == DEFAULTS


WRONG: list[tuple[Any, str, str]] = [
    ({"reminder_minutes": None}, "reminder_minutes", "null"),
    ({"reminder_minutes": 60}, "reminder_minutes", "not_a_list"),
    ({"reminder_minutes": "60"}, "reminder_minutes", "not_a_list"),
    ({"reminder_minutes": {"0": 60}}, "reminder_minutes", "not_a_list"),
    ({"reminder_minutes": [1, 2, 3, 4, 5, 6]}, "reminder_minutes", "max_length"),
    ({"reminder_minutes": ["x"] * 100_000}, "reminder_minutes", "max_length"),
    ({"reminder_minutes": [60, 0]}, "reminder_minutes.1", "min_value"),
    ({"reminder_minutes": [-60]}, "reminder_minutes.0", "min_value"),
    ({"reminder_minutes": [40321]}, "reminder_minutes.0", "max_value"),
    ({"reminder_minutes": ["30"]}, "reminder_minutes.0", "invalid"),
    ({"reminder_minutes": [10**30]}, "reminder_minutes.0", "invalid"),
    ({"reminder_minutes": ["1e999"]}, "reminder_minutes.0", "invalid"),
    ({"reminder_minutes": [1.5]}, "reminder_minutes.0", "invalid"),
    ({"reminder_minutes": [True]}, "reminder_minutes.0", "invalid"),
    ({"reminder_minutes": [[60]]}, "reminder_minutes.0", "invalid"),
    ({"reminder_minutes": [None]}, "reminder_minutes.0", "null"),
    ({"quiet_hours": {"from": "22:00", "to": "22:00"}}, "quiet_hours", "no_duration"),
    ({"quiet_hours": {"from": "22:00:00", "to": "22:00"}}, "quiet_hours", "no_duration"),
    ({"quiet_hours": {"from": "22:00"}}, "quiet_hours.to", "required"),
    ({"quiet_hours": {"to": "22:00"}}, "quiet_hours.from", "required"),
    ({"quiet_hours": {}}, "quiet_hours.from", "required"),
    ({"quiet_hours": {"from": None, "to": "07:00"}}, "quiet_hours.from", "null"),
    ({"quiet_hours": {"from": "24:00", "to": "07:00"}}, "quiet_hours.from", "invalid"),
    ({"quiet_hours": {"from": "22:60", "to": "07:00"}}, "quiet_hours.from", "invalid"),
    ({"quiet_hours": {"from": "22:00:30", "to": "07:00"}}, "quiet_hours.from", "invalid"),
    ({"quiet_hours": {"from": "22:00Z", "to": "07:00"}}, "quiet_hours.from", "invalid"),
    ({"quiet_hours": {"from": "٢٢:٠٠", "to": "07:00"}}, "quiet_hours.from", "invalid"),
    ({"quiet_hours": {"from": "7:00", "to": "08:00"}}, "quiet_hours.from", "invalid"),
    ({"quiet_hours": {"from": 22, "to": "07:00"}}, "quiet_hours.from", "invalid"),
    ({"quiet_hours": {"from": ["22:00"], "to": "07:00"}}, "quiet_hours.from", "invalid"),
    ({"quiet_hours": ["22:00", "07:00"]}, "quiet_hours", "invalid"),
    ({"quiet_hours": "22:00-07:00"}, "quiet_hours", "invalid"),
    ({"quiet_hours": False}, "quiet_hours", "invalid"),
    ({"channels": None}, "channels", "null"),
    ({"channels": []}, "channels", "invalid"),
    ({"channels": "all"}, "channels", "invalid"),
    ({"channels": {"reminder": None}}, "channels.reminder", "null"),
    ({"channels": {"reminder": False}}, "channels.reminder", "invalid"),
    ({"channels": {"reminder": ["email"]}}, "channels.reminder", "invalid"),
    ({"channels": {"reminder": {"email": None}}}, "channels.reminder.email", "null"),
    ({"channels": {"reminder": {"email": "yes"}}}, "channels.reminder.email", "invalid"),
    ({"channels": {"reminder": {"sms": 0}}}, "channels.reminder.sms", "invalid"),
    ({"channels": {"reminder": {"push": {}}}}, "channels.reminder.push", "invalid"),
]


@pytest.mark.parametrize(("body", "field", "code"), WRONG, ids=lambda value: str(value)[:50])
class TestWrongValues:
    def test_field_is_named(self, as_ada: Api, body: Any, field: str, code: str) -> None:
        assert (field, code) in refusal(as_ada.patch(PATH, body, expect=400))
        assert as_ada.get(PATH) == DEFAULTS

    def test_field_is_named_in_the_profile(
        self, as_ada: Api, body: Any, field: str, code: str
    ) -> None:
        problem = as_ada.patch("/users/profile/", {"notifications": body}, expect=400)
        assert (f"notifications.{field}", code) in refusal(problem)


class TestProfile:
    def test_profile_shows_preferences(self, as_ada: Api) -> None:
        as_ada.put(PATH, {"reminder_minutes": [30]})
        shown = as_ada.get("/users/profile/")["notifications"]
        assert shown == DEFAULTS | {"reminder_minutes": [30]}

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_profile_changes_only_what_is_sent(self, as_ada: Api, method: str) -> None:
        change = getattr(as_ada, method)
        change("/users/profile/", {"notifications": {"reminder_minutes": [30]}})
        body = {"bio": "Climbs.", "notifications": {"channels": {"reminder": {"sms": False}}}}
        profile = change("/users/profile/", body)
        assert profile["bio"] == "Climbs."
        expected = with_channel("reminder", sms=False) | {"reminder_minutes": [30]}
        assert profile["notifications"] == expected == as_ada.get(PATH)

    def test_profile_change_without_preferences_creates_none(self, as_ada: Api, ada: User) -> None:
        as_ada.patch("/users/profile/", {"bio": "Climbs."})
        assert not Preferences.objects.filter(user=ada).exists()

    @pytest.mark.parametrize("body", [None, [], "none", 0])
    def test_value_that_is_no_object_is_refused(self, as_ada: Api, body: Any) -> None:
        problem = as_ada.patch("/users/profile/", {"notifications": body}, expect=400)
        code = "null" if body is None else "invalid"
        assert refusal(problem) == (("notifications", code),)

    def test_wrong_value_changes_nothing_else(self, as_ada: Api) -> None:
        body = {"bio": "Climbs.", "notifications": {"quiet_hours": []}}
        as_ada.patch("/users/profile/", body, expect=400)
        assert as_ada.get("/users/profile/")["bio"] == ""


def test_relay_reads_the_saved_preferences(as_ada: Api, ada: User) -> None:
    as_ada.put(PATH, {"channels": {"promoted": {"email": False}}, "reminder_minutes": []})
    preferences = preferences_of(ada.pk)
    assert preferences.wants(Kind.PROMOTED, "email") is False
    assert preferences.wants(Kind.PROMOTED, "push") is True
    assert preferences.reminder_minutes == []


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "true", "[{}]", "null"])
def test_body_that_is_no_object_is_refused(as_ada: Api, body: str) -> None:
    response = as_ada.client.put(f"/api{PATH}", body, content_type="application/json")
    assert response.status_code == 400
    assert as_ada.get(PATH) == DEFAULTS
