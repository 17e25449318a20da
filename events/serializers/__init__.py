"""Request and response bodies of events."""
