"""The look of the admin."""

from django.templatetags.static import static

UNFOLD = {
    "SCRIPTS": [lambda request: static("core/admin.js")],
    "STYLES": [lambda request: static("core/admin.css")],
    "SITE_TITLE": "Event Booking & Attendance",
    "SITE_HEADER": "Event Booking",
    "SITE_SUBHEADER": "Events, RSVPs and the people behind them",
    "SITE_SYMBOL": "event_available",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}
    ],
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"form": "accounts.forms.AdminLoginForm"},
    "DASHBOARD_CALLBACK": "analytics.admin.dashboard.dashboard",
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "analytics.admin.sidebar.navigation",
    },
}
