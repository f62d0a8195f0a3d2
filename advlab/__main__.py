"""`python -m advlab`: the same requests from a terminal."""

import os

# Threads that wait without spinning: on a shared machine spinning ones make a run ten times slower.
# Must be set before PyTorch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from advlab.cli import main

if __name__ == "__main__":
    main()
