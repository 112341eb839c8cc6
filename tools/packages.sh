#!/bin/sh
# Install Debian packages for programs that are not here, where that can be done; say so where it cannot.
#
#   tools/packages.sh PYTHON PROGRAM=PACKAGE...
#
# Never fails: what needs a program that stays missing says so itself.
set -u
python=$1
shift
missing=
for pair in "$@"; do
    PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" command -v "${pair%%=*}" >/dev/null 2>&1 || missing="$missing ${pair#*=}"
done
[ -z "$missing" ] && exit 0
# Through chaoskit, so that no package starts a service on this machine.
# shellcheck disable=SC2086
"$python" -m chaoskit.engine.doctor.install $missing || echo "not installed:$missing" >&2
exit 0
