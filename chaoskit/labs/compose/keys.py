"""The keys of the Compose specification (compose-spec.io, its JSON schema of 2025), as shapes."""

from __future__ import annotations

from chaoskit.labs.compose.shapes import Anything, Either, Keyed, Keys, Listed, Shape, Single

_ONE = Single()
_MANY = Listed()
_ONE_OR_MANY = Either((_ONE, _MANY))
_PAIRS = Either((Keyed(), _MANY))
_FREE = Anything()
_NAME = r"[a-zA-Z0-9._-]+"


def _keys(singles: str = "", required: str = "", **others: Shape) -> Keys:
    return Keys({**dict.fromkeys(singles.split(), _ONE), **others}, tuple(required.split()))


_EXTERNAL = Either((_ONE, _keys("name")))
_EXTRA_HOSTS = Either((_MANY, Keyed(_ONE_OR_MANY)))
_ULIMITS = Keyed(Either((_ONE, _keys("soft hard", required="soft hard"))))
_GRANTS = Listed(Either((_ONE, _keys("source target uid gid mode"))))
_HOOKS = Listed(_keys("user privileged working_dir", command=_ONE_OR_MANY, environment=_PAIRS))
_DEVICES = Listed(_keys("count driver", capabilities=_MANY, device_ids=_MANY, options=_PAIRS))
_ROLLOUT = _keys("parallelism delay failure_action monitor max_failure_ratio order")

_BUILD = _keys(
    "context dockerfile dockerfile_inline no_cache network pull target shm_size isolation privileged provenance sbom",
    entitlements=_MANY,
    args=_PAIRS,
    ssh=Either((_ONE, _MANY, Keyed())),
    labels=_PAIRS,
    cache_from=_MANY,
    cache_to=_MANY,
    additional_contexts=_PAIRS,
    extra_hosts=_EXTRA_HOSTS,
    secrets=_GRANTS,
    tags=_MANY,
    ulimits=_ULIMITS,
    platforms=_MANY,
)

_DEPLOY = _keys(
    "mode endpoint_mode replicas",
    labels=_PAIRS,
    rollback_config=_ROLLOUT,
    update_config=_ROLLOUT,
    resources=_keys(
        limits=_keys("cpus memory pids"),
        reservations=_keys("cpus memory", generic_resources=_FREE, devices=_DEVICES),
    ),
    restart_policy=_keys("condition delay max_attempts window"),
    placement=_keys("max_replicas_per_node", constraints=_MANY, preferences=Listed(_keys("spread"))),
)

_HEALTHCHECK = _keys("disable interval retries timeout start_period start_interval", test=_ONE_OR_MANY)

_ATTACHMENT = _keys(
    "interface_name ipv4_address ipv6_address mac_address priority gw_priority",
    aliases=_MANY,
    link_local_ips=_MANY,
    driver_opts=Keyed(),
)

_VOLUME_MOUNT = _keys(
    "type source target read_only consistency",
    required="type",
    bind=_keys("propagation create_host_path recursive selinux"),
    volume=_keys("nocopy subpath", labels=_PAIRS),
    tmpfs=_keys("size mode"),
    image=_keys("subpath"),
)

_SERVICE_SINGLES = """
    attach cgroup cgroup_parent container_name cpu_count cpu_percent cpu_shares cpu_quota cpu_period cpu_rt_period
    cpu_rt_runtime cpus cpuset domainname hostname image init ipc isolation mac_address mem_limit mem_reservation
    mem_swappiness memswap_limit network_mode oom_kill_disable oom_score_adj pid pids_limit platform privileged
    pull_policy pull_refresh_after read_only restart runtime scale shm_size stdin_open stop_grace_period stop_signal
    tty use_api_socket user uts userns_mode working_dir
"""

SERVICE = _keys(
    _SERVICE_SINGLES,
    annotations=_PAIRS,
    blkio_config=_keys(
        "weight",
        device_read_bps=_FREE,
        device_read_iops=_FREE,
        device_write_bps=_FREE,
        device_write_iops=_FREE,
        weight_device=_FREE,
    ),
    build=Either((_ONE, _BUILD)),
    cap_add=_MANY,
    cap_drop=_MANY,
    command=_ONE_OR_MANY,
    configs=_GRANTS,
    credential_spec=_keys("config file registry"),
    depends_on=Either((_MANY, Keyed(_keys("restart required condition")))),
    deploy=_DEPLOY,
    develop=_keys(watch=_FREE),
    device_cgroup_rules=_MANY,
    devices=Listed(Either((_ONE, _keys("source target permissions", required="source")))),
    dns=_ONE_OR_MANY,
    dns_opt=_MANY,
    dns_search=_ONE_OR_MANY,
    entrypoint=_ONE_OR_MANY,
    env_file=Either((_ONE, Listed(Either((_ONE, _keys("path format required", required="path")))))),
    environment=_PAIRS,
    expose=_MANY,
    extends=Either((_ONE, _keys("service file", required="service"))),
    external_links=_MANY,
    extra_hosts=_EXTRA_HOSTS,
    gpus=Either((_ONE, _DEVICES)),
    group_add=_MANY,
    healthcheck=_HEALTHCHECK,
    label_file=_ONE_OR_MANY,
    labels=_PAIRS,
    links=_MANY,
    logging=_keys("driver", options=Keyed()),
    models=Either((_MANY, Keyed(_keys("endpoint_var model_var")))),
    networks=Either((_MANY, Keyed(_ATTACHMENT))),
    ports=Listed(Either((_ONE, _keys("name mode host_ip target published protocol app_protocol")))),
    post_start=_HOOKS,
    pre_stop=_HOOKS,
    profiles=_MANY,
    provider=_keys("type", required="type", options=_FREE),
    secrets=_GRANTS,
    security_opt=_MANY,
    storage_opt=Keyed(),
    sysctls=_PAIRS,
    tmpfs=_ONE_OR_MANY,
    ulimits=_ULIMITS,
    volumes=Listed(Either((_ONE, _VOLUME_MOUNT))),
    volumes_from=_MANY,
)

NETWORK = _keys(
    "name driver internal enable_ipv4 enable_ipv6 attachable",
    driver_opts=Keyed(),
    ipam=_keys(
        "driver",
        config=Listed(_keys("subnet ip_range gateway", aux_addresses=Keyed())),
        options=Keyed(),
    ),
    external=_EXTERNAL,
    labels=_PAIRS,
)

VOLUME = _keys("name driver", driver_opts=Keyed(), external=_EXTERNAL, labels=_PAIRS)
SECRET = _keys("name environment file driver template_driver", external=_EXTERNAL, labels=_PAIRS, driver_opts=Keyed())
CONFIG = _keys("name content environment file template_driver", external=_EXTERNAL, labels=_PAIRS)

FILE = _keys(
    "version name",
    include=Listed(Either((_ONE, _keys("project_directory", path=_ONE_OR_MANY, env_file=_ONE_OR_MANY)))),
    services=Keyed(SERVICE, _NAME),
    networks=Keyed(NETWORK, _NAME),
    volumes=Keyed(VOLUME, _NAME),
    secrets=Keyed(SECRET, _NAME),
    configs=Keyed(CONFIG, _NAME),
    models=Keyed(_FREE),
)
"""A whole Compose file."""
