"""The page on attacks that see little or nothing of the network."""
