"""Charging profiles that a station sends the wrong way round, and DUMP_STATE (seed 004, WIRE.md)."""

from __future__ import annotations

import unittest
from datetime import timedelta
from typing import Any

from django.test import TestCase, override_settings
from hypothesis import given
from hypothesis import strategies as st

from stations import selectors
from stations.models import ChargingProfile, Registration, Station, Transaction
from stations.ocpp.errors import CallError
from stations.ocpp.facts import ProfilesDisclaimed
from stations.ocpp.frames import Payload
from stations.ocpp.v16 import reversed_calls
from stations.services.smart_charging import reversed_calls as use_cases
from tests.stations.factories import EvseFactory, StationFactory, TokenFactory, TransactionFactory
from tests.stations.support import NOON, NOON_TEXT, SocketCase, call, rules_of
from tests.stations.test_frames_are_read_and_written import JSON
from tests.units import run


def profile(number: Any = 1, *, unit: str = "W", limit: Any = 7000, **more: Any) -> Payload:
    return {
        "chargingProfileId": number,
        "stackLevel": 1,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        },
    } | more


def setting(**more: Any) -> Payload:
    return {"connectorId": 1, "chargingProfile": profile(**more)}


class WhatIsRead(unittest.TestCase):
    def test_profile_under_either_name(self) -> None:
        for payload in (setting(), {"connectorId": "1", "csChargingProfiles": profile("1")}):
            fact = reversed_calls.read_profile(payload)
            self.assertEqual((fact.evse, fact.number, fact.stack_level, fact.purpose), (1, 1, 1, "TxProfile"))
            self.assertEqual(fact.kind, "Absolute")

    def test_bare_profile(self) -> None:
        fact = reversed_calls.read_profile({"chargingProfile": {"id": 5}})
        self.assertEqual((fact.evse, fact.number, fact.stack_level, fact.purpose), (0, 5, 0, "TxDefaultProfile"))

    def test_what_is_no_profile_is_refused(self) -> None:
        periods = [{"startPeriod": n, "limit": 1} for n in range(2000)]
        refused: list[Payload] = [
            {},
            {"chargingProfile": []},
            {"chargingProfile": {}},
            {"connectorId": -1, "chargingProfile": profile()},
            setting(number="one"),
            setting(number=1.5),
            setting(number=2**31),
            setting(chargingSchedule={"chargingSchedulePeriod": periods}),
        ]
        for payload in refused:
            with self.assertRaises(CallError):
                reversed_calls.read_profile(payload)

    def test_criteria_of_a_clearing(self) -> None:
        self.assertEqual(reversed_calls.read_clearing({}), ProfilesDisclaimed())
        for payload in ({"chargingProfileId": 1}, {"id": "1"}):
            self.assertEqual(reversed_calls.read_clearing(payload), ProfilesDisclaimed(1))
        all_criteria = {"connectorId": 2, "chargingProfilePurpose": "TxProfile", "stackLevel": 0}
        self.assertEqual(reversed_calls.read_clearing(all_criteria), ProfilesDisclaimed(None, 2, "TxProfile", 0))

    def test_first_limit(self) -> None:
        self.assertEqual(reversed_calls.first_limit_w(profile(limit=7000)), 7000.0)
        nothing: list[Any] = [
            None,
            {},
            profile(unit="A"),
            {"chargingSchedule": {"chargingSchedulePeriod": []}},
            {"chargingSchedule": {"chargingSchedulePeriod": [7]}},
            {"chargingSchedule": {"chargingSchedulePeriod": [{}]}},
            {"chargingSchedule": {"chargingSchedulePeriod": {}}},
        ]
        for found in nothing:
            self.assertIsNone(reversed_calls.first_limit_w(found))

    def test_question_for_the_state(self) -> None:
        for text, asks in (
            ("DUMP_STATE", True),
            (" DUMP_STATE\n", True),
            ("dump_state", False),
            ('["DUMP_STATE"]', False),
        ):
            self.assertEqual(reversed_calls.is_state_request(text), asks)

    @given(st.dictionaries(st.sampled_from(["chargingProfile", "connectorId", "id", "stackLevel"]), JSON))
    def test_anything_is_understood_or_refused(self, payload: Payload) -> None:
        for read in (reversed_calls.read_profile, reversed_calls.read_clearing):
            try:
                read(payload)
            except CallError as error:
                self.assertTrue(error.description)
        reversed_calls.first_limit_w(payload.get("chargingProfile"))


