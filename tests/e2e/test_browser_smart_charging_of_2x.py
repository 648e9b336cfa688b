"""The charging profiles of a 2.1 station on its page: set, drawn, and what it tells of limits and vehicles."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from smartserver.core import clock
from stations.ocpp.times import written
from tests.clients import Station
from tests.e2e.station_page import TIMEOUT, StationPageCase
from tests.e2e.test_browser_sends_commands import accept, answering
from tests.services import needs_chromium

EVIL = '"><img src=x onerror='
"""As long as a chargingLimitSource may be."""


def limit(watts: float) -> dict[str, Any]:
    return {
        "id": 1,
        "startSchedule": written(clock.now()),
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": watts}],
    }


@needs_chromium
class SmartChargingOf2x(StationPageCase):
    def tell(self, station: Station) -> None:
        """A session runs, its vehicle wants something, and the grid limits the station."""
        who = {"vendorName": "V", "model": "M"}
        station.call("BootNotification", {"reason": "PowerUp", "chargingStation": who})
        event = {
            "eventType": "Started",
            "timestamp": written(clock.now()),
            "triggerReason": "CablePluggedIn",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "T1"},
            "evse": {"id": 1, "connectorId": 1},
        }
        station.call("TransactionEvent", event)
        told = {"chargingLimitSource": EVIL[:20], "isGridCritical": True}
        station.call("NotifyChargingLimit", {"chargingLimit": told, "chargingSchedule": [limit(5000.0)]})
        needs = {"requestedEnergyTransfer": "WPT"}
        station.call("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs})
        schedule = {"evseId": 1, "timeBase": written(clock.now()), "chargingSchedule": limit(4000.0)}
        station.call("NotifyEVChargingSchedule", schedule)
        station.call("NotifyPriorityCharging", {"transactionId": "T1", "activated": True})

    def test_limits_needs_and_terms_are_shown_and_a_limit_is_set(self) -> None:
        with Station(self.server.ws, "TWO", version="2.1") as station:
            self.tell(station)
            page = self.open("TWO", "profiles")
            part = page.locator(".part")
            for text in (EVIL[:20], "because the grid needs it", "WPT", "Waits for a profile", "yes, by the driver"):
                expect(part).to_contain_text(text, timeout=TIMEOUT)
            self.assertEqual(page.locator("img").count(), 0)
            with answering(station, accept):
                self.does("limit")
                self.fill_in(limit="10", evse="0")
                self.says("Limit: done.")
                expect(page.locator('tr[data-row="1"]')).to_contain_text("ChargingStationMaxProfile", timeout=TIMEOUT)
                self.does("report")
                self.says("Charging profiles: done.")
