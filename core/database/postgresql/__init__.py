"""Django's PostgreSQL backend, with timeouts that poolers accept (docs/adr/0018)."""
