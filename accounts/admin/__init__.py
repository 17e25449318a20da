"""Users, their sessions and sign-in methods in the admin."""

from accounts.admin import credentials, people
