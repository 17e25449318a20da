"""Every write on series and their occurrences."""
