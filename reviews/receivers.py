"""What becomes of reviews when the floors below ask."""
