"""How Django writes times in the admin: as `config.clock` does, in TIME_ZONE, which is UTC."""

DATETIME_FORMAT = "D j M Y, H:i e"
DATE_FORMAT = "D j M Y"
TIME_FORMAT = "H:i"
