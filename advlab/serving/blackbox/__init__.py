"""What can be done to a model behind an interface: a race of attacks, a copy of it, pictures made on other models."""
