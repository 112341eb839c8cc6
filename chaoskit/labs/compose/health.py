"""Healthchecks, dependencies and restart policies of a service."""

from __future__ import annotations

import difflib

from chaoskit.labs.compose.fields import Fields
from chaoskit.labs.spec import Condition, Dependency, Healthcheck, RestartPolicy

_CONDITIONS = {condition.value: condition for condition in Condition}
_POLICIES = ("no", "always", "on-failure", "unless-stopped")
_DEPLOYED = {"none": "no", "on-failure": "on-failure", "any": "always"}


def healthcheck(service: Fields) -> Healthcheck | None:
    """The service's own check; None where it has none or switches the image's off.

    Raises:
        LabError: the test is none of `NONE`, `CMD` and `CMD-SHELL`, or a time cannot be read.
    """
    check = service.at("healthcheck")
    test = check.texts("test")
    if check.flag("disable") or not test or test[0] == "NONE":
        return None
    default = Healthcheck(())
    return Healthcheck(
        _argv(check, test),
        check.duration("interval", 0) or default.interval,
        check.duration("timeout", 0) or default.timeout,
        check.integer("retries") or default.retries,
        check.duration("start_period", default.start_period),
        check.duration("start_interval", 0) or default.start_interval,
    )


def _argv(check: Fields, test: tuple[str, ...]) -> tuple[str, ...]:
    kind, words = test[0], test[1:]
    if kind not in ("CMD", "CMD-SHELL"):
        raise check.mistake("test", f"it starts with {kind!r}", "Start it with CMD, CMD-SHELL or NONE.")
    if not words:
        raise check.mistake("test", f"{kind} is followed by no command")
    return words if kind == "CMD" else ("/bin/sh", "-c", " ".join(words))


def dependencies(service: Fields) -> tuple[Dependency, ...]:
    """What must be up before the service: `depends_on`, then `links`, which ask for the same.

    Raises:
        LabError: a condition is none.
    """
    declared = {name: _dependency(name, entry) for name, entry in service.at("depends_on").each()}
    linked = {link.partition(":")[0] for link in service.texts("links")} - set(declared)
    return (*declared.values(), *(Dependency(name, restart=True) for name in sorted(linked)))


def _dependency(name: str, entry: Fields) -> Dependency:
    text = entry.text("condition", Condition.STARTED)
    if text not in _CONDITIONS:
        near = difflib.get_close_matches(text, _CONDITIONS, 1, cutoff=0.0)
        raise entry.mistake("condition", f"{text!r} is no condition", f"Did you mean {near[0]!r}?" if near else "")
    return Dependency(name, _CONDITIONS[text], entry.flag("restart"), entry.flag("required", default=True))


def restart_policy(service: Fields) -> RestartPolicy:
    """`deploy.restart_policy` where it is given, else `restart`.

    Raises:
        LabError: the policy is none.
    """
    deployed = service.at("deploy").at("restart_policy")
    if deployed.names:
        condition = deployed.text("condition", "any")
        if condition not in _DEPLOYED:
            raise deployed.mistake("condition", f"{condition!r} is no condition", "Write none, on-failure or any.")
        return RestartPolicy(_DEPLOYED[condition], deployed.integer("max_attempts"))
    text = service.text("restart", "no")
    name, _, most = ("no" if text == "false" else text).partition(":")
    if name not in _POLICIES or (most and not (name == "on-failure" and most.isdigit())):
        raise service.mistake("restart", f"{text!r} is no policy", f"Write one of {', '.join(_POLICIES)}.")
    return RestartPolicy(name, int(most) if most else None)
