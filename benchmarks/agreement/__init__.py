"""The same attacks here and in the peers: networks, libraries, tables of attacks, and who judges."""
