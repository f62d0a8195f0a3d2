"""Many people on one real server: what `benchmarks/load.py` is made of."""
