"""Images of web servers, proxies and balancers."""

from __future__ import annotations

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.plan import Preparation

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
_APACHE = {
    "APACHE_RUN_USER": "www-data",
    "APACHE_RUN_GROUP": "www-data",
    "APACHE_RUN_DIR": "/run/apache2",
    "APACHE_PID_FILE": "/run/apache2/apache2.pid",
    "APACHE_LOCK_DIR": "/run/lock/apache2",
    "APACHE_LOG_DIR": "/var/log/apache2",
}
_TOXIPROXY = {"toxiproxy": "toxiproxy-server", "toxiproxy-cli": "toxiproxy-cli"}

ROWS = (
    Image(
        ("nginx", "chaoskit/nginx"),
        "nginx",
        "nginx-light",
        ("nginx", "-g", "daemon off;"),
        stop_signal="SIGQUIT",
        changes_user=True,
        preparation=Preparation(
            users=("nginx:101:/nonexistent",),
            empty=("/etc/nginx/conf.d", "/var/log/nginx"),
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
        preparation=Preparation(
            directories=("/var/lib/haproxy:haproxy:755", "/run/haproxy:haproxy:755", "/usr/local/etc/haproxy::755")
        ),
    ),
    Image(
        ("httpd", "ubuntu/apache2", "chaoskit/httpd"),
        "apache2",
        "apache2",
        ("apache2", "-D", "FOREGROUND"),
        stop_signal="SIGWINCH",
        environment=_APACHE,
        changes_user=True,
        preparation=Preparation(
            directories=("/run/apache2::755", "/run/lock/apache2:www-data:755", "/var/log/apache2::755"),
            files={"/usr/local/bin/httpd-foreground": '#!/bin/sh\nexec apache2 -D FOREGROUND "$@"\n'},
            links={
                "/usr/local/apache2/htdocs": "/var/www/html",
                "/usr/local/apache2/modules": "/usr/lib/apache2/modules",
            },
        ),
    ),
    Image(
        ("ubuntu/squid", "squid", "chaoskit/squid"),
        "squid",
        "squid",
        ("-f", "/etc/squid/squid.conf", "-NYC"),
        entrypoint=("squid",),
        changes_user=True,
        preparation=Preparation(
            directories=("/run/squid:proxy:755", "/var/log/squid:proxy:755", "/var/spool/squid:proxy:755")
        ),
    ),
    Image(
        ("shopify/toxiproxy", "toxiproxy", "chaoskit/toxiproxy"),
        "toxiproxy-server",
        "",
        ("-host=0.0.0.0",),
        entrypoint=("toxiproxy-server",),
        environment={"LOG_LEVEL": "info"},
        build="chaoskit doctor --fix",
        # The official image has its programs here and nothing else: healthchecks call the second one.
        preparation=Preparation(
            links={f"/{name}": f"/usr/local/bin/{program}" for name, program in _TOXIPROXY.items()},
        ),
    ),
)
