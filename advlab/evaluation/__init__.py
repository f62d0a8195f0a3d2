"""How robust a network is over a data set: counts with their intervals, per image, that can be gone on with."""
