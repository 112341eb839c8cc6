"""Experiments on a system that chaoskit did not start: load, probes and checks from outside, commands for faults.

What is driven here is another Compose project by its published port, with `docker compose` as the command line that
changes it. For staging on machines or Kubernetes the URL is another, and the commands are ssh, kubectl or your cloud's:

    drained = command(
        ["kubectl", "scale", "deployment/checkout", "--replicas=2"],
        undo=["kubectl", "scale", "deployment/checkout", "--replicas=3"],
        confirm=["sh", "-c", "test $(kubectl get deployment/checkout -o 'jsonpath={.status.replicas}') = 2"],
    )

Load beyond this machine's loopback needs your word that the target is yours: `chaoskit run ... --i-own-the-target`.
"""

from chaoskit import Action, Experiment, Lab, at, begin, bound, get, load, param, role, status, stop_unless, window
from chaoskit.actions.command import command
from chaoskit.checks.availability import availability
from chaoskit.checks.reading import reading
from chaoskit.checks.recovers import recovers
from chaoskit.loads.arrivals import poisson
from chaoskit.probes.http_json import http_json

URL = param("url", "http://127.0.0.1:8088")
COMPOSE = ["docker", "compose", "--project-name", "chaoskit-staging"]

# Nothing of it can be entered: requests come from this machine, and names are resolved as this machine resolves them.
staging = Lab.external("staging")

shoppers = load(get(f"{URL}/", ok=status(200)), poisson("100/s"), clients=role("client"), timeout="2s")
health = http_json("/health.json", url=URL).from_here(every="200ms", timeout="2s")


def changed(word: str, back: str, state: str, service: str) -> Action:
    """A `docker compose` command, the one that takes it back, and one that sees whether it took effect.

    `confirm` is asked before as well: it has to end with 0 where the change is there and 1 where it is not.
    """
    seen = f"docker compose --project-name chaoskit-staging ps --all --services --status {state} | grep --line-regexp"
    return command(
        [*COMPOSE, word, service],
        undo=[*COMPOSE, back, service],
        confirm=["sh", "-c", f"{seen} {service}"],
        timeout="15s",
    ).named(f"{service} {state}")


def survives(fault: Action, lasting: str, duration: str, detection: str, claim: str) -> Experiment:
    """Callers may notice until the balancer has."""
    noticed = window(after=begin(fault), lasting=bound(detection=detection, margin="1s"))
    return Experiment(
        claim=claim,
        lab=staging,
        loads=[shoppers],
        probes=[health],
        timeline=[at("2s", fault, lasting=lasting)],
        duration=duration,
        steady=availability(shoppers, at_least=0.9),
        checks=[
            availability(shoppers, at_least=0.98, outside=noticed),
            recovers(shoppers, within=noticed, holding="2s"),
            reading(health, "status", equals="ok"),
        ],
        guards=[stop_unless(availability(shoppers, at_least=0.3), over="3s")],
    )


stopped = survives(
    changed("stop", "start", "exited", "web-b"),
    lasting="4s",
    duration="9s",
    detection="1500ms",  # haproxy.cfg: 2 checks, 500 ms apart, and the stop itself
    claim="an instance can be stopped, as a deployment does",
)

frozen = survives(
    changed("pause", "unpause", "paused", "web-c"),
    lasting="7s",
    duration="12s",
    detection="4s",  # haproxy.cfg: 2 checks that wait 500 ms each; requests under way wait for timeout server, 2 s
    claim="an instance that answers nothing any more is left out",
)
