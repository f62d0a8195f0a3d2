"""The report on defenses over a set of pictures."""

from advlab import attacks, models
from advlab._version import __version__
from advlab.evaluation.trial import Trial
from advlab.models.shipped import Count
from advlab.serving.defend.survey import Survey
from advlab.serving.exports.report.sheet import rows, sheet, verdict
from advlab.serving.exports.report.text import facts, safe
from advlab.serving.outcome import size

# As in the figure on the page; `rejected` says what detectors refused.
_COUNTS = {"clean": "other", "unaware": "unaware", "adaptive": "adversarial"}
_HEAD = ("Defense", "Clean pictures", "Attack that does not know it", "Attack that does", "What it comes to")


def html(found: Survey) -> str:
    """One HTML file that opens offline."""
    network = models.card(found.request.model).title
    radius = f"{found.request.norm.symbol} ε = {size(found.request.norm, found.request.eps)}"
    note = "Right answers in % of all pictures, with 95% intervals. Only an attack that knows a defense is evidence."
    main = (
        verdict(found.sentence, note, "adversarial"),
        rows(_HEAD, [_row(found, key, title) for key, title in found.rows]),
        _against_radius(found),
        _asked(found, network, radius),
    )
    subject = f"{network} · {found.data.rule} · {radius}"
    return sheet("\n".join(main), title="Defenses over a set", kind="defenses over a set", subject=subject)


def _row(found: Survey, key: str, title: str) -> str:
    trial, said = found.trials.get(key), found.ruling(key)
    name = f'<th scope="row">{safe(title if trial is None else trial.contender.title)}</th>'
    if trial is None or not trial.fates:
        return f'<tr>{name}<td colspan="4">{safe(found.problems.get(key, "Not counted."))}</td></tr>'
    cells = "".join(_cell(getattr(trial, count), kind) for count, kind in _COUNTS.items())
    word, sentence = ("STOPPED", f"{len(trial.fates)} pictures were counted.") if said is None else (
        said.word.value, said.sentence)  # fmt: skip
    more = "".join(f"<br><small>{safe(line)}</small>" for line in _details(trial))
    return f"<tr>{name}{cells}<td><b>{safe(word)}</b><br>{safe(sentence)}{more}</td></tr>"


def _cell(count: Count, kind: str) -> str:
    """A share with its interval, as numbers and as a bar."""
    low, high = (100 * end for end in count.interval)
    return (
        f'<td><b>{count.share:.0%}</b> <small>{low:.0f}–{high:.0f}</small><span class="share">'
        f'<span class="bar {kind}" style="width:{100 * count.share:.2f}%"></span>'
        f'<span class="range" style="left:{low:.2f}%;width:{high - low:.2f}%"></span></span></td>'
    )


def _details(trial: Trial) -> list[str]:
    """What it refused, what it fell to, and what other attacks took."""
    found = []
    if trial.rejected.correct:
        found.append(f"No answer to {trial.rejected.share:.0%} of the clean pictures.")
    for what, counted in (("Fell to", trial.by), ("Other attacks took", trial.missed or {})):
        numbers = ", ".join(f"{name} {number}" for name, number in counted.items() if number)
        found += [f"{what}: {numbers}."] if numbers else []
    return found


def _against_radius(found: Survey) -> str:
    """How often each is right where both attackers may change less or more; nothing where it was not asked for."""
    if not found.curves:
        return ""
    own = found.request.eps
    radii = sorted({own, *(eps for curve in found.curves.values() for eps in curve)})
    body = []
    for key, title in found.rows:
        if key not in found.trials:
            continue
        points = {own: found.trials[key], **found.curves.get(key, {})}
        cells = "".join(
            f"<td><b>{points[eps].adaptive.share:.0%}</b> <small>{points[eps].unaware.share:.0%}</small></td>"
            if eps in points else "<td>–</td>"
            for eps in radii
        )  # fmt: skip
        body.append(f'<tr><th scope="row">{safe(title)}</th>{cells}</tr>')
    head = ("Defense", *(f"ε = {size(found.request.norm, eps)}" for eps in radii))
    return (
        "<section><h2>Within smaller and larger radii</h2><p>Large: right under an attack that knows the defense. "
        f"Small: under one that does not.</p>{rows(head, body)}</section>"
    )


def _asked(found: Survey, network: str, radius: str) -> str:
    request = found.request
    by = "the one that suits each" if request.override is None else attacks.registry.get(request.override).title
    asked = {
        "Pictures": found.data.rule,
        "Undefended network": network,
        "Both attackers may change": radius,
        "Steps": str(request.steps),
        "Attack of who knows a defense": by,
        "Seed": str(request.seed),
        "Other attacks tried on what was left": "yes" if request.check else "no",
        "Time": f"{found.seconds:.0f} s",
        "AdvLab": __version__,
    }
    return f"<section><h2>What was asked</h2>{facts(asked, 'table')}</section>"
