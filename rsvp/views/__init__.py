"""API views of RSVPs, attendees, check-in and calendar feeds."""
