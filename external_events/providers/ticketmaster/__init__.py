"""Ticketmaster, through its Discovery API (v2)."""
