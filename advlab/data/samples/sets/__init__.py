"""Sets of samples, one file each."""
