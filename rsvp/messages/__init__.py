"""Messages about RSVPs: receipts, changes, reminders and the weekly digest."""
