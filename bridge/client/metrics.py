"""The bridge's status as Prometheus metrics; docs/noc-bridge.md lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bridge.client.status import CONNECTED, ChargerStatus, Status

_GAUGES: tuple[tuple[str, str, Callable[[ChargerStatus], float]], ...] = (
    ("alive", "1: all tasks of this charger run.", lambda charger: charger["is_alive"]),
    ("spool_events", "Events that wait for the CMS.", lambda charger: charger["spool_events"]),
    ("spool_bytes", "Bytes of the events that wait for the CMS.", lambda charger: charger["spool_bytes"]),
)


class StatusCollector(Collector):
    """Reads the status when somebody asks for the metrics, so nothing is counted twice."""

    def __init__(self, status: Callable[[], Status]) -> None:
        self._status = status

    def describe(self) -> list[Metric]:
        """Nothing, so that registering asks for no status."""
        return []

    def collect(self) -> Iterator[Metric]:
        status = self._status()
        for name, meaning, value in _GAUGES:
            gauge = GaugeMetricFamily(f"noc_bridge_{name}", meaning, labels=["charger"])
            for charger in status["chargers"]:
                gauge.add_metric([charger["name"]], float(value(charger)))
            yield gauge
        dropped = CounterMetricFamily("noc_bridge_dropped_events", "Events given up.", labels=["charger"])
        connected = GaugeMetricFamily("noc_bridge_connected", "1: connected.", labels=["charger", "to"])
        for charger in status["chargers"]:
            dropped.add_metric([charger["name"]], charger["dropped_events"])
            for partner, state in charger["connections"].items():
                connected.add_metric([charger["name"], partner], float(state == CONNECTED))
        yield dropped
        yield connected
        traffic = CounterMetricFamily("noc_bridge_traffic_bytes", "Bytes.", labels=["purpose", "direction"])
        for purpose, (sent, received) in status["traffic"].items():
            traffic.add_metric([purpose, "sent"], sent)
            traffic.add_metric([purpose, "received"], received)
        yield traffic
