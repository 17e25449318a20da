"""How times look in the admin, whose clock is TIME_ZONE's: to the second, with the zone."""

DATETIME_FORMAT = "Y-m-d H:i:s e"
