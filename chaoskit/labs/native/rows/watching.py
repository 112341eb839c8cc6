"""Images of monitoring."""

from __future__ import annotations

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.plan import Preparation

_PROMETHEUS_YML = """\
global:
  scrape_interval: 15s
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: ["localhost:9090"]
"""

ROWS = (
    Image(
        ("prom/prometheus", "chaoskit/prometheus"),
        "prometheus",
        "prometheus",
        ("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"),
        entrypoint=("prometheus",),
        user="nobody",
        working_dir="/prometheus",
        preparation=Preparation(
            directories=("/prometheus:nobody:755",),
            files={"/etc/prometheus/prometheus.yml": _PROMETHEUS_YML},
        ),
    ),
)
