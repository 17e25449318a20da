"""Writes on events, categories, tags and helpers; `events.series` writes series."""
