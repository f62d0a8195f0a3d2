"""The report on one attack."""

from advlab import attacks, models
from advlab.core.attack import Access
from advlab.core.norms import Norm
from advlab.core.request import Value
from advlab.core.service import Service
from advlab.errors import AdvlabError
from advlab.serving.crafted import listed
from advlab.serving.exports import command, script
from advlab.serving.exports.files import complete
from advlab.serving.exports.report import charts, figures
from advlab.serving.exports.report.sheet import sheet
from advlab.serving.exports.report.text import facts, safe
from advlab.serving.notes import notes, title, word
from advlab.serving.outcome import Outcome, percent, sentence, size

_SEES = {
    Access.GRADIENT: "gradients (white box)",
    Access.SCORES: "probabilities only",
    Access.LABEL: "the answer only",
}
_NOTHING = "nothing of this model, which is asked once; of those that it is made on, everything"
_HAPPENED = "One picture and one seed: this shows that it can happen, not how often"
_HELD = "One picture, one attack, one budget: this does not show that the model is robust"


def html(outcome: Outcome, picture_title: str, *, picture_name: str = "picture.png", link: str | None = None) -> str:
    """The report.

    Args:
        outcome: what it reports.
        picture_title: what people call the picture.
        picture_name: its file name, for the script and the command line.
        link: the address of the page with the same controls, if it is to be in the report.
    """
    subject = f"{picture_title} · {_model(outcome.request.model)} · {title(outcome.request)}"
    main = (
        _verdict(outcome),
        _result(outcome),
        _change(outcome),
        _asked(outcome, picture_title),
        _again(outcome, picture_name, link),
    )
    name = f"{outcome.verdict}: {picture_title}"
    return sheet("\n".join(main), title=name, kind="attack report", subject=subject, script="report.js")


def _verdict(outcome: Outcome) -> str:
    before, after = outcome.before, outcome.after
    change = f'<span class="share">{safe(percent(before.confidence))}</span>'
    if outcome.changed:
        name = f"{safe(after.label)} " if after.index != before.index else ""
        change += f' <span class="after">→ {name}<span class="share">{safe(percent(after.confidence))}</span></span>'
    return (
        f'<section class="verdict {outcome.verdict.kind}"><p class="word">{safe(word(outcome))}</p>'
        f"<h1>{safe(before.label)} {change}</h1><p>{safe(sentence(outcome))}</p></section>{_doubts(outcome)}"
    )


def _doubts(outcome: Outcome) -> str:
    """Why the verdict may be wrong."""
    return "".join(f'<p class="doubt"><b>Beware.</b> {safe(note)}</p>' for note in outcome.notes)


def _result(outcome: Outcome) -> str:
    before, after = outcome.before, outcome.after
    target = {outcome.goal: "target"} if outcome.goal else {}
    top = charts.bars("Top 5 before the attack", before, target | {before.label: "clean"})
    if outcome.changed:
        roles = {after.label: figures.after_kind(outcome), before.label: "clean"} | target
        top += charts.bars("Top 5 after the attack", after, roles)
    numbers = {norm.symbol: size(norm, outcome.norms[norm.value]) for norm in (Norm.LINF, Norm.L2)} | {
        "SSIM": f"{outcome.similarity:.3f}",
        "Queries": f"{outcome.queries:,}",
        **(
            {"Gradients": f"{outcome.gradients:,}"}
            if outcome.crafted is None
            else {"Source passes": f"{outcome.crafted.total:,}"}
        ),
        "Time": f"{outcome.seconds:.1f} s",
    }
    return f'<div class="two">{figures.comparison(outcome)}<div>{facts(numbers, "numbers")}{top}</div></div>'


def _change(outcome: Outcome) -> str:
    listed = "".join(
        f"<li>{safe(note)}</li>" for note in (*notes(outcome), _HAPPENED if outcome.verdict.success else _HELD)
    )
    checks = f'<section class="chart"><h3>What these numbers are</h3><ul class="checks">{listed}</ul></section>'
    if not outcome.changed:
        return checks
    return f'<div class="two">{figures.change(outcome)}<div>{charts.curve(outcome)}{checks}</div></div>'


def _asked(outcome: Outcome, picture_title: str) -> str:
    request, how = outcome.request, outcome.execution
    attack = attacks.registry.get(request.attack)
    limit = "none: the smallest change is searched" if request.eps is None else size(request.norm, request.eps)
    asked = {
        "Picture": picture_title,
        "Shows": outcome.truth or "not said; the model's own answer counts as the truth",
        "Model": _model(request.model),
        "Attack": attack.title,
        **({} if outcome.crafted is None else {"Made on": listed(outcome.crafted.sources)}),
        "The attacker sees": _SEES[attack.access] if outcome.crafted is None else _NOTHING,
        "Goal": "any other class" if outcome.goal is None else outcome.goal,
        "Norm": request.norm.symbol,
        "ε": limit,
        "Seed": str(request.seed),
        "Maximum queries": "no limit" if request.max_queries is None else f"{request.max_queries:,}",
        "Ends at the first success": "yes" if request.early_stop else "no",
    }
    asked |= {str(Service.model_fields[name].title): _value(value) for name, value in request.service.unusual.items()}
    own = complete(request).parameters
    asked |= {str(field.title or name): _value(own[name]) for name, field in attack.model_fields.items()}
    execution = {
        "Device": f"{how.device}, {how.threads} thread{'s' if how.threads > 1 else ''}",
        "Processor": how.processor,
        "Precision": f"{how.precision}, {'channels last' if how.channels_last else 'channels first'}",
        "Images at once": "automatic" if how.chunk is None else str(how.chunk),
        "PyTorch": how.torch,
        "AdvLab": how.advlab,
        "Model, SHA-256": how.model_digest,
        "Clean picture, SHA-256": how.picture_digest,
    }
    if how.source_digest is not None:
        execution["Made on, SHA-256"] = how.source_digest
    return (
        f'<div class="two even"><section><h2>What was asked</h2>{facts(asked, "table")}</section>'
        f"<section><h2>What it ran on</h2>{facts(execution, 'table')}</section></div>"
    )


def _again(outcome: Outcome, picture_name: str, link: str | None) -> str:
    stopped = " The run was stopped by hand; these go on to its end." if outcome.stopped else ""
    there = f'<p>The same controls: <a href="{safe(link)}">{safe(link)}</a></p>' if _is_address(link) else ""
    return (
        '<section class="again"><h2>Do it again</h2>'
        f"<p>On the execution above, both give the same pixels, to the bit.{stopped}</p>{there}"
        f"<h3>In a terminal, in AdvLab's folder</h3><pre>{safe(command.cli(outcome, picture_name))}</pre>"
        f"<h3>In Python</h3><pre>{safe(script.script(outcome, picture_name))}</pre></section>"
    )


def _is_address(link: str | None) -> bool:
    """Whether it may be clicked: nothing that runs, such as javascript:."""
    return link is not None and link.startswith(("https://", "http://"))


def _model(name: str) -> str:
    """What people call it; own weights may be gone by now."""
    try:
        return models.card(name).title
    except AdvlabError:
        return name.partition(":")[0] if name.startswith("own:") else name


def _value(value: Value) -> str:
    if value is None:
        return "automatic"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value.replace("_", "-")
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
