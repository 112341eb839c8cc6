"""Words to a run that is going on: stop it, or leave a note in its history."""

from __future__ import annotations

from chaoskit.engine import facts
from chaoskit.engine.facts import Running
from chaoskit.engine.rpc import Caller


def stop(text: str, why: str = "by hand") -> Running:
    """Stop a run: everything is undone within 1 s, and it is judged on what it had shown by then.

    Raises:
        UsageError: no such run, or several.
    """
    return _post(text, "stop", why)


def note(text: str, words: str) -> Running:
    """Write a note into a run's history, at this moment.

    Raises:
        UsageError: no such run, or several.
    """
    return _post(text, "note", words)


def _post(text: str, kind: str, words: str) -> Running:
    running = facts.find(text)
    ask = Caller.to(running.socket, f"the keeper of {running.run}")
    try:
        ask("post", kind, words)
    finally:
        ask.close()
    return running
