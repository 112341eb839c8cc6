"""An experiment of which one load's client library has a mistake that shows after a second."""

from chaoskit import Experiment, Lab, get, load, role
from chaoskit.checks.availability import availability
from chaoskit.loads.arrivals import constant
from chaoskit.loads.shapes import step
from tests.loads.echo import Echo

good = load(get("http://198.18.200.12:8080/"), constant("50/s"), clients=role("client"))
bad = load(Echo("127.0.0.1", 1, broken=True), constant(step("0/s", "10/s", at="1s")), clients=role("client"))
mistaken = Experiment(
    claim="a mistake of a client library is no failure of the system",
    lab=Lab("compose.yaml"),
    loads=[good, bad],
    duration="20s",
    checks=[availability(good, at_least=0.9)],
)
