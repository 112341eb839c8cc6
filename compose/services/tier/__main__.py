"""The lab's tier: a service with a listen queue, worker threads, a service time it sleeps, and perhaps a dependency.

    python3 -S /srv/tier

    kernel's listen queue --> door --> queue --> workers --> dependency (the next tier)
          BACKLOG           WHEN_FULL  QUEUE     WORKERS     DEPENDENCY

Port PORT answers `/` (200, JSON with instance and region) and `/health`, both by a worker; port ADMIN_PORT answers
`/alive`, `/health`, `/metrics` (Prometheus) and `/state` (the same in JSON) beside them, however busy they are.
`/health` says whether a request would be answered in time: 503 while the last second's answers took longer than the
SLA, or most calls of the dependency failed or took longer than its own. Every answer carries `X-Instance`. With a
DEPENDENCY an answer is as good as its own: its 503 is passed on, its silence is a 504.

Environment, with defaults; times as `250ms` or `1.5s`:

    INSTANCE (host's name), REGION (none), PORT (8080), ADMIN_PORT (8081)
    BACKLOG (128)           length of the kernel's listen queue
    WORKERS (8)             requests worked on at a time
    QUEUE (0)               requests that may wait inside for a worker
    WHEN_FULL (reject)      `reject`: accept at once and answer 503 at once; `wait`: leave callers in the listen queue
    SERVICE_TIME (0s)       slept before the dependency is called, SERVICE_TIME_AFTER (0s) after it
    DEADLINE (none)         a request that waited longer for its worker is answered 503 unserved
    REQUEST_TIMEOUT (10s)   for a request to arrive complete; a slow sender keeps its worker that long
    IDLE_TIMEOUT (15s)      for a kept connection without a request
    DEPENDENCY (none)       URL of what every request needs, DEPENDENCY_TIMEOUT (1s)
    DEPENDENCY_SLA (none)   response time of the dependency above which `/health` says 503
    SLA (none)              response time above which `/health` says 503
    ACCESS_LOG (off)        `on`: a line a request on stdout

SIGTERM stops accepting, ends what is under way, exits 0. Standard library only: it runs wherever Python does.
"""

import signal
import threading

from admin import Admin
from door import Door
from meter import Meter
from service import Service
from settings import Settings
from upstream import Upstream


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = Settings.from_environment()
    meter = Meter(settings)
    upstream = Upstream(settings) if settings.dependency else None
    service = Service(settings, meter, upstream)
    door = Door(settings, meter)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: door.close())
    admin = Admin(settings, meter, service)
    threading.Thread(target=admin.serve_forever, name="admin", daemon=True).start()
    workers = [threading.Thread(target=service.work, args=(door,), name=f"worker-{n}") for n in range(settings.workers)]
    for worker in workers:
        worker.start()
    print(f"{settings.instance} serves port {settings.port}: {settings.summary}", flush=True)
    door.keep()
    for worker in workers:
        worker.join()


main()
