"""Request and response bodies of accounts."""
