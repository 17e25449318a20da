"""Every write on people, their ways in and their sign-ins."""
