"""An action's parameters as options of a command line: what each takes, and the Python that a text means.

pause(hosts: Selector)                       --on 'app-*'             name('app-*')
block_port(..., port: int)                   --port 6379              6379
partition(grudge: Grudge | Mapping, ...)     --on 'app-1 | redis'     halves(name('app-1'), name('redis'))
command(do: Sequence[str], ...)              --do 'ip link set ...'   ['ip', 'link', 'set', ...]
"""

from __future__ import annotations

import inspect
import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from chaoskit.actions.grudges import Grudge
from chaoskit.core.action import ActionKind
from chaoskit.core.errors import UsageError
from chaoskit.core.selection import selection
from chaoskit.core.selector import Selector

Write = Callable[[str], str]
"""From a text to the Python expression it means; raises UsageError where it means none."""

_ON = "on"


@dataclass(frozen=True)
class Argument:
    """One parameter of an action.

    Attributes:
        parameter: its name.
        option: what it is called on the command line, without dashes.
        takes: what it takes, in a word: `SELECTOR`, `NUMBER`, `VALUE` with a unit.
        write: the Python a text means; None where no text can mean one, as for a load.
        choices: the only texts it takes, where there are few.
        default: what it is when it is not given; None where it must be.
    """

    parameter: str
    option: str
    takes: str
    write: Write | None
    choices: tuple[str, ...] = ()
    default: str | None = None

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return self.default is None


def arguments(kind: ActionKind[...]) -> tuple[Argument, ...]:
    """Every parameter of an action; the first one that says where is called `on`.

    Raises:
        UsageError: one that must be given cannot be written as a text.
    """
    hints = get_type_hints(kind.plan)
    found: list[Argument] = []
    for each in kind.signature.parameters.values():
        takes, write, choices = _reader(hints[each.name])
        default = None if each.default is inspect.Parameter.empty else repr(each.default)
        if write is None and default is None:
            raise UsageError(
                f"{kind.name} needs a {takes}, which no option can say",
                remedy="Write an experiment: `chaoskit new` begins one.",
            )
        if write is not None:
            taken = {one.option for one in found}
            found.append(Argument(each.name, _option(kind, each.name, takes, taken), takes, write, choices, default))
    return tuple(found)


def _option(kind: ActionKind[...], parameter: str, takes: str, taken: set[str]) -> str:
    if takes in ("SELECTOR", "PARTITION") and _ON not in taken:
        return _ON
    word = parameter.replace("_", "-")
    return f"{kind.name}-{word}" if word == _ON else word


def call(kind: ActionKind[...], given: Mapping[str, str]) -> str:
    """The Python of an action with these texts for its options: `pause(name('app-*'))`.

    Raises:
        UsageError: a text means nothing, an option is missing, or there is none of that name.
    """
    known = {each.option: each for each in arguments(kind)}
    missing = [f"--{each.option}" for each in known.values() if each.required and each.option not in given]
    if missing:
        raise UsageError(f"{kind.name} needs {' and '.join(missing)}")
    words = []
    for option, text in given.items():
        if option not in known:
            raise UsageError(f"{kind.name} takes no --{option}", remedy=f"It takes: {', '.join(known)}.")
        each = known[option]
        assert each.write is not None
        words.append(f"{each.parameter}={each.write(text)}")
    return f"{kind.name}({', '.join(words)})"


def _reader(hint: Any) -> tuple[str, Write | None, tuple[str, ...]]:
    """What a parameter of this type takes."""
    if get_origin(hint) is Literal:
        return "WORD", repr, tuple(map(str, get_args(hint)))
    kinds = [each for each in _kinds(hint) if each is not type(None)]
    for wanted, takes, write in _READERS:
        if wanted in kinds:
            return ("VALUE", _quantity, ()) if takes == "NUMBER" and str in kinds else (takes, write, ())
    if str in kinds:
        return "TEXT", repr, ()
    return getattr(kinds[0], "__name__", str(kinds[0])).lower(), None, ()


def _kinds(hint: Any) -> tuple[Any, ...]:
    """The types of a union, generic ones without their parameters."""
    each = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(get_origin(one) or one for one in each)


def _grudge(text: str) -> str:
    """`A | B`: two groups; `A > B`: what A says does not arrive at B; `A`: cut off from everybody."""
    for sign, written in (("|", "halves({}, {})"), (">", "one_way({}, to={})")):
        one, found, other = text.partition(sign)
        if found:
            return written.format(selection(one.strip()), selection(other.strip()))
    return f"isolate({selection(text)})"


def _words(text: str) -> str:
    try:
        return repr(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{text!r} is no command: {error}") from None


def _whole(text: str) -> str:
    try:
        return repr(int(text))
    except ValueError:
        raise UsageError(f"{text!r} is no whole number") from None


def _number(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{text!r} is no number")
    return repr(value)


def _quantity(text: str) -> str:
    """Text with a unit stays text; a plain number is one."""
    try:
        return _number(text)
    except UsageError:
        return repr(text)


def _truth(text: str) -> str:
    if text.lower() not in ("yes", "no", "true", "false"):
        raise UsageError(f"{text!r} is neither yes nor no")
    return repr(text.lower() in ("yes", "true"))


_READERS: tuple[tuple[Any, str, Write], ...] = (
    (Selector, "SELECTOR", lambda text: str(selection(text))),
    (Grudge, "PARTITION", _grudge),
    (bool, "YES|NO", _truth),
    (float, "NUMBER", _number),
    (int, "NUMBER", _whole),
    (Sequence, "COMMAND", _words),
)
"""By type, the first that fits."""
