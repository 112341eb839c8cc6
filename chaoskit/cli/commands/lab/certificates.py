"""Make a certificate authority for a lab, and certificates for its services: ca.pem, SERVICE.pem and SERVICE.key.

Services find theirs in a volume, and clients trust the authority:

  services:
    web: {image: nginx, volumes: ["./tls:/etc/tls:ro"]}         ssl_certificate /etc/tls/web.pem; ...
  load(get("https://web/", tls=Tls(ca="tls/ca.pem")), ...)      or: chaoskit load https://web/ --cacert tls/ca.pem

Made again, all files are replaced; the authority's own key is not kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from chaoskit.cli import options
from chaoskit.cli.commands.lab import _options
from chaoskit.cli.output import say, say_json
from chaoskit.cli.status import PASS
from chaoskit.labs.certificates import DAYS, certify

HELP = "make certificates for a lab's services, and the authority to trust"
EXAMPLES = """\
  chaoskit lab certificates ./compose.yaml               into tls/ beside the Compose file
  chaoskit lab certificates ./compose.yaml --into /tmp/tls --days 1
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare options."""
    _options.lab_file(parser)
    parser.add_argument("--into", type=Path, metavar="DIR", help="where the files go (tls/ beside the Compose file)")
    parser.add_argument("--days", type=options.positive, default=DAYS, metavar="N", help=f"how long they hold ({DAYS})")
    options.as_json(parser)


def run(args: argparse.Namespace) -> int:
    """Make them, and say which."""
    spec = _options.read(args)
    files = certify(spec.topology, args.into or Path(spec.files[0]).parent / "tls", args.days)
    if args.json:
        say_json({"files": [str(file) for file in files]})
    else:
        for file in files:
            say(str(file))
    return PASS
