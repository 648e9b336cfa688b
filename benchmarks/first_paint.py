"""The overview on a cold cache, against a database with a thousand stations and a million meter values.

    python -m benchmarks.first_paint [--stations 1000] [--readings 1000] [--rounds 7]

A real server (one process, SQLite) and Chromium with a fresh profile each round. Noted are the first contentful paint,
and when all tiles have their numbers and the chart of the day is drawn. Exit code 0 when the median of both is under a
second.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.raw_client import describe_machine
from tests.browser import chromium
from tests.server import ServerProcess

GOAL_MS = 1000.0
PATIENCE_MS = 60_000

WATCH = """
const drawn = () => document.querySelector('.tile-group:not([data-waiting]) .tile-value')
  && document.querySelector('[data-tile="energy"] .tile-value').textContent !== '–'
  && document.querySelector('.overview .uplot canvas');
const look = () => {
  if (drawn()) document.documentElement.dataset.drawn = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"

STATIONS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :stations)
INSERT INTO stations_station (id, identity, password_hash, next_password_hash, strict, registration, note, created_at,
  vendor, model, serial_number, firmware_version, iccid, imsi, meter_type, meter_serial_number, boot_reason,
  firmware_status, diagnostics_status, state, connection, last_seen_at, ocpp_version, status, connectors, power_w,
  session_energy_wh, sessions, quirks)
SELECT i, printf('CP%05d', i), '', '', 0, 'Accepted', '', datetime('now'), 'Vendor', 'Model', 'S' || i, '1.2.3', '', '',
  '', '', '', '', '', 'offline', 1, datetime('now'), '1.6', CASE i % 3 WHEN 0 THEN 'Available' ELSE 'Charging' END,
  'Charging', 11000, 5000, 1, ''
FROM n
"""
EVSES = "INSERT INTO stations_evse (id, station_id, number) SELECT id, id, 1 FROM stations_station"
SESSIONS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4)
INSERT INTO stations_transaction (id, station_id, evse_id, reference, active, charging_state, started_at, ended_at,
  end_reason, remark, messages_in_queue, meter_start_wh, meter_last_wh, energy_wh, currency, cost_is_final,
  operation_mode, tariff, limits, wanted_limits, missing_events)
SELECT s.id * 10 + i, s.id, s.id, '', i = 0, '', datetime('now', -(i * 7 + 6) || ' hours'),
  CASE i WHEN 0 THEN NULL ELSE datetime('now', -(i * 7) || ' hours') END, '', '', 0, 0, 20000, 20000, '', 0,
  '', '', '{}', '{}', 0
FROM n, stations_station s
"""
READINGS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :readings)
INSERT INTO stations_metervalue (station_id, evse_id, transaction_id, received_at, energy_wh, power_w, samples)
SELECT s.id, s.id, s.id * 10, strftime('%Y-%m-%d %H:%M:%f', 'now', -(i * 86400 / :readings) || ' seconds'),
  :readings - i, 11000, '[]'
FROM stations_station s, n
"""
TOTALS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 31 * 2880 - 1)
INSERT INTO overview_powertotal SELECT strftime('%s', 'now') / 30 * 30 - 30 * i, 11000 + i % 999, i % 400 FROM n
"""


class Round(NamedTuple):
    """In ms since the navigation began."""

    painted: float
    drawn: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, default=1000)
    parser.add_argument("--readings", type=int, default=1000, help="meter values of each station")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print(describe_machine())
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        fill(data, options.stations, options.readings)
        with ServerProcess(data=data) as server:
            connect_all(server.database)
            rounds = [measure(server.http) for _ in range(options.rounds)]
    return report(rounds)


def fill(data: Path, stations: int, readings: int) -> None:
    """A day of all stations, with its hours summed up, and a month of totals."""
    os.environ |= {
        "SMARTSERVER_DATA_DIR": str(data),
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "smartserver.settings",
    }
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    with sqlite3.connect(settings.DATABASES["default"]["NAME"]) as database:
        for statement in (STATIONS, EVSES, SESSIONS, READINGS, TOTALS):
            database.execute(statement, {"stations": stations, "readings": readings})
    sum_up()
    size = sum(file.stat().st_size for file in data.iterdir() if file.is_file()) / 1e6
    print(f"  {stations:,} stations, {stations * readings:,} meter values, {size:,.0f} MB")


def sum_up() -> None:
    """As the server does beside its sockets: it should have nothing to catch up with while it is measured."""
    from smartserver.core import hours
    from smartserver.core.batch import run_batch
    from stations.models import Station
    from stations.selectors import SERIES

    for station in Station.objects.values_list("pk", flat=True):
        while rows := hours.due(SERIES, station):
            run_batch([partial(hours.store, series=SERIES, rows=rows)], lambda published: None)


def connect_all(database: Path) -> None:
    """A server that starts takes everybody for gone."""
    with sqlite3.connect(database, timeout=20) as connection:
        connection.execute("UPDATE stations_station SET state = 'online', last_seen_at = datetime('now')")


def measure(address: str) -> Round:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(WATCH)
        page.goto(address)
        page.wait_for_selector("html[data-drawn]", timeout=PATIENCE_MS)
        return Round(page.evaluate(FIRST_PAINT), float(page.evaluate("document.documentElement.dataset.drawn")))


def report(rounds: list[Round]) -> int:
    met = True
    for name, values in (
        ("first contentful paint", [r.painted for r in rounds]),
        ("tiles and chart", [r.drawn for r in rounds]),
    ):
        median = statistics.median(values)
        met &= median < GOAL_MS
        print(f"  {name:24} median {median:5.0f} ms, best {min(values):5.0f} ms, worst {max(values):5.0f} ms")
    print(f"  goal (median of both under {GOAL_MS:.0f} ms): {'met' if met else 'missed'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
