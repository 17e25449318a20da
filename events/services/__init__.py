"""Every write on events, and on what they are about."""
