"""Experiments, actions, probes and checks as JSON and as text: what `list` and `show` print."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from chaoskit.core.action import Entry
from chaoskit.core.load import Load
from chaoskit.core.names import Names
from chaoskit.core.units import NS, show_duration
from chaoskit.engine.found import Found
from chaoskit.engine.registry import Registered
from chaoskit.engine.title import title
from chaoskit.engine.words import Word


def experiment_json(found: Found) -> dict[str, object]:
    """What `list --json` says of an experiment; `duration` is in seconds."""
    experiment = found.experiment
    return {
        "id": found.id,
        "claim": experiment.claim,
        "lab": experiment.lab.source,
        "drivers": list(experiment.drivers),
        "duration": experiment.length / NS,
        "arms": list(experiment.arms),
        "params": dict(found.params),
        "source": str(found.source),
        "doc": found.doc,
    }


def experiment_lines(found: Found) -> Iterator[str]:
    """An experiment as its author would tell it."""
    experiment, names = found.experiment, found.names
    yield found.id
    yield f"  claim     {experiment.claim}"
    yield f"  lab       {_lab(found)}"
    yield f"  duration  {show_duration(experiment.length)}"
    yield f"  drivers   {', '.join(experiment.drivers)}"
    yield f"  source    {experiment.where}"
    yield from _section("params", [f"{name} = {value}" for name, value in found.params.items()])
    yield from _section("loads", [_load(load, names) for load in experiment.every_load])
    yield from _section("timeline", [_entry(entry, names) for entry in experiment.timeline])
    yield from _section("probes", [f"{names.of(each)}: {title(each, names)}" for each in experiment.probes])
    yield from _section("checks", [f"{names.of(each)}: {title(each, names)}" for each in experiment.checks])
    yield from _section("compares", [f"{names.of(each)}: {title(each, names)}" for each in experiment.compares])
    yield from _section("guards", [f"stop unless {title(each.check, names)}" for each in experiment.guards])
    yield from _section("arms", ["guarded", *_twins(found)])
    if found.doc:
        yield ""
        yield from (f"  {line}".rstrip() for line in found.doc.splitlines())


def _load(load: Load, names: Names) -> str:
    return f"{names.of(load)}: {load.request.title}, {load.arrivals.title}, from {load.clients}"


def _entry(entry: Entry, names: Names) -> str:
    lasting = f" for {show_duration(entry.lasting)}" if entry.lasting else ""
    return f"T+{show_duration(entry.start)} {names.of(entry.action)}: {title(entry.action, names)}{lasting}"


def _lab(found: Found) -> str:
    lab = found.experiment.lab
    if lab.is_external:
        return f"{lab.source}, a system elsewhere"
    return " + ".join((lab.source, *lab.overlays))


def _twins(found: Found) -> Iterator[str]:
    for twin in found.experiment.twins:
        must = ", ".join(found.names.of(check) for check in twin.must_fail)
        may = ", ".join(found.names.of(check) for check in twin.may_fail)
        yield f"{twin.name}: {twin.mistake}; must fail: {must}" + (f"; may fail: {may}" if may else "")


def _section(title: str, lines: list[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"  {title if number == 0 else '':<8}  {line}"


def kind_json(kind: Registered | Word) -> dict[str, object]:
    """What `list --actions --json` says of an action; the same for probes, checks and other words."""
    return {
        "name": kind.name,
        "group": kind.group,
        "module": kind.module,
        "summary": kind.summary,
        "facts": list(kind.facts),
        "parameters": [
            {"name": each.name, "type": _type(each), "default": _default(each), "doc": docs.get(each.name, "")}
            for docs in [parameter_docs(kind.doc)]
            for each in kind.signature.parameters.values()
        ],
    }


def kind_lines(kind: Registered | Word) -> Iterator[str]:
    """An action, probe, check or other word: how it is called, what its parameters mean, and its docstring."""
    yield f"{kind.name}{_call(kind.signature)}"
    yield f"  from {kind.module} import {kind.name}"
    yield from (f"  {fact}" for fact in kind.facts)
    yield ""
    yield from (f"  {line}".rstrip() for line in _story(kind.doc))
    docs = parameter_docs(kind.doc)
    for each in kind.signature.parameters.values():
        default = "" if _default(each) is None else f", {_default(each)} by default"
        meaning = f": {docs[each.name]}" if each.name in docs else ""
        yield f"  {each.name} ({_type(each)}{default}){meaning}"


def _story(doc: str) -> list[str]:
    """A docstring without its sections on parameters and results: those are shown from the signature."""
    before, _, after = doc.partition("Args:\n")
    rest = re.sub(r"(?m)\A(?:^(?: .*|)\n?)*", "", after)
    return [*f"{before}{rest}".strip().splitlines(), ""]


def _call(signature: inspect.Signature) -> str:
    parts: list[str] = []
    for each in signature.parameters.values():
        if each.kind is each.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = _default(each)
        parts.append(f"{each.name}: {_type(each)}" + (f" = {default}" if default is not None else ""))
    return f"({', '.join(parts)})"


def _type(parameter: inspect.Parameter) -> str:
    annotation = parameter.annotation
    if annotation is parameter.empty:
        return "object"
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _default(parameter: inspect.Parameter) -> str | None:
    return None if parameter.default is parameter.empty else repr(parameter.default)


def parameter_docs(doc: str) -> Mapping[str, str]:
    """Parameter to text, of the `Args:` section of a Google docstring."""
    _, _, section = doc.partition("Args:\n")
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if match := re.match(r"    (\w+)(?: \([^)]*\))?: (.*)", line):
            name, found[match[1]] = match[1], match[2].strip()
        elif line.startswith("        ") and name:
            found[name] += f" {line.strip()}"
        elif line and not line.startswith(" "):
            break
    return found


def source_name(path: Path) -> str:
    """A path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
