"""Every write on users, their credentials and their sessions."""
