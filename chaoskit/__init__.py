"""chaoskit: does the plumbing between your services do what you claim when it breaks?

The words of an experiment come from here; actions, probes, checks and arrivals from their modules:

    from chaoskit import Experiment, Lab, at, get, load, role
    from chaoskit.actions.crash import crash
    from chaoskit.checks.availability import availability
    from chaoskit.loads.arrivals import poisson
"""

from chaoskit.core.action import Action, Planning, action, at
from chaoskit.core.arm import Twin
from chaoskit.core.check import check, compare
from chaoskit.core.connect import connect
from chaoskit.core.experiment import Experiment
from chaoskit.core.guard import stop_unless
from chaoskit.core.lab import Lab
from chaoskit.core.late import found_by
from chaoskit.core.load import Connections, Load, load
from chaoskit.core.locustfile import locustfile_load
from chaoskit.core.mix import mix
from chaoskit.core.naming import DnsCache, resolver
from chaoskit.core.param import param
from chaoskit.core.population import Population, uniform, zipf
from chaoskit.core.probe import probe
from chaoskit.core.request import body, get, header, post, put, status, within
from chaoskit.core.retry import Retry
from chaoskit.core.selector import Selector, everything, label, name, region, role
from chaoskit.core.tls import Tls
from chaoskit.core.window import begin, bound, confirmed, end, undone, window

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Connections",
    "DnsCache",
    "Experiment",
    "Lab",
    "Load",
    "Planning",
    "Population",
    "Retry",
    "Selector",
    "Tls",
    "Twin",
    "action",
    "at",
    "begin",
    "body",
    "bound",
    "check",
    "compare",
    "confirmed",
    "connect",
    "end",
    "everything",
    "found_by",
    "get",
    "header",
    "label",
    "load",
    "locustfile_load",
    "mix",
    "name",
    "param",
    "post",
    "probe",
    "put",
    "region",
    "resolver",
    "role",
    "status",
    "stop_unless",
    "undone",
    "uniform",
    "window",
    "within",
    "zipf",
]
