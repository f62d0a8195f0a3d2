"""Commands about models: what there is."""

from rich.table import Column, Table

from advlab import models
from advlab.cli.base import app, console


@app.command("models")
def list_models() -> None:
    """The models there are."""
    table = Table(Column("name", no_wrap=True), "model", "input", "published accuracy", "weights")
    for name, card in models.catalogue().items():
        here = "here" if card.weights() else card.install
        table.add_row(name, card.title, "×".join(map(str, card.input_size)), card.accuracy, here)
    console.print(table)
