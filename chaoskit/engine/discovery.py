"""Which experiments there are, and which of them a pattern means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from chaoskit.core.errors import DefinitionError, UsageError
from chaoskit.core.suggest import did_you_mean
from chaoskit.engine import module
from chaoskit.engine.found import Found
from chaoskit.engine.sources import Source, all_sources, sources_of


@dataclass(frozen=True)
class Broken:
    """A file of experiments that cannot be loaded, and why."""

    source: Source
    error: DefinitionError


@dataclass(frozen=True)
class Discovery:
    """What was found, and what could not be loaded."""

    found: tuple[Found, ...]
    broken: tuple[Broken, ...] = ()


def discover(cwd: Path | None = None) -> Discovery:
    """Load every experiment there is, seen from a folder; a broken file does not hide the others.

    Raises:
        UsageError: the project's settings are wrong.
    """
    return load_all(all_sources(cwd or Path.cwd()))


def load_all(sources: Iterable[Source]) -> Discovery:
    """Load files of experiments; one that repeats another's id is broken."""
    found: dict[str, Found] = {}
    broken: list[Broken] = []
    for source in sources:
        try:
            loaded = module.load(source)
            _refuse_second(found, loaded)
        except DefinitionError as error:
            broken.append(Broken(source, error))
        else:
            found |= {each.id: each for each in loaded}
    return Discovery(tuple(found.values()), tuple(broken))


def _refuse_second(known: Mapping[str, Found], loaded: Iterable[Found]) -> None:
    for each in loaded:
        if each.id in known:
            raise DefinitionError(
                f"{each.experiment.where}: {each.id} is defined at {known[each.id].experiment.where} already",
                remedy="Rename the file or the variable.",
            )


def select(
    patterns: Sequence[str], *, overrides: Mapping[str, str] | None = None, cwd: Path | None = None
) -> tuple[Found, ...]:
    """The experiments that ids, globs, files, folders or `FILE::NAME` mean, loaded under the overrides.

    Raises:
        UsageError: a pattern means nothing, or an override names no parameter of what was selected.
        DefinitionError: a file that is needed cannot be loaded.
    """
    here = cwd or Path.cwd()
    known = Discovery(()) if all(map(_is_path, patterns)) else discover(here)
    chosen = [
        each
        for pattern in patterns
        for each in (_by_path(pattern, here) if _is_path(pattern) else _by_id(pattern, known))
    ]
    unique = tuple({each.id: each for each in chosen}.values())
    return _under(unique, overrides) if overrides else unique


def select_all(
    families: Sequence[str] = (), *, overrides: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Discovery:
    """Every experiment there is, or those of some families (modules: `dns`, `lb`), and the files that are broken.

    Raises:
        UsageError: there is no such family, or an override names no parameter of what was selected.
        DefinitionError: a file cannot be loaded under the overrides.
    """
    known = discover(cwd)
    modules = sorted({each.origin.module for each in known.found} | {each.source.module for each in known.broken})
    for family in families:
        if family not in modules:
            remedy = f"{did_you_mean(family, modules)}There are: {', '.join(modules)}."
            raise UsageError(f"no family of experiments is called {family!r}", remedy=remedy)
    chosen = tuple(each for each in known.found if not families or each.origin.module in families)
    broken = tuple(each for each in known.broken if not families or each.source.module in families)
    return Discovery(_under(chosen, overrides) if overrides else chosen, broken)


def _is_path(pattern: str) -> bool:
    file = pattern.partition("::")[0]
    return file.endswith(".py") or "/" in file or "::" in pattern or file in (".", "..")


def _by_path(pattern: str, cwd: Path) -> tuple[Found, ...]:
    file, _, name = pattern.partition("::")
    here = load_all(sources_of(cwd / file, by_hand=True))
    for broken in here.broken:
        raise broken.error
    if not here.found:
        raise UsageError(f"{file} defines no experiment", remedy="An experiment is a module-level Experiment(...).")
    own = tuple(each for each in here.found if not name or _is_called(name, each))
    if not own:
        names = [each.name for each in here.found]
        remedy = f"{did_you_mean(name, names)}It has: {', '.join(names)}."
        raise UsageError(f"{file} has no experiment {name!r}", remedy=remedy)
    return own


def _is_called(name: str, each: Found) -> bool:
    # An id that was recorded may name more folders than the file alone tells: deep.dns.unreachable.
    return _matches(name, each.name) or name.endswith(f".{each.name}")


def _by_id(pattern: str, known: Discovery) -> tuple[Found, ...]:
    exact = tuple(each for each in known.found if each.id == pattern)
    meant = exact or tuple(each for each in known.found if _means(pattern, each))
    if meant:
        return meant
    for broken in known.broken:
        if f"{_dashed(pattern)}-".startswith(f"{_dashed(broken.source.module)}-"):
            raise broken.error
    also = f" Files that cannot be loaded: {len(known.broken)}." if known.broken else ""
    remedy = f"{did_you_mean(pattern, [each.id for each in known.found])}`chaoskit list` shows what there is.{also}"
    raise UsageError(f"no experiment is called {pattern!r}", remedy=remedy)


def _means(pattern: str, each: Found) -> bool:
    return _dashed(pattern) == _dashed(each.origin.module) or _matches(pattern, each.id)


def _matches(pattern: str, id_: str) -> bool:
    """Whether a pattern is an id, its dashed form, the id without its case, or a glob of `*` and `?`."""
    literal = _dashed(pattern).replace("[", "[[]")  # brackets hold a case here, never a set of characters
    return any(fnmatchcase(_dashed(id_), glob) for glob in (literal, f"{literal}[[]*]"))


def _dashed(id_: str) -> str:
    return re.sub(r"[._]", "-", id_)


def _under(chosen: tuple[Found, ...], overrides: Mapping[str, str]) -> tuple[Found, ...]:
    """The same experiments, from their files executed anew under the overrides."""
    again = {
        loaded.id: loaded
        for origin in dict.fromkeys(each.origin for each in chosen)
        for loaded in module.load(origin, overrides)
    }
    declared = sorted({name for each in again.values() for name in each.params})
    for name in overrides:
        if name not in declared:
            known = f"Declared: {', '.join(declared)}." if declared else "None is declared."
            raise UsageError(
                f"nothing that was selected has a parameter {name!r}", remedy=f"{did_you_mean(name, declared)}{known}"
            )
    for each in chosen:
        if each.id not in again:
            raise UsageError(f"under these parameters there is no {each.id}")
    return tuple(again[each.id] for each in chosen)
