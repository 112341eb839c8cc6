"""The images that programs of this machine stand for, with the arguments the official images start them with."""

from __future__ import annotations

import os
import sys

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.plan import Preparation

_INTERPRETER = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
_PYTHON = Preparation(links={f"/usr/local/bin/{name}": _INTERPRETER for name in ("python", "python3")})

_NGINX_CONF = """\
user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /var/log/nginx/access.log;
    sendfile on;
    keepalive_timeout 65;
    include /etc/nginx/conf.d/*.conf;
}
"""
_NGINX_DEFAULT = """\
server {
    listen 80;
    server_name localhost;
    location / { root /usr/share/nginx/html; index index.html index.htm; }
}
"""


def _plain(*names: str, shell: str = "sh") -> Image:
    return Image(names, "", "", (shell,), options_go_to_program=False)


ROWS: tuple[Image, ...] = (
    _plain("busybox", "alpine", "debian", "ubuntu", "bash", "buildpack-deps", "chaoskit/host"),
    Image(
        ("python", "chaoskit/service", "chaoskit/python"),
        "",
        "",
        ("python3",),
        options_go_to_program=False,
        environment={"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        preparation=_PYTHON,
    ),
    Image(
        ("nginx", "nginxinc/nginx-unprivileged", "chaoskit/nginx"),
        "nginx",
        "nginx-light",
        ("nginx", "-g", "daemon off;"),
        stop_signal="SIGQUIT",
        changes_user=True,
        preparation=Preparation(
            users=("nginx:101:/nonexistent",),
            empty=("/etc/nginx/conf.d",),
            files={"/etc/nginx/nginx.conf": _NGINX_CONF, "/etc/nginx/conf.d/default.conf": _NGINX_DEFAULT},
            links={"/var/log/nginx/access.log": "/dev/stdout", "/var/log/nginx/error.log": "/dev/stderr"},
        ),
    ),
    Image(
        ("haproxy", "haproxytech/haproxy-alpine", "haproxytech/haproxy-debian", "chaoskit/haproxy"),
        "haproxy",
        "haproxy",
        ("haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"),
        insert=("-W", "-db"),
        stop_signal="SIGUSR1",
        changes_user=True,
        preparation=Preparation(directories=("/var/lib/haproxy::755", "/run/haproxy:haproxy:755")),
    ),
    Image(
        ("redis", "chaoskit/redis"),
        "redis-server",
        "redis-server",
        ("redis-server",),
        working_dir="/data",
        preparation=Preparation(directories=("/data:redis:755",)),
    ),
    Image(
        ("mvance/unbound", "klutchell/unbound", "nlnetlabs/unbound", "unbound", "chaoskit/unbound"),
        "unbound",
        "unbound",
        ("unbound", "-d", "-c", "/etc/unbound/unbound.conf"),
        changes_user=True,
        preparation=Preparation(directories=("/run/unbound:unbound:755", "/var/lib/unbound:unbound:755")),
    ),
    Image(
        ("ubuntu/bind9", "internetsystemsconsortium/bind9", "chaoskit/bind9"),
        "named",
        "bind9",
        ("named", "-g", "-u", "bind", "-c", "/etc/bind/named.conf"),
        changes_user=True,
        preparation=Preparation(directories=("/run/named:bind:755", "/var/cache/bind:bind:755")),
    ),
    Image(
        ("gdnsd", "chaoskit/gdnsd"),
        "gdnsd",
        "gdnsd",
        ("gdnsd", "-f", "-c", "/etc/gdnsd", "start"),
        preparation=Preparation(directories=("/run/gdnsd:gdnsd:755", "/var/lib/gdnsd:gdnsd:755")),
    ),
)

BY_NAME = {name: image for image in ROWS for name in image.names}
