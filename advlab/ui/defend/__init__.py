"""The page on defenses."""
