"""The command line: attack a picture, train a network, list what there is."""

import sys

from rich.console import Console

from advlab.cli import attack, compare, defend, defend_set, models, substitute, train, unforeseen
from advlab.cli.base import app
from advlab.errors import AdvlabError

__all__ = ["app", "attack", "compare", "defend", "defend_set", "main", "models", "substitute", "train", "unforeseen"]


def main() -> None:
    """Run the command line; what a person can mend is one sentence and exit code 2."""
    try:
        app(standalone_mode=True)
    except AdvlabError as error:
        Console(stderr=True).print(f"[bold]advlab:[/bold] {error}", highlight=False)
        sys.exit(2)
