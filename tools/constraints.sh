#!/bin/sh
# Print every installed package with its version, as constraints for pip; the checkout itself left out.
set -eu
echo "# Versions that are known to work together; \`make constraints\` writes this file."
echo "# chaoskit's own lower bounds are in pyproject.toml; this is for set-ups that come out the same."
"$1" -m pip freeze --all --exclude chaoskit --exclude pip --exclude setuptools
