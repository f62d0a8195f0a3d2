"""The page that compares attacks."""
