"""RSVPs and the door over HTTP."""
