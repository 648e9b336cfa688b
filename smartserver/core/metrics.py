"""What the process counts, for `/metrics` (Prometheus). No label names a station: 10,000 would be 10,000 series."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

STATIONS = Gauge("smartserver_station_sockets", "Open sockets of charging stations in this process.")
DEVICES = Gauge("smartserver_device_sockets", "Open sockets of solar devices in this process.")
PUSH = Gauge("smartserver_push_sockets", "Open push channels of NOC bridges in this process.")
BROWSERS = Gauge("smartserver_browser_sockets", "Open sockets of browsers in this process.")
REFUSED = Counter("smartserver_refused_connections_total", "Connections that were refused.", ["reason"])
OCPP = Counter("smartserver_ocpp_calls_total", "Calls of stations by outcome.", ["version", "action", "outcome"])
DEVICE_UPDATES = Counter("smartserver_device_messages_total", "Messages of devices by outcome.", ["outcome"])
WEBHOOKS = Counter("smartserver_webhook_attempts_total", "Posts to receivers of webhooks by outcome.", ["outcome"])
FILE_TRANSFERS = Counter(
    "smartserver_file_transfers_total", "Downloads and uploads of stations by outcome.", ["outcome"]
)
BRIDGE_CALLS = Counter("smartserver_bridge_calls_total", "Requests of NOC bridges by outcome.", ["call", "outcome"])
FRAMES_NOT_LOGGED = Counter(
    "smartserver_frames_not_logged_total", "Frames that LOG_PAYLOAD or FRAME_LOG_FILE should have had."
)
WRITER_UNITS = Gauge("smartserver_writer_units", "Messages stored since the start.")
WRITER_BATCHES = Gauge("smartserver_writer_batches", "Transactions that stored them.")
WRITER_WAITING = Gauge("smartserver_writer_waiting", "Messages that wait for storage.")

MAX_SERIES = 1000
"""Stations choose the names of actions: after so many different ones they are counted as `other`."""

_cells: dict[tuple[str, str, str], Counter] = {}


def message(version: str, action: str, outcome: str) -> None:
    """Count a call of a station."""
    if outcome != "CALLRESULT":
        action = "other"  # it may be an invented one
    key = (version, action, outcome)
    cell = _cells.get(key)
    if cell is None:
        room = len(_cells) < MAX_SERIES
        cell = OCPP.labels(version, action if room else "other", outcome)
        if room:
            _cells[key] = cell
    cell.inc()
