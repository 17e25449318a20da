"""Formats of times in the admin: those of `core.clock`, in TIME_ZONE, which is UTC."""

DATETIME_FORMAT = "D j M Y, H:i e"
DATE_FORMAT = "D j M Y"
TIME_FORMAT = "H:i"