class ReversedCalls(TestCase):
    def setUp(self) -> None:
        self.station: Station = StationFactory.create()

    def say(self, action: str, payload: Payload, station: Station | None = None, **options: Any) -> Any:
        return run(call(station or self.station, action, payload, **options))[0]

    def numbers(self, station: Station | None = None) -> list[int]:
        rows = ChargingProfile.objects.filter(station=station or self.station).order_by("number")
        return list(rows.values_list("number", flat=True))

    def test_profile_is_kept_as_the_stations_own(self) -> None:
        evse = EvseFactory.create(station=self.station)
        session = TransactionFactory.create(station=self.station, evse=evse)
        self.assertEqual(self.say("SetChargingProfile", setting()), {"status": "Accepted"})
        row = ChargingProfile.objects.get()
        self.assertEqual((row.source, row.evse, row.number, row.profile), ("station", 1, 1, profile()))
        self.assertEqual((row.transaction, row.confirmed_at), (session, NOON))
        self.assertEqual(rules_of(self.station), {"reversed_call": 1})

    def test_same_number_replaces(self) -> None:
        later = NOON + timedelta(hours=1)
        self.say("SetChargingProfile", setting())
        changed = setting(limit=5000, chargingProfilePurpose="TxDefaultProfile")
        self.say("SetChargingProfile", changed, at=later)
        row = ChargingProfile.objects.get()
        self.assertEqual(
            (row.profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"], row.transaction), (5000, None)
        )
        self.assertEqual(row.confirmed_at, later)

    def test_profiles_of_one_station_are_limited(self) -> None:
        made = [
            ChargingProfile(station=self.station, evse=1, number=n, purpose="P", profile={}, confirmed_at=NOON)
            for n in range(use_cases.MAX_PROFILES)
        ]
        ChargingProfile.objects.bulk_create(made)
        self.assertEqual(self.say("SetChargingProfile", setting(number=10_000)), {"status": "Rejected"})
        self.assertEqual(self.say("SetChargingProfile", setting(number=1)), {"status": "Accepted"})

    def test_clearing_removes_what_fits(self) -> None:
        other = StationFactory.create()
        for number, connector in ((1, 1), (2, 1), (3, 2)):
            for station in (self.station, other):
                self.say("SetChargingProfile", {"connectorId": connector, "chargingProfile": profile(number)}, station)
        clear = "ClearChargingProfile"
        self.assertEqual(self.say(clear, {"chargingProfileId": 1, "connectorId": 7}), {"status": "Accepted"})
        self.assertEqual(self.numbers(), [2, 3])
        self.assertEqual(self.say(clear, {"connectorId": 2, "stackLevel": 0}), {"status": "Unknown"})
        self.assertEqual(
            self.say(clear, {"connectorId": 2, "chargingProfilePurpose": "TxProfile"}), {"status": "Accepted"}
        )
        self.assertEqual(self.numbers(), [2])
        self.assertEqual(self.say(clear, {}), {"status": "Accepted"})
        self.assertEqual((self.numbers(), self.numbers(other)), ([], [1, 2, 3]))

    def test_strict_stations_and_other_versions_are_refused(self) -> None:
        for options in ({"strict": True}, {"version": "2.0.1"}, {"version": "2.1"}):
            for action, payload in (("SetChargingProfile", setting()), ("ClearChargingProfile", {"id": 1})):
                with self.assertRaises(CallError) as caught:
                    self.say(action, payload, **options)
                self.assertEqual(caught.exception.code, "NotSupported")
        self.assertFalse(ChargingProfile.objects.exists())

    def test_nonsense_is_refused(self) -> None:
        with self.assertRaises(CallError):
            self.say("SetChargingProfile", {"connectorId": 1})


class DumpedState(TestCase):
    def test_of_a_station(self) -> None:
        station = StationFactory.create(identity="CP_1", booted_at=NOON, last_seen_at=NOON)
        first = EvseFactory.create(station=station, number=1, energy_wh=100, measured_at=NOON)
        EvseFactory.create(station=station, number=2, energy_wh=900)
        session = TransactionFactory.create(station=station, evse=first)
        TransactionFactory.create(station=station, active=False)
        run(call(station, "SetChargingProfile", setting()))
        Station.objects.update(last_seen_at=NOON)
        StationFactory.create()
        expected = {
            "chargePointId": "CP_1",
            "boot_accepted": True,
            "active_transaction_id": session.pk,
            "last_seen_at": "2026-06-21T12:00:00.000Z",
            "last_meter_wh": 100.0,
            "charging_profiles": [{"id": 1, "limit_w": 7000.0}],
        }
        self.assertEqual(selectors.dump_state([station.pk]), {"sessions": [expected]})

    def test_of_all_stations_and_of_none(self) -> None:
        StationFactory.create(identity="B", registration=Registration.PENDING, booted_at=NOON)
        StationFactory.create(identity="A")
        bare: Payload = {
            "boot_accepted": False,
            "active_transaction_id": None,
            "last_seen_at": None,
            "last_meter_wh": None,
            "charging_profiles": [],
        }
        sessions = [{"chargePointId": identity} | bare for identity in ("A", "B")]
        self.assertEqual(selectors.dump_state(None), {"sessions": sessions})
        self.assertEqual(selectors.dump_state([]), {"sessions": []})


@override_settings(OPEN=True, OCPP_ACCEPT_UNKNOWN_TOKENS=True)
class OnTheWire(SocketCase):
    def test_client_of_seed_004_runs_to_its_end(self) -> None:
        TokenFactory.create(value="TEST")
        with self.server.station("CP_1", versions=()) as client:
            self.assertEqual(client.boot()[2]["status"], "Accepted")
            status = {"connectorId": 0, "status": "Available", "errorCode": "NoError"}
            self.assertEqual(client.ask("StatusNotification", status)[2], {})
            start = {"connectorId": 1, "idTag": "TEST", "meterStart": 0, "timestamp": NOON_TEXT}
            number = client.ask("StartTransaction", start)[2]["transactionId"]
            self.assertEqual(client.ask("SetChargingProfile", setting())[2], {"status": "Accepted"})
            meters = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": "100"}]}]
            reading = {"connectorId": 1, "transactionId": number, "meterValue": meters}
            self.assertEqual(client.ask("MeterValues", reading)[2], {})
            state = selectors.dump_state([Station.objects.get().pk])["sessions"][0]
            self.assertEqual((state["active_transaction_id"], state["last_meter_wh"]), (number, 100.0))
            self.assertEqual(client.ask("ClearChargingProfile", {"chargingProfileId": 1})[2], {"status": "Accepted"})
            stop = {"transactionId": number, "meterStop": 200, "timestamp": NOON_TEXT, "idTag": "TEST"}
            self.assertEqual(client.ask("StopTransaction", stop)[2], {"idTagInfo": {"status": "Accepted"}})
        self.assertEqual(Transaction.objects.get().energy_wh, 200.0)
        self.assertEqual(rules_of(Station.objects.get()), {"reversed_call": 2})
