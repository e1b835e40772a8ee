#!/usr/bin/env python3
"""Checks a running `omnibus` gateway with csp-gateway's own Python client.

    python check_csp_gateway.py --port PORT [--only WORDS] [--original] [--shutdown]

Prints a line per check and `N passed, M failed` at the end; the exit code is 1 if any failed. `--original` leaves
out what csp-gateway's own server is known to get wrong, so that the checks themselves can be tried against it.
`--shutdown` checks only that the gateway can be told to end, and ends it.
"""

import argparse
import sys

from checks import controls, differences, document, frames, graph, reading, sending, shutdown, staging, state, streaming
from checks.gateway import Gateway
from checks.suite import run

GROUPS = [document, reading, sending, state, staging, controls, streaming, graph, frames]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True, help="where the gateway listens, on 127.0.0.1")
    parser.add_argument("--only", default="", metavar="WORDS", help="run only the checks with these words in their line")
    parser.add_argument("--original", action="store_true", help="the gateway is csp-gateway's own")
    parser.add_argument("--shutdown", action="store_true", help="check the shutdown only: this ends the gateway")
    arguments = parser.parse_args()

    groups = GROUPS if arguments.original else [*GROUPS, differences]
    if arguments.shutdown:
        groups = [shutdown]
    return run(groups, Gateway(arguments.port), arguments.only)


if __name__ == "__main__":
    sys.exit(main())
