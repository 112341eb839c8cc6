"""The report as one HTML file that needs nothing else: styles, charts and script are inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chaoskit.core.result import ExperimentResult
from chaoskit.report.charts.palette import Palette, palette_of
from chaoskit.report.charts.topology import topology_picture
from chaoskit.report.markup import Content, Markup, el, join
from chaoskit.report.model import RunModel, model_of
from chaoskit.report.page import verdicts
from chaoskit.report.page.charts import run_charts, scales_for
from chaoskit.report.page.document import asset, document
from chaoskit.report.page.environment import environment
from chaoskit.report.page.logs import logs
from chaoskit.report.page.story import actions, impact, timeline


def render(result: ExperimentResult, models: Sequence[RunModel] | None = None) -> str:
    """The whole document; `models` saves computing them again."""
    shown = list(models) if models is not None else [model_of(arm) for arm in result.arms]
    return document(f"{result.experiment}: {result.verdict}", *_body(result, shown))


def _body(result: ExperimentResult, models: Sequence[RunModel]) -> Sequence[Content]:
    palette, scales = palette_of(models), scales_for(models)
    return [
        el("header", *_title(result, models)),
        el(
            "main",
            _verdicts(result, models),
            verdicts.table("Arms compared", result.compares) if result.compares else None,
            _section("What happened", models, lambda model: run_charts(model, scales, palette)),
            _section("What it cost", models, lambda model: join(impact(model), timeline(model))),
            _lab(models, palette),
            _section("Environment", models, environment),
            _section("Logs", models, lambda model: logs(model.arm, hit_hosts(model))),
        ),
        el("footer", _footer(models)),
        el("script", asset("report.js")),
    ]


def _title(result: ExperimentResult, models: Sequence[RunModel]) -> Sequence[Content]:
    first = models[0] if models else None
    when = f"{first.utc.date()} {first.utc.clock(0, 0)} UTC" if first and first.utc.known else None
    over = [el("b", result.experiment), *([el("span", when)] if when else [])]
    if first:
        over += [el("span", f"seed {first.arm.history.meta.seed}"), el("span", f"{first.arm.history.meta.driver} lab")]
    attempts = [el("span", f"Attempt: {attempt}") for attempt in result.attempts]
    return [
        el("p", *over, class_="over"),
        el("h1", result.claim),
        el("div", verdicts.badge(result.verdict), *attempts, class_="sum"),
        verdicts.proofs(result),
    ]


def _verdicts(result: ExperimentResult, models: Sequence[RunModel]) -> Markup:
    """The verdicts of each arm, and whether a twin's are the ones it had to have."""
    proved = {proof.twin: ", failed as it must" if proof.proved else ", not proved" for proof in result.proofs}
    columns = []
    for model in models:
        arm = model.arm
        mistake = el("small", f"twin: {arm.mistake}{proved.get(arm.arm, '')}") if arm.mistake else None
        heading = el("h3", arm.arm, verdicts.badge(arm.verdict), mistake)
        columns.append(el("div", heading, verdicts.arm_verdicts(arm)))
    return el("section", el("h2", "Verdicts"), el("div", *columns, class_="arms"))


def _section(title: str, models: Sequence[RunModel], content: Callable[[RunModel], Markup]) -> Markup:
    """A section with a column for each arm; side by side where there is room."""
    columns = [el("div", _arm_title(model, len(models)), content(model)) for model in models]
    return el("section", el("h2", title), el("div", *columns, class_="arms"))


def _arm_title(model: RunModel, arms: int) -> Markup | None:
    """Which arm a column is about; nothing where there is only one."""
    arm = model.arm
    mistake = el("small", f"twin: {arm.mistake}") if arm.mistake else None
    return el("h3", arm.arm, mistake) if arms > 1 else None


def _lab(models: Sequence[RunModel], palette: Palette) -> Markup:
    """The picture and the action log; one picture where every arm hit the same hosts of the same lab."""
    if _alike(models):
        logged = [join(_arm_title(model, len(models)), actions(model)) for model in models]
        columns = [el("div", _picture(models[0], palette)), el("div", *logged)]
        return el("section", el("h2", "Lab and actions"), el("div", *columns, class_="pair"))
    return _section("Lab and actions", models, lambda model: join(_picture(model, palette), actions(model)))


def _alike(models: Sequence[RunModel]) -> bool:
    pictures = [(model.arm.history.topology, hit_hosts(model)) for model in models]
    return bool(pictures) and all(picture == pictures[0] for picture in pictures)


def _picture(model: RunModel, palette: Palette) -> Markup:
    return topology_picture(model.arm.history.topology, hit_hosts(model), palette)


def hit_hosts(model: RunModel) -> dict[str, str]:
    """The hosts that faults changed, and the names of those faults."""
    hit: dict[str, str] = {}
    for fault in model.faults:
        # A link is its host's: app-1/front.
        hosts = () if fault.before_ready else dict.fromkeys(target.partition("/")[0] for target in fault.hosts)
        for host in hosts:
            hit[host] = f"{hit[host]}, {fault.name}" if host in hit else fault.name
    return hit


def _footer(models: Sequence[RunModel]) -> str:
    versions = {str(model.arm.history.meta.environment.get("chaoskit", "")) for model in models} - {""}
    name = " ".join(["chaoskit", ", ".join(sorted(versions))]).strip()
    return f"{name}. Times are seconds since load began (T+) and UTC."
