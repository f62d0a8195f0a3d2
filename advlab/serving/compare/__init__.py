"""Many attacks on one picture, side by side."""
