#!/bin/sh
# Make a virtual environment with the first Python on this machine that is new enough.
#
#   tools/venv.sh .venv           PYTHON=/usr/bin/python3.12 tools/venv.sh .venv
set -eu
venv=$1

new_enough() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    echo "chaoskit needs Python 3.11 or newer; ${PYTHON:-python3} is $(${PYTHON:-python3} --version 2>&1 || echo not here)." >&2
    echo "Install one (Debian 12 and 13, Ubuntu 24.04: apt-get install python3 python3-venv), or name it: make PYTHON=..." >&2
    exit 3
}

# Debian and Ubuntu ship Python without what a virtual environment needs.
need_ensurepip() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null && return
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "$1 cannot make virtual environments. On Debian and Ubuntu: sudo apt-get install $package" >&2
        exit 3
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -qy --no-install-recommends "$package" >/dev/null 2>&1 || {
        apt-get update -q && apt-get install -qy --no-install-recommends "$package"
    }
}

python=$(find_python)
"$venv/bin/python" -c 'import pip' 2>/dev/null && new_enough "$venv/bin/python" && exit 0
need_ensurepip "$python"
"$python" -m venv --clear "$venv"
