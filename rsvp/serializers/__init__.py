"""The shape of RSVPs and of the door on the wire."""
