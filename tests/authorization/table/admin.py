"""The pages of the admin and their actions, by model."""

from datetime import timedelta

from django.utils import timezone

from tests.authorization.pages import (
    ADDERS,
    CHANGERS,
    DELETERS,
    ENDERS,
    FULL,
    READERS,
    SUPERUSER,
    Page,
)

_START = timezone.now() + timedelta(days=20)
_EVENT = {
    "title": "Changed", "timezone": "UTC", "status": "published", "location": "Town hall",
    "refund_policy": "none", "refund_until_hours": "0",
    "start_time_0": f"{_START:%Y-%m-%d}", "start_time_1": "19:00:00",
    "end_time_0": f"{_START:%Y-%m-%d}", "end_time_1": "22:00:00",
}  # fmt: skip
_PERSON = {"username": "sam", "email": "sam@example.com", "timezone": "UTC", "first_name": "S."}
_SUBSCRIPTION = {
    "provider": "ticketmaster", "query": "rock", "every": "once", "days_ahead": "30",
    "limit": "10", "organizer": "",
}  # fmt: skip

PAGES = [
    Page(
        "accounts.User",
        "sam",
        form=_PERSON,
        adds={FULL, SUPERUSER},  # Django also requires the permission to change
        saves=CHANGERS,
        actions={
            "deactivate": CHANGERS,
            "revoke_organizer": CHANGERS,
            "reactivate": CHANGERS,
            "erase": CHANGERS,
            "trust_address": CHANGERS,
            "turn_off_second_factor": CHANGERS,
        },
        with_action={"confirmed": "yes"},
        more={"auth_user_password_change": CHANGERS},
        more_at={"auth_user_password_change": "sam"},
    ),
    Page("usersessions.UserSession", "session", actions={"end": ENDERS}),
    Page(
        "events.Event",
        "upcoming",
        form=_EVENT,
        adds=ADDERS,
        saves=CHANGERS,
        actions={
            "publish": CHANGERS,
            "cancel": CHANGERS,
            "hand_over": CHANGERS,
            "delete_softly": ENDERS,
        },
        with_action={"confirmed": "yes"},
        with_rows={"new_owner": "oscar"},
    ),
    Page(
        "events.Series",
        "series",
        actions={"publish": CHANGERS, "cancel": CHANGERS, "delete_softly": ENDERS},
    ),
    Page(
        "events.Category",
        "category",
        form={"name": "Renamed", "slug": "renamed"},
        adds=ADDERS,
        saves=CHANGERS,
        deletes=DELETERS,
        actions={"delete_selected": ENDERS},
        with_action={"post": "yes"},
    ),
    Page(
        "events.Tag",
        "tag",
        form={"name": "renamed", "slug": "renamed"},
        adds=ADDERS,
        saves=CHANGERS,
        deletes=DELETERS,
        actions={"delete_selected": ENDERS},
        with_action={"post": "yes"},
    ),
    Page(
        "rsvp.Rsvp",
        "rsvp",
        actions={"cancel": CHANGERS, "check_in": CHANGERS, "undo_check_in": CHANGERS},
        more={"rsvp_rsvp_attendees": READERS},
        more_at={"rsvp_rsvp_attendees": "upcoming"},
    ),
    Page("rsvp.RsvpChange", "rsvp_change"),
    Page("rsvp.CheckIn", "check_in"),
    Page("rsvp.Announcement", "announcement"),
    Page(
        "payments.Payment",
        "payment",
        actions={"refund": CHANGERS, "fetch_states": CHANGERS},
        more={"payments_payment_compare": READERS},
        with_action={"confirmed": "yes"},
    ),
    Page("payments.Refund", "refund"),
    Page("payments.ProviderEvent", "provider_event"),
    Page(
        "reviews.Review",
        "review",
        actions={"hide": CHANGERS, "show": CHANGERS},
        with_action={"confirmed": "yes", "reason": "Rude."},
    ),
    Page(
        "external_events.Import",
        "imported",
        actions={"look_now": CHANGERS, "fetch_banner": CHANGERS},
        more={
            "external_events_import_find": ADDERS,
            "external_events_import_preview": ADDERS,
        },
        more_status={"external_events_import_preview": 404},  # no provider is named
    ),
    Page(
        "external_events.Duplicate",
        "duplicate",
        actions={"judge_different": CHANGERS, "judge_same": CHANGERS},
    ),
    Page("external_events.Run", "run", actions={"stop": CHANGERS}),
    Page(
        "external_events.Subscription",
        "subscription",
        form=_SUBSCRIPTION,
        adds=ADDERS,
        saves=CHANGERS,
        deletes=DELETERS,
        actions={"run_now": CHANGERS, "dry_run_now": CHANGERS, "delete_selected": ENDERS},
        with_action={"post": "yes"},
    ),
    Page("notifications.Notification", "notification"),
    Page("notifications.Delivery", "delivery", actions={"send_again": CHANGERS}),
    Page(
        "notifications.Device",
        "device",
        deletes=DELETERS,
        actions={"delete_selected": ENDERS},
        with_action={"post": "yes"},
    ),
    Page("notifications.Preferences", "preferences"),
]
