"""The test runner: Django's own, in parallel unless told otherwise."""

from __future__ import annotations

import os
from typing import Any

from django.test.runner import DiscoverRunner


class Runner(DiscoverRunner):
    """`manage.py test` uses all cores; `--parallel 1` does not."""

    def __init__(self, **options: Any) -> None:
        # Debugging needs one process.
        if not options.get("parallel") and not options.get("pdb") and not options.get("debug_mode"):
            options["parallel"] = max(2, os.cpu_count() or 1)
        super().__init__(**options)
