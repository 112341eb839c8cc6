"""`python -m chaoskit`: the command line without an installed script."""

import sys

from chaoskit.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
