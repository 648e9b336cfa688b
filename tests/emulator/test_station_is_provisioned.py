"""Resets, network profiles, customers and vendors' messages of an emulated 2.x station."""

from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from stations.emulator.point.access import Verdict
from stations.emulator.point.answers_core import VENDOR
from stations.emulator.point.customers import LONGEST_PART, NOTHING_KNOWN, information_parts
from stations.emulator.point.effects import Reconnect
from stations.emulator.point.variables import Path
from stations.ocpp.frames import Payload
from tests.emulator.scripted import Scripted

PROFILE: Payload = {
    "ocppVersion": "OCPP20",
    "ocppTransport": "JSON",
    "ocppCsmsUrl": "ws://other.example.org/ocpp",
    "messageTimeout": 30,
    "securityProfile": 0,
    "ocppInterface": "Wired0",
}


class Resets(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.1")

    def ended(self) -> list[Payload]:
        return [each for each in self.drive.of("TransactionEvent") if each["eventType"] == "Ended"]

    def reconnects(self) -> bool:
        return [type(each) for each in self.drive.station.take_effects()] == [Reconnect]

    def test_at_once(self) -> None:
        self.drive.charge()
        self.assertEqual(self.drive.status_of("Reset", type="Immediate"), "Accepted")
        self.drive.restart()
        (end,) = self.ended()
        self.assertEqual(end["transactionInfo"]["stoppedReason"], "ImmediateReset")
        self.assertEqual(end["triggerReason"], "ResetCommand")

    def test_when_it_is_idle(self) -> None:
        self.drive.charge()
        self.assertEqual(self.drive.status_of("Reset", type="OnIdle"), "Scheduled")
        self.drive.run(60)
        self.assertFalse(self.reconnects())
        self.drive.unplug()
        self.drive.run(1)
        self.drive.restart()
        self.assertEqual(self.ended()[0]["transactionInfo"]["stoppedReason"], "EVDisconnected")
        self.assertEqual(self.drive.of("BootNotification")[-1]["reason"], "ScheduledReset")

    def test_one_that_waits_is_forgotten_when_the_station_restarts_anyway(self) -> None:
        self.drive.charge()
        self.drive.status_of("Reset", type="OnIdle", evseId=1)
        self.drive.station.power_loss(self.drive.now)
        self.drive.restart()
        self.drive.run(10)
        self.assertFalse(self.reconnects())

    def test_of_one_evse(self) -> None:
        self.assertEqual(self.drive.status_of("Reset", type="Immediate", evseId=9), "Rejected")
        self.drive.charge()
        self.drive.charge(number=2)
        self.assertEqual(self.drive.status_of("Reset", type="Immediate", evseId=1), "Accepted")
        self.assertEqual([each["evse"]["id"] for each in self.ended()], [1])
        self.assertTrue(self.drive.station.outlet(2).running)
        self.assertFalse(self.reconnects())
        self.assertEqual(self.drive.status_of("Reset", type="OnIdle", evseId=2), "Scheduled")
        self.drive.unplug(2)
        self.drive.run(1)
        self.assertFalse(self.reconnects())

    def test_of_one_evse_takes_its_fault_away(self) -> None:
        self.drive.outlet.fault(self.drive.now)
        self.drive.run(0)
        self.drive.status_of("Reset", type="OnIdle", evseId=1)
        self.assertEqual(self.drive.of("StatusNotification")[-1]["connectorStatus"], "Available")


class Networks(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.1")
        self.networks = self.drive.station.networks

    def set(self, slot: int = 2, **changes: Any) -> str:
        return self.drive.status_of("SetNetworkProfile", configurationSlot=slot, connectionData=PROFILE | changes)

    def prefer(self, slots: str) -> None:
        path = Path("OCPPCommCtrlr", "NetworkConfigurationPriority")
        self.drive.station.variables.put(path, slots, self.drive.now)

    def test_a_profile_is_kept_in_its_slot_and_told_of(self) -> None:
        self.assertEqual(self.set(basicAuthPassword="0123456789abcdef"), "Accepted")
        self.drive.ask(
            "GetReport",
            requestId=1,
            componentVariable=[{"component": {"name": "NetworkConfiguration", "instance": "2"}}],
        )
        (part,) = self.drive.of("NotifyReport")
        told = {each["variable"]["name"]: each["variableAttribute"][0].get("value") for each in part["reportData"]}
        self.assertEqual((told["OcppCsmsUrl"], told["SecurityProfile"]), (PROFILE["ocppCsmsUrl"], "0"))
        self.assertIsNone(told["BasicAuthPassword"])
        self.assertEqual(self.set(), "Accepted", "a slot may be filled again")

    def test_what_it_cannot_use_is_refused(self) -> None:
        self.assertEqual(self.set(slot=9), "Rejected")
        self.assertEqual(self.set(ocppTransport="SOAP"), "Failed")
        self.assertEqual(self.set(ocppVersion="OCPP16"), "Failed")
        self.drive.set(SecurityProfile=2)
        self.assertEqual(self.set(securityProfile=1), "Rejected", "never lower")

    def test_it_is_used_after_a_boot_where_it_is_preferred(self) -> None:
        self.set()
        self.assertEqual((self.networks.active, self.networks.url), ("1", ""))
        self.prefer("2,1")
        self.networks.restart()
        self.assertEqual((self.networks.active, self.networks.url), ("2", PROFILE["ocppCsmsUrl"]))

    def test_after_some_attempts_the_next_one_has_its_turn(self) -> None:
        self.set()
        self.prefer("2,1,3")
        self.networks.restart()
        for _ in range(2):
            self.networks.failed()
        self.networks.reached(0.0)
        for active in ("2", "2", "1", "1", "1", "2"):
            self.networks.failed()
            self.assertEqual(self.networks.active, active)

    def test_a_security_profile_that_was_reached_is_not_left(self) -> None:
        self.set(securityProfile=1)
        self.prefer("2,1")
        self.networks.restart()
        for _ in range(3):
            self.networks.failed()
        self.assertEqual(self.networks.active, "1", "not reached yet: the old one still serves")
        self.networks.restart()
        self.networks.reached(0.0)
        self.assertEqual((self.drive.station.security.profile, self.order()), (1, "2"))
        for _ in range(3):
            self.networks.failed()
        self.assertEqual(self.networks.active, "2", "there is no way back")

    def order(self) -> str:
        return self.drive.station.variables.text("OCPPCommCtrlr", "NetworkConfigurationPriority")

    def test_a_new_password_is_that_of_the_profile_in_use(self) -> None:
        self.set(basicAuthPassword="0123456789abcdef")
        self.drive.station.configure("AuthorizationKey", "0000000000000000", 0.0)
        self.assertEqual(self.networks.password, "0000000000000000")
        self.prefer("2")
        self.networks.restart()
        self.assertEqual(self.networks.password, "0123456789abcdef")
        self.drive.station.configure("AuthorizationKey", "1111111111111111", 0.0)
        self.assertEqual(self.networks.password, "1111111111111111")
        self.assertEqual(self.drive.station.password, "0000000000000000", "the other slots keep theirs")

    def test_slots_that_hold_nothing_are_passed_over(self) -> None:
        self.networks.failed()
        self.networks.restart()
        self.assertEqual(self.networks.active, "1")
        self.set()
        self.prefer("3")
        self.networks.restart()
        self.assertEqual(self.networks.active, "1")
        self.prefer("2")
        for _ in range(3):
            self.networks.failed()
        self.assertEqual(self.networks.active, "2", "what is not preferred any more is left")


class Customers(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.0.1")

    def ask(self, *, report: bool = True, clear: bool = False, **who: Any) -> str:
        self.drive.said.clear()
        return self.drive.status_of("CustomerInformation", requestId=3, report=report, clear=clear, **who)

    def text(self) -> str:
        parts = self.drive.of("NotifyCustomerInformation")
        self.assertEqual([part["seqNo"] for part in parts], list(range(len(parts))))
        self.assertEqual([part["tbc"] for part in parts], [True] * (len(parts) - 1) + [False])
        return "".join(part["data"] for part in parts)

    def test_what_is_known_is_told_and_forgotten(self) -> None:
        token = {"idToken": "CARD", "type": "ISO14443"}
        station = self.drive.station
        self.drive.charge("card")
        station.access.remember("CARD", Verdict("Accepted"))
        self.drive.now += 20
        station.step(self.drive.now)  # two readings wait to be sent
        self.assertEqual(self.ask(idToken=token, clear=True), "Accepted")
        first, second, third = self.text().split("\n")
        self.assertEqual(first, "Authorization cache: CARD Accepted")
        self.assertIn("Session at EVSE 1", second)
        self.assertEqual(third, "Messages that wait to be sent: 2")
        self.assertEqual(self.ask(idToken=token), "Accepted")
        self.assertNotIn("cache", self.text())

    def test_nothing_is_known_of_a_stranger(self) -> None:
        self.assertEqual(self.ask(customerIdentifier="4711"), "Accepted")
        self.assertEqual(self.text(), NOTHING_KNOWN)

    def test_long_texts_come_in_parts(self) -> None:
        text = "0123456789" * 110
        parts = [message.payload for message in information_parts(3, text, self.drive.at())]
        self.assertEqual([part["tbc"] for part in parts], [True, True, False])
        self.assertEqual("".join(part["data"] for part in parts), text)
        self.assertEqual(max(len(part["data"]) for part in parts), LONGEST_PART)

    def test_who_is_not_named_cannot_be_known(self) -> None:
        self.assertEqual(self.ask(), "Invalid")
        self.assertEqual(self.ask(report=False, customerIdentifier="4711"), "Rejected")
        self.assertEqual(self.ask(report=False, clear=True, customerIdentifier="4711"), "Accepted")
        self.assertEqual(self.drive.of("NotifyCustomerInformation"), [])


class Others(SimpleTestCase):
    def test_messages_of_vendors_and_the_cache(self) -> None:
        for version in ("2.0.1", "2.1"):
            drive = Scripted(self, version)
            self.assertEqual(drive.status_of("DataTransfer", vendorId="org.nobody"), "UnknownVendorId")
            answer = drive.ask("DataTransfer", vendorId=VENDOR, messageId="Echo", data={"any": ["thing"]})
            self.assertEqual(answer, {"status": "Accepted", "data": {"any": ["thing"]}})
            self.assertEqual(drive.status_of("ClearCache"), "Accepted")
            drive.set(AuthorizationCacheEnabled=False)
            self.assertEqual(drive.status_of("ClearCache"), "Rejected")
