"""What signs show besides numbers: vehicles, people, arrows, lights."""

from advlab.data.drawings.paths import Path, arc, curve, joined, line, mirrored, moved, rounded, turned
from advlab.data.drawings.plate import BLACK, GREEN, RED, WHITE, YELLOW, Colour, Plate


def car(plate: Plate, x: float, colour: Colour) -> None:
    """A car from behind, 0.5 wide, its middle at `x`."""
    body = rounded(((-0.26, -0.02), (0.26, -0.02), (0.26, 0.14), (-0.26, 0.14)), 0.04)
    roof = line((-0.2, 0.0), (-0.13, -0.17), (0.13, -0.17), (0.2, 0.0))
    for part in (body, roof):
        plate.area(moved(part, (x, 0)), colour)
    plate.area(moved(line((-0.13, -0.02), (-0.095, -0.12), (0.095, -0.12), (0.13, -0.02)), (x, 0)), WHITE)
    for wheel in (-0.2, 0.2):
        plate.box(x + wheel - 0.045, 0.12, x + wheel + 0.045, 0.22, colour)


def truck_behind(plate: Plate, x: float, colour: Colour) -> None:
    """A truck from behind, its middle at `x`."""
    plate.box(x - 0.24, -0.34, x + 0.24, 0.12, colour)
    for wheel in (-0.17, 0.17):
        plate.box(x + wheel - 0.055, 0.1, x + wheel + 0.055, 0.22, colour)


def truck(plate: Plate) -> None:
    """A truck from the side; its cab is on the left."""
    plate.box(-0.17, -0.27, 0.54, 0.13, BLACK)
    plate.area(line((-0.54, -0.02), (-0.46, -0.2), (-0.2, -0.2), (-0.2, 0.16), (-0.54, 0.16)), BLACK)
    plate.area(line((-0.47, -0.02), (-0.42, -0.14), (-0.3, -0.14), (-0.3, -0.02)), WHITE)
    plate.box(-0.54, 0.1, 0.54, 0.16, BLACK)
    for wheel in (-0.36, 0.18, 0.38):
        plate.disc(0.105, WHITE, (wheel, 0.18))
        plate.disc(0.085, BLACK, (wheel, 0.18))


def exclamation(plate: Plate) -> None:
    """Danger."""
    plate.area(line((-0.075, -0.32), (0.075, -0.32), (0.045, 0.3), (-0.045, 0.3)), BLACK)
    plate.disc(0.075, BLACK, (0, 0.45))


def crossing(plate: Plate) -> None:
    """The wider road, with right of way."""
    road = line((-0.12, 0.58), (-0.12, 0.02), (-0.27, 0.02), (0, -0.38), (0.27, 0.02), (0.12, 0.02), (0.12, 0.58))
    plate.area(road, BLACK)
    plate.box(-0.4, 0.18, 0.4, 0.29, BLACK)


def bend(plate: Plate, *, left: bool) -> None:
    """A road that turns."""
    path = joined(line((0.18, 0.58), (0.18, 0.3)), arc((0.0, 0.3), (0.18, 0.22), 0, -90), line((-0.14, 0.08)))
    head = line((-0.34, 0.08), (-0.13, -0.09), (-0.13, 0.25))
    plate.stroke(path if left else mirrored(path), 0.16, BLACK, blunt=True)
    plate.area(head if left else mirrored(head), BLACK)


def double_bend(plate: Plate) -> None:
    """A road that turns left, then right."""
    plate.stroke(line((0.16, 0.58), (0.16, 0.14), (-0.12, 0.28), (-0.12, -0.08)), 0.12, BLACK, blunt=True)
    plate.area(line((-0.12, -0.34), (-0.26, -0.04), (0.02, -0.04)), BLACK)


def bumps(plate: Plate) -> None:
    """An uneven road."""
    plate.box(-0.56, 0.46, 0.56, 0.58, BLACK)
    for x in (-0.25, 0.25):
        plate.area(curve((x - 0.29, 0.48), (x - 0.14, 0.38), (x, 0.2), (x + 0.14, 0.38), (x + 0.29, 0.48)), BLACK)


