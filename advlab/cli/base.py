"""What the commands share: the program that they are registered with, and where they print."""

import typer
from rich.console import Console

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Adversarial attacks on image classifiers.")
console = Console()
