"""The station's page: tariffs that a station has, payments that it awaits and has settled, what its sessions cost."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.clients import Station
from tests.e2e.station_page import TIMEOUT, StationPageCase
from tests.e2e.test_browser_sends_commands import accept, answering
from tests.services import needs_chromium
from tests.stations.tariffs import energy, fixed, tariff

TEXT = [{"format": "UTF8", "content": "0.50 €/kWh <b>"}]
BODY = tariff(**energy(0.5), **fixed("fixedFee", 1), description=TEXT)
BOOT = {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}}


WAITING = {"evseId": 1, "timeout": 600}


def reply(action: str, payload: dict[str, object]) -> dict[str, object]:
    return {} if action == "NotifyWebPaymentStarted" else accept(action, payload)


def event(phase: str, number: int, wh: int, **more: Any) -> dict[str, Any]:
    stamp = f"2026-06-21T12:0{number}:00Z"
    return {
        "eventType": phase,
        "timestamp": stamp,
        "triggerReason": "Trigger",
        "seqNo": number,
        "transactionInfo": {"transactionId": "tx"},
        "meterValue": [{"timestamp": stamp, "sampledValue": [{"value": wh}]}],
        **more,
    }


@needs_chromium
class TariffsOnThePage(StationPageCase):
    def test_tariffs_costs_and_payments(self) -> None:
        key = self.operator.post("tariffs", {"tariff": BODY}).json()["id"]
        self.operator.post("tariff-assignments", {"tariff": key})
        with Station(self.server.ws, "TWO", version="2.1") as station:
            station.call("BootNotification", BOOT)
            station.call("TransactionEvent", event("Started", 0, 0, evse={"id": 1, "connectorId": 1}))
            station.call("TransactionEvent", event("Ended", 1, 8000))
            self.operator.post("stations/TWO/commands", {"action": "NotifyWebPaymentStarted", "payload": WAITING})
            settled = {"pspRef": "psp-1", "status": "Settled", "settlementAmount": 6, "transactionId": "tx"}
            station.call("NotifySettlement", settled | {"settlementTime": "2026-06-21T12:05:00Z"})
            with answering(station, reply):
                page = self.open("TWO", "tariffs")
                part = page.locator('[data-part-shown="tariffs"]')
                expect(part).to_contain_text("Somebody is paying", timeout=TIMEOUT)
                expect(part.locator("tr", has_text="psp-1")).to_contain_text("5.00, differs")
                self.does("send")
                self.fill_in(evse="0")
                self.says("Tariff: done.")
                expect(part.locator("tr", has_text="T1")).to_contain_text("0.50 €/kWh <b>", timeout=TIMEOUT)
        page = self.open("TWO", "sessions")
        expect(page.locator(".part table tbody tr").first).to_contain_text("€5.00", timeout=TIMEOUT)

    def test_the_tariff_of_a_session_is_changed(self) -> None:
        other = tariff(**energy(0.25)) | {"tariffId": "T2"}
        key = self.operator.post("tariffs", {"tariff": other}).json()["id"]
        with Station(self.server.ws, "THREE", version="2.1") as station:
            station.call("BootNotification", BOOT)
            self.open("THREE", "tariffs")
            self.does("change")
            self.says("No session is running.")
            station.call("TransactionEvent", event("Started", 0, 0, evse={"id": 1, "connectorId": 1}))
            with answering(station, accept) as asked:
                self.does("change")
                self.fill_in(tariff=str(key))
                self.says("Tariff: done.")
            self.assertIn(("ChangeTransactionTariff", {"transactionId": "tx", "tariff": other}), asked)

    def test_older_stations_keep_none(self) -> None:
        with Station(self.server.ws, "OLD") as station:
            station.boot()
            page = self.open("OLD", "tariffs")
            expect(page.locator('[data-do="send"]')).to_have_attribute(
                "title", "Stations of OCPP 1.6 keep no tariffs.", timeout=TIMEOUT
            )
