"""Images of databases, caches and registries."""

from __future__ import annotations

from chaoskit.labs.native.images import Image
from chaoskit.labs.native.plan import Preparation

_POSTGRES_ENTRYPOINT = """\
#!/bin/sh
# Makes the database cluster on the first start, as the official image does, then executes the server.
set -e
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
export PATH="$bin:$PATH"
[ "${1#-}" = "$1" ] || set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"
for name in POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_INITDB_ARGS; do
    eval "file=\\$${name}_FILE"
    [ -z "$file" ] || eval "$name=\\$(cat \"\\$file\")"
done
user=${POSTGRES_USER:-postgres}
as=
if [ "$(id -u)" = 0 ]; then
    as="setpriv --reuid=postgres --regid=postgres --init-groups --"
    install -d -o postgres -g postgres -m 700 "$PGDATA"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
        echo "set POSTGRES_PASSWORD, or POSTGRES_HOST_AUTH_METHOD=trust" >&2
        exit 1
    fi
    (umask 077; printf '%s\\n' "$POSTGRES_PASSWORD" > /run/postgresql/.password)
    [ -z "$as" ] || chown postgres /run/postgresql/.password
    password="--pwfile=/run/postgresql/.password"
    [ -n "$POSTGRES_PASSWORD" ] || password=
    $as initdb --no-sync -U "$user" $password $POSTGRES_INITDB_ARGS
    rm /run/postgresql/.password
    echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
    $as pg_ctl -w -o "-c listen_addresses=" start
    db=${POSTGRES_DB:-$user}
    [ "$db" = postgres ] || $as createdb -U "$user" "$db"
    for file in /docker-entrypoint-initdb.d/*; do
        case "$file" in
            *.sh) . "$file" ;;
            *.sql) $as psql -v ON_ERROR_STOP=1 -U "$user" -d "$db" -f "$file" ;;
            *.sql.gz) gunzip -c "$file" | $as psql -v ON_ERROR_STOP=1 -U "$user" -d "$db" ;;
        esac
    done
    $as pg_ctl -m fast -w stop
fi
exec $as "$@"
"""
_REDIS_ENTRYPOINT = """\
#!/bin/sh
# Protected mode is off, as it is built into the official image: a container's network stands in for a password.
set -e
[ "${1#-}" = "$1" ] && [ "${1%.conf}" = "$1" ] || set -- redis-server "$@"
if [ "$1" = redis-server ]; then
    case " $* " in
        *" --protected-mode "*) ;;
        *) set -- "$@" --protected-mode no ;;
    esac
fi
exec "$@"
"""
_CONSUL = (
    "go mod init scratch && go get -tool github.com/hashicorp/consul@v1.19.2 && "
    "CGO_ENABLED=0 go build -o /usr/local/bin/consul github.com/hashicorp/consul"
)

ROWS = (
    Image(
        ("redis", "chaoskit/redis"),
        "redis-server",
        "redis-server",
        ("redis-server",),
        entrypoint=("docker-entrypoint.sh",),
        options_go_to_program=False,
        working_dir="/data",
        preparation=Preparation(
            directories=("/data:redis:755",), files={"/usr/local/bin/docker-entrypoint.sh": _REDIS_ENTRYPOINT}
        ),
    ),
    Image(
        ("memcached", "chaoskit/memcached"),
        "memcached",
        "memcached",
        ("memcached",),
        user="memcache",
    ),
    Image(
        ("postgres", "chaoskit/postgres"),
        "/usr/lib/postgresql/*/bin/postgres",
        "postgresql",
        ("postgres",),
        entrypoint=("docker-entrypoint.sh",),
        options_go_to_program=False,
        environment={"PGDATA": "/var/lib/postgresql/data"},
        stop_signal="SIGINT",
        changes_user=True,
        preparation=Preparation(
            directories=("/run/postgresql:postgres:775", "/var/lib/postgresql/data:postgres:700"),
            files={"/usr/local/bin/docker-entrypoint.sh": _POSTGRES_ENTRYPOINT},
        ),
    ),
    Image(
        ("coreos/etcd", "etcd-development/etcd", "etcd", "chaoskit/etcd"),
        "etcd",
        "etcd-server",
        ("etcd",),
        preparation=Preparation(links={"/usr/local/bin/etcd": "/usr/bin/etcd"}),
    ),
    Image(
        ("hashicorp/consul", "consul", "chaoskit/consul"),
        "consul",
        "",
        ("agent", "-dev", "-client", "0.0.0.0"),
        entrypoint=("consul",),
        build=_CONSUL,
    ),
)
