"""What can be said about an attack's result beyond its verdict."""
