"""A year of a device's history, out of a table with ten million measurements.

    python -m benchmarks.year_of_history [--rows 10000000]

One device that reported all through a year, in a SQLite file. What is measured is the whole answer of the history
endpoint but for HTTP: once from the hours that were summed up, and once, as everybody would do it at first, as means
over all measurements. Exit code 0 when the first takes less than 300 ms (median of five).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

GOAL_MS = 300.0
YEAR_MINUTES = 366 * 24 * 60

FILL = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < %s)
INSERT INTO devices_devicesample
    (device_id, received_at, message_id, power_income, power_inject, power_consumption, battery, changes)
SELECT %s, strftime('%%Y-%%m-%%d %%H:%%M:%%f', %s, '-' || (n * %s) || ' seconds'), '0001', n %% 900, n %% 700, 120.0,
       n %% 1000, '{}'
FROM numbers
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SMARTSERVER_DATA_DIR"] = folder
        os.environ["DATABASE_URL"] = ""
        os.environ["DJANGO_SETTINGS_MODULE"] = "smartserver.settings"
        import django

        django.setup()
        return measure(options.rows, Path(folder))


def measure(rows: int, folder: Path) -> int:
    from django.core.management import call_command

    from devices.models import SolMate
    from devices.selectors import SERIES, history
    from smartserver.core import clock
    from smartserver.core import history as core

    call_command("migrate", verbosity=0)
    device = SolMate.objects.create(serial_number="0001")
    fill(device.pk, rows)
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) / 1e6
    begun = time.perf_counter()
    summed_up = sum_up(device.pk)
    print(f"{rows:,} measurements ({size:,.0f} MB), summed up to {summed_up:,} hours in {since(begun):.1f} s")

    def means_of_all() -> Any:
        measured = core.of(SERIES, device.pk).filter(received_at__gte=clock.now() - timedelta(minutes=YEAR_MINUTES))
        return list(core.slots(SERIES, measured, 16_000))

    plain = milliseconds(means_of_all, 1)
    ours = milliseconds(lambda: history(device.pk, YEAR_MINUTES), 5)
    points = len(history(device.pk, YEAR_MINUTES)["series"][0])
    print(f"means of all measurements   {plain:9.1f} ms")
    print(f"from hours, {points:,} points   {ours:9.1f} ms, {plain / ours:.0f} times as fast (goal: {GOAL_MS:.0f} ms)")
    return 0 if ours < GOAL_MS else 1


def fill(device: int, rows: int) -> None:
    from django.db import connection

    from smartserver.core import clock

    now = clock.now().strftime("%Y-%m-%d %H:%M:%S.%f")
    with connection.cursor() as cursor:
        cursor.execute(FILL, [rows, device, now, 365 * 86400 / rows])


def sum_up(device: int) -> int:
    from devices.models import DeviceHour
    from devices.selectors import SERIES
    from smartserver.core import hours
    from smartserver.core.batch import run_batch

    while found := hours.due(SERIES, device):
        run_batch([partial(hours.store, series=SERIES, rows=found)], lambda published: None)
    return DeviceHour.objects.count()


def milliseconds(read: Callable[[], Any], times: int) -> float:
    """The median of so many reads."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        read()
        taken.append(since(begun) * 1000)
    return statistics.median(taken)


def since(begun: float) -> float:
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
