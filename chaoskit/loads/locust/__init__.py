"""The engine in Locust's hands: a user class for anybody's locustfile, over one process or many.

Importing this package imports locust, which has gevent patch the standard library unless it is asked not to:
locustfiles do, and the generator's own process.
"""

from chaoskit.loads.locust.user import ArrivalUser

__all__ = ["ArrivalUser"]
