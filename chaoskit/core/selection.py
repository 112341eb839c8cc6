"""Selectors as one types them: `app-*`, `role:service & region:eu`, `service:web@1`.

    app-*               by name, with globs; a host also answers to its service's name
    role:service        by role; so region:eu, service:app, label:KEY=VALUE
    everything          all of them
    A, B                one or the other
    A & B               both at once
    A & !B              the first, but not the second
    A@1   A@25%         any one of them, a quarter of them: by the run's seed

An experiment writes the same in Python: `(role("service") & region("eu")).pick(1)`. `&` binds closer than `,`, and
`@` is about everything since the last comma.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from chaoskit.core import selector
from chaoskit.core.errors import UsageError
from chaoskit.core.selector import Selector
from chaoskit.core.units import fraction

_KINDS: Mapping[str, Callable[[str], Selector]] = {
    "name": selector.name,
    "service": selector.name,
    "role": selector.role,
    "region": selector.region,
}
_ALL = ("everything", "*")
_HOW = "Write a name or glob (app-*), role:R, region:R, service:S, label:K=V; A, B or A & !B; A@1 picks one of them."


def selection(text: str) -> Selector:
    """The selector that a text means.

    Raises:
        UsageError: the text means none.
    """
    first, *others = [_term(term, text) for term in text.split(",")]
    for other in others:
        first = first | other
    return first


def _term(term: str, whole: str) -> Selector:
    narrowed, _, amount = (part.strip() for part in term.partition("@"))
    chosen: Selector | None = None
    for factor in narrowed.split("&"):
        word, negated = factor.strip().removeprefix("!").strip(), factor.strip().startswith("!")
        one = _atom(word, whole)
        if chosen is None:
            chosen = selector.everything() - one if negated else one
        else:
            chosen = chosen - one if negated else chosen & one
    assert chosen is not None
    return _some(chosen, amount, whole) if "@" in term else chosen


def _atom(word: str, whole: str) -> Selector:
    if word in _ALL:
        return selector.everything()
    kind, colon, value = word.partition(":")
    if not colon and word and not re.search(r"[\s!@]", word):
        return selector.name(word)
    if kind == "label" and "=" in value:
        key, _, wanted = value.partition("=")
        return selector.label(key, wanted)
    if value and kind in _KINDS:
        return _KINDS[kind](value)
    raise UsageError(f"{whole!r} does not say which hosts: {word or 'nothing'!r} is no selector", remedy=_HOW)


def _some(chosen: Selector, amount: str, whole: str) -> Selector:
    if amount.isdecimal():
        return chosen.pick(int(amount))
    if amount.endswith("%"):
        return chosen.share(fraction(amount))
    raise UsageError(
        f"{whole!r}: {amount!r} is no number of hosts", remedy="Write @1 for one of them, @25% for a share."
    )
