"""The sidebar of the admin: the dashboard, then the models that the person may view."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the sidebar; called by the theme for every page."""
    index = reverse("admin:index")
    dashboard = {
        "title": "Dashboard",
        "icon": "bar_chart",
        "link": index,
        "active": request.path == index or request.path.startswith(f"{index}analytics/"),
    }
    apps = [
        {
            "title": app["name"],
            "separator": True,
            "items": [
                {
                    "title": model["name"],
                    "link": model["admin_url"],
                    "active": request.path.startswith(model["admin_url"]),
                }
                for model in app["models"]
                if model["admin_url"]
            ],
        }
        for app in admin.site.get_app_list(request)
    ]
    return [{"items": [dashboard]}, *apps]
