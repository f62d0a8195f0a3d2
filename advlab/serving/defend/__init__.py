"""Defenses on one picture: against who does not know them, and against who does."""
