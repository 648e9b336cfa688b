"""FIELD rule 33: the same story, told in three versions of OCPP, leaves the same rows."""

from __future__ import annotations

from typing import Any

from django.test import TestCase

from stations.models import EVSE, Connector, IdToken, Message, MeterValue, Station, Transaction
from stations.ocpp.frames import Payload
from tests.stations.factories import StationFactory, TokenFactory
from tests.stations.support import NOON, NOON_TEXT, call, rules_of
from tests.units import run

LATER = "2026-06-21T13:00:00Z"


def _energy_16(value: int) -> list[Payload]:
    return [{"timestamp": NOON_TEXT, "sampledValue": [{"value": str(value), "unit": "Wh"}]}]


def _energy_2(value: int) -> list[Payload]:
    return [{"timestamp": NOON_TEXT, "sampledValue": [{"value": value / 1000, "unitOfMeasure": {"unit": "kWh"}}]}]


class Story:
    """What a station says, and what it is answered."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.station: Station = StationFactory.create()
        self.answers: list[Payload] = []

    def say(self, action: str, given: Payload) -> Payload:
        (answer,) = run(call(self.station, action, given, version=self.version))
        self.answers.append(answer)
        found: Payload = answer
        return found

    def tell(self) -> None:
        (self._in_16 if self.version == "1.6" else self._in_2)()

    def _in_16(self) -> None:
        self.say("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "1.0"})
        self.say("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
        self.say("Authorize", {"idTag": "card"})
        start = {"connectorId": 1, "idTag": "card", "meterStart": 1000, "timestamp": NOON_TEXT}
        number = self.say("StartTransaction", start)["transactionId"]
        self.say("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": _energy_16(3000)})
        stop = {"transactionId": number, "idTag": "card", "meterStop": 4000, "timestamp": LATER, "reason": "Local"}
        self.say("StopTransaction", stop | {"transactionData": _energy_16(4000)})
        self.say("Heartbeat", {})

    def _in_2(self) -> None:
        plate = {"vendorName": "V", "model": "M", "firmwareVersion": "1.0"}
        token = {"idToken": "card", "type": "ISO14443"}
        self.say("BootNotification", {"reason": "PowerUp", "chargingStation": plate})
        status = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": NOON_TEXT}
        self.say("StatusNotification", status)
        self.say("Authorize", {"idToken": token})
        event: dict[str, Any] = {
            "triggerReason": "Authorized",
            "transactionInfo": {"transactionId": "T1"},
            "timestamp": NOON_TEXT,
        }
        start = {"evse": {"id": 1, "connectorId": 1}, "idToken": token, "meterValue": _energy_2(1000)}
        self.say("TransactionEvent", event | start | {"eventType": "Started", "seqNo": 0})
        self.say("TransactionEvent", event | {"eventType": "Updated", "seqNo": 1, "meterValue": _energy_2(3000)})
        stop = {"eventType": "Ended", "seqNo": 2, "timestamp": LATER, "idToken": token, "meterValue": _energy_2(4000)}
        stop["transactionInfo"] = {"transactionId": "T1", "stoppedReason": "Local"}
        self.say("TransactionEvent", event | stop)
        self.say("Heartbeat", {})


class OneStory(TestCase):
    maxDiff = None

    def rows(self, version: str) -> dict[str, Any]:
        """The story's rows, without what tells one telling from another."""
        with self.subTest(version=version):
            story = Story(version)
            story.tell()
            station = story.station
            station.refresh_from_db()
            return {
                "boot": (station.vendor, station.model, station.firmware_version, station.booted_at),
                "shown": (
                    station.state,
                    station.status,
                    station.connectors,
                    station.sessions,
                    station.session_energy_wh,
                ),
                "seen": station.last_seen_at is not None,
                "quirks": rules_of(station),
                "evses": list(EVSE.objects.filter(station=station).values_list("number", "energy_wh")),
                "connectors": list(
                    Connector.objects.filter(evse__station=station).values_list("number", "status", "error_code")
                ),
                "sessions": list(
                    Transaction.objects.filter(station=station).values_list(
                        "evse__number",
                        "connector_number",
                        "id_token__value",
                        "active",
                        "charging_state",
                        "started_at_station",
                        "ended_at_station",
                        "end_reason",
                        "meter_start_wh",
                        "meter_stop_wh",
                        "energy_wh",
                    )
                ),
                "readings": sorted(
                    MeterValue.objects.filter(station=station).values_list("evse__number", "measured_at", "energy_wh")
                )[-2:],  # the start meter is a field in 1.6 and a reading in 2.x
                "messages": list(Message.objects.filter(station=station).values_list("direction", "outcome")),
                "verdicts": sum("Accepted" in str(answer) for answer in story.answers),
            }

    def test_leaves_the_same_rows(self) -> None:
        TokenFactory.create(value="CARD")
        in_16, in_201, in_21 = (self.rows(version) for version in ("1.6", "2.0.1", "2.1"))
        self.assertEqual(in_16, in_201)
        self.assertEqual(in_16, in_21)
        (session,) = in_16["sessions"]
        self.assertEqual(session[:5], (1, 1, "CARD", False, ""))
        self.assertEqual(session[-3:], (1000.0, 4000.0, 3000.0))
        self.assertEqual(in_16["shown"], ("online", "Available", "Available", 0, None))
        self.assertEqual((in_16["quirks"], in_16["messages"], in_16["verdicts"]), ({}, [("in", "CALLRESULT")] * 7, 4))
        self.assertEqual(IdToken.objects.count(), 1)

    def test_answers_of_boot_and_heartbeat_tell_the_time(self) -> None:
        for version in ("1.6", "2.0.1", "2.1"):
            story = Story(version)
            story.tell()
            registered = {"status": "Accepted", "currentTime": "2026-06-21T12:00:00.000Z", "interval": 300}
            self.assertEqual(story.answers[0], registered)
            self.assertEqual(story.answers[-1], {"currentTime": "2026-06-21T12:00:00.000Z"})
            self.assertEqual(Station.objects.get(pk=story.station.pk).booted_at, NOON)
