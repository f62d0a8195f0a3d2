"""What the command line shows and writes of a run."""

from pathlib import Path

from rich.markup import escape
from rich.table import Table

from advlab.cli.base import console
from advlab.errors import InputError
from advlab.serving.exports import command, files, names, report, script
from advlab.serving.outcome import Outcome, percent, sentence


def show(outcome: Outcome) -> None:
    """The verdict and few numbers."""
    before, after = outcome.before, outcome.after
    console.print(f"[bold]{outcome.verdict}[/bold]  {sentence(outcome)}", highlight=False)
    for note in outcome.notes:
        console.print(f"[bold]Beware.[/bold] {escape(note)}", highlight=False)
    table = Table("", "before", "after")
    table.add_row(
        "answer", f"{before.label} {percent(before.confidence)}", f"{after.label} {percent(after.confidence)}"
    )
    table.add_row("L∞", "", f"{outcome.norms['linf'] * 255:.3g}/255")
    table.add_row(
        "L2", "", f"{outcome.norms['l2']:.4g} (before rounding to 8 bits {outcome.unrounded_norms['l2']:.4g})"
    )
    table.add_row("queries, gradients", "", f"{outcome.queries:,}, {outcome.gradients:,}")
    if outcome.crafted is not None:
        table.add_row(
            "forward, back through each source", "", f"{outcome.crafted.queries:,}, {outcome.crafted.gradients:,}"
        )
    table.add_row("seconds", "", f"{outcome.seconds:.2f} on {outcome.device}")
    console.print(table)
    if outcome.drawn_start:
        console.print("It started from a picture of the target drawn with the model's gradient, in place of a photo.")


def write(outcome: Outcome, folder: Path, picture_name: str) -> None:
    """The picture, and everything that says how it came about, under one name.

    Raises:
        InputError: the folder cannot be written to.
    """
    stem = names.stem(outcome, picture_name)
    contents = {
        "png": outcome.png,
        "npz": files.npz(outcome),
        "json": files.as_json(outcome).encode(),
        "yaml": files.as_yaml(outcome).encode(),
        "py": script.script(outcome, picture_name).encode(),
        # Names of files are bytes: what is not UTF-8 goes back as it came.
        "sh": f"{command.cli(outcome, picture_name)}\n".encode("utf-8", "surrogateescape"),
        "html": report.html(outcome, stem, picture_name=picture_name).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, data in contents.items():
            (folder / f"{stem}.{kind}").write_bytes(data)
    except OSError as error:
        raise InputError(f"Cannot write to {folder}: {error.strerror or error}.") from error
    console.print(f"Written: {folder / stem}.{{{','.join(contents)}}}", highlight=False, markup=False)
