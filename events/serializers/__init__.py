"""The shape of events on the wire."""