def narrowing(plate: Plate) -> None:
    """A road whose right side comes in."""
    plate.stroke(line((-0.12, 0.6), (-0.12, -0.2)), 0.1, BLACK, blunt=True)
    plate.stroke(line((0.21, 0.6), (0.21, 0.32), (0.07, 0.1), (0.07, -0.2)), 0.1, BLACK, blunt=True)


def skidding(plate: Plate) -> None:
    """A car that slips, and its tracks."""
    body = rounded(((-0.37, 0), (0.37, 0), (0.37, 0.195), (-0.37, 0.195)), 0.045)
    roof = line((-0.26, 0.02), (-0.165, -0.185), (0.165, -0.185), (0.26, 0.02))
    window = line((-0.185, 0), (-0.13, -0.125), (0.13, -0.125), (0.185, 0))
    wheels = [line((x, 0.17), (x + 0.115, 0.17), (x + 0.115, 0.29), (x, 0.29)) for x in (-0.32, 0.205)]
    for part in (body, roof, *wheels, window):
        plate.area(moved(turned(part, 14), (0, 0.015)), WHITE if part is window else BLACK)
    for track in (
        curve((-0.23, 0.34), (-0.39, 0.41), (-0.16, 0.48), (-0.39, 0.59)),
        curve((0.115, 0.38), (-0.045, 0.465), (0.16, 0.52), (0.575, 0.57)),
    ):
        plate.stroke(track, 0.035, BLACK)


def lights(plate: Plate) -> None:
    """Red, yellow and green."""
    for y, colour in ((-0.17, RED), (0.14, YELLOW), (0.45, GREEN)):
        plate.disc(0.145, BLACK, (0, y))
        plate.disc(0.125, colour, (0, y))


def snowflake(plate: Plate) -> None:
    """Frost."""
    for angle in range(0, 180, 60):
        plate.stroke(moved(turned(line((0, -0.36), (0, 0.36)), angle), (0, 0.25)), 0.075, BLACK)
    for angle in range(0, 360, 60):
        plate.stroke(moved(turned(line((-0.1, -0.34), (0, -0.2), (0.1, -0.34)), angle), (0, 0.25)), 0.055, BLACK)


def walker(plate: Plate, at: tuple[float, float] = (0, 0), size: float = 1.0, colour: Colour = BLACK) -> None:
    """Somebody who walks to the left; about 1 high and the feet at 0.6."""

    def place(path: Path) -> Path:
        return moved(path, at, size)

    head = place(line((0.0, -0.34)))[0]
    plate.disc(0.085 * size, colour, (head[0], head[1]))
    plate.area(place(line((-0.09, -0.22), (0.1, -0.22), (0.12, 0.18), (-0.07, 0.18))), colour)
    for limb, width in (
        (line((0.0, 0.14), (-0.1, 0.36), (-0.22, 0.58), (-0.3, 0.58)), 0.1),
        (line((0.05, 0.14), (0.12, 0.36), (0.27, 0.58)), 0.1),
        (line((-0.06, -0.17), (-0.2, 0.0), (-0.28, 0.08)), 0.07),
        (line((0.07, -0.17), (0.2, 0.0), (0.28, 0.1)), 0.07),
    ):
        plate.stroke(place(limb), width * size, colour)


def pedestrian(plate: Plate) -> None:
    """Somebody on a crossing."""
    walker(plate, (0, 0.02), 0.92)


def children(plate: Plate) -> None:
    """Two of them, hand in hand."""
    walker(plate, (0.17, 0.08), 0.84)
    walker(plate, (-0.24, 0.22), 0.6)
    plate.stroke(line((-0.1, 0.2), (0.02, 0.16)), 0.06, BLACK)


