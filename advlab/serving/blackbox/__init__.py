"""What an attacker can do who cannot see into a model."""
