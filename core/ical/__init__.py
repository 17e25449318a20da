"""Calendar files (RFC 5545): entries and time zones."""
