#!/usr/bin/env python
"""Django's command line for SMART-Server."""

import os
import sys

BESIDE_A_CHARGER = frozenset({"deploy_noc_bridge", "emulate_charger", "run_noc_bridge"})
"""Commands that need nothing of the server, and run where there is little memory."""


def main() -> None:
    alone = sys.argv[1:2] and sys.argv[1] in BESIDE_A_CHARGER
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bridge.settings" if alone else "smartserver.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