def works(plate: Plate) -> None:
    """Somebody who shovels a heap."""
    plate.disc(0.09, BLACK, (-0.08, -0.31))
    plate.stroke(line((-0.1, -0.17), (-0.21, 0.14)), 0.14, BLACK)
    plate.stroke(line((-0.21, 0.16), (-0.16, 0.37), (-0.35, 0.59)), 0.08, BLACK)
    plate.stroke(line((-0.19, 0.16), (0.0, 0.35), (0.0, 0.59)), 0.08, BLACK)
    plate.stroke(line((-0.06, -0.15), (0.06, 0.06), (0.02, 0.12)), 0.055, BLACK)
    plate.stroke(line((-0.25, -0.03), (0.27, 0.35)), 0.04, BLACK)
    plate.area(curve((-0.04, 0.63), (0.14, 0.47), (0.34, 0.2), (0.54, 0.47), (0.72, 0.63)), BLACK)


def bicycle(plate: Plate) -> None:
    """From the side, in the sign's thin lines."""
    for x in (-0.36, 0.36):
        plate.stroke(arc((x, 0.43), (0.2, 0.2), 0, 360), 0.02, BLACK)
    for part in (
        line((-0.36, 0.43), (-0.12, 0.17), (0.17, 0.17), (-0.02, 0.43), (-0.12, 0.17)),
        line((-0.36, 0.43), (-0.02, 0.43)),
        line((0.36, 0.43), (0.14, 0.07), (0.23, 0.05)),
        line((-0.12, 0.17), (-0.15, 0.09)),
        line((-0.22, 0.09), (-0.07, 0.09)),
    ):
        plate.stroke(part, 0.028, BLACK)


def deer(plate: Plate) -> None:
    """One that leaps to the left."""

    def place(path: Path) -> Path:
        return moved(path, (0.05, 0.13), 0.76)

    back = curve(
        (-0.3, 0.06), (-0.1, 0.02), (0.14, 0.12), (0.3, 0.1), (0.32, 0.2), (0.1, 0.32), (-0.14, 0.26), (-0.28, 0.16)
    )
    plate.area(place(back), BLACK)
    for limb, width in (
        (line((-0.24, 0.14), (-0.36, -0.08)), 0.12),
        (line((-0.36, -0.08), (-0.5, -0.02)), 0.09),
        (line((-0.34, -0.1), (-0.3, -0.28), (-0.2, -0.34)), 0.04),
        (line((-0.36, -0.1), (-0.38, -0.28)), 0.04),
        (line((-0.22, 0.22), (-0.42, 0.34), (-0.5, 0.3)), 0.06),
        (line((-0.16, 0.24), (-0.3, 0.46), (-0.4, 0.44)), 0.06),
        (line((0.26, 0.2), (0.38, 0.36), (0.52, 0.5)), 0.07),
        (line((0.2, 0.24), (0.26, 0.42), (0.4, 0.56)), 0.065),
    ):
        plate.stroke(place(limb), width * 0.76, BLACK)


def ahead(plate: Plate) -> None:
    """Straight on."""
    plate.arrow(line((0, 0.66), (0, -0.7)), 0.24, 0.72, WHITE)


def turn(plate: Plate, *, left: bool) -> None:
    """Ahead, then to one side."""
    path = joined(line((-0.24, 0.68), (-0.24, 0.1)), arc((0.06, 0.1), (0.3, 0.3), 180, 270), line((0.62, -0.2)))
    path = moved(path, (0, -0.02))
    plate.arrow(mirrored(path) if left else path, 0.22, 0.64, WHITE)


def straight_or(plate: Plate, *, left: bool) -> None:
    """Straight on, or to one side."""
    side = -1 if left else 1
    plate.arrow(line((-0.14 * side, 0.72), (-0.14 * side, -0.78)), 0.2, 0.6, WHITE)
    branch = joined(line((-0.14, 0.52)), arc((0.1, 0.4), (0.24, 0.26), 180, 270), line((0.74, 0.14)))
    plate.arrow(mirrored(branch) if left else branch, 0.19, 0.56, WHITE)


def keep(plate: Plate, *, left: bool) -> None:
    """Past this side."""
    path = turned(line((-0.66, 0), (0.7, 0)), 45)
    plate.arrow(mirrored(path) if left else path, 0.26, 0.72, WHITE)


def roundabout(plate: Plate) -> None:
    """Three arrows, one after the other, against the clock."""
    for begin in (10, 130, 250):
        plate.arrow(arc((0, 0), (0.58, 0.58), begin, begin - 96), 0.17, 0.44, WHITE)
