"""Serializers of RSVPs, attendees and check-ins."""
