"""Dashboards in the admin: numbers of events, and live attendance."""

from typing import Any

from django.contrib import admin

from analytics.admin.pages import urls

# Hooks of the theme: the page at the root of the admin, and URLs beside those of models.
_site: Any = admin.site
_site.index_template = "admin/analytics/dashboard.html"
_site.extra_urls = urls
