"""Admin pages of events, series, categories and tags, which write through the services."""

from events.admin.categories import CategoryAdmin, TagAdmin
from events.admin.events import EventAdmin
from events.admin.registry import register_inline, register_list_filter
from events.admin.series import SeriesAdmin
