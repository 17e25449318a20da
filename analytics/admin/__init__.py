"""Dashboards in the admin: numbers of all events or one's own, and attendance on the day."""

from typing import Any

from django.contrib import admin

from analytics.admin.pages import urls

# The theme's own hooks: the page at the admin's root, and addresses beside the models'.
_site: Any = admin.site
_site.index_template = "admin/analytics/dashboard.html"
_site.extra_urls = urls
