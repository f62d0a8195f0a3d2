"""The page on what can be done without a look into the model."""
