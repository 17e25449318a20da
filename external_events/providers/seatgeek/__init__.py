"""SeatGeek, through its Platform API (v2)."""
