"""Attacks that see little or nothing of the network that they are for."""
