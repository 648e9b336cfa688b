"""Transactions, as the server sees them (block E)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from stations.models import ChargingProfile, Transaction, TransactionEvent
from stations.services.sessions.limits import set_limits
from tests.certification.support import STRANGER
from tests.certification2.central.support import ACCEPTED, CentralCase2, ScriptedStation2, metered
from tests.certification2.central.test_smart_charging import profile
from tests.certification2.support import token

Step = tuple[str, str]
"""A trigger, and the state of charging; "" where it does not change."""


class Starts(CentralCase2):
    def begins(self, *steps: Step) -> None:
        """The station tells of a transaction step by step; with the one that is authorized comes the token."""
        with self.booted() as client:
            for number, (trigger, state) in enumerate(steps):
                more: dict[str, Any] = {"idToken": token()} if trigger == "Authorized" else {}
                answer = client.event("Updated" if number else "Started", trigger, state, **more)
                if more:
                    self.assertEqual(answer["idTokenInfo"]["status"], "Accepted")
                self.assertEqual(self.transaction().charging_state, state or self.transaction().charging_state)
            running = self.transaction()
            self.assertEqual((running.active, running.missing_events), (True, 0))
            events = TransactionEvent.objects.filter(transaction=running).order_by("sequence")
            self.assertEqual(list(events.values_list("trigger", flat=True)), [trigger for trigger, _ in steps])
            self.assertEqual((self.row()["sessions"], running.id_token), (1, self.card))

    CABLE, CARD_SHOWN = ("CablePluggedIn", "EVConnected"), ("Authorized", "")
    ENERGY = ("ChargingStateChanged", "Charging")

    def test_tc_e_01_power_path(self) -> None:
        self.begins(("Authorized", "EVConnected"), self.ENERGY)

    def test_tc_e_02_energy(self) -> None:
        self.begins(("Authorized", "Charging"))

    def test_tc_e_03_plugged_in_first(self) -> None:
        self.begins(self.CABLE, self.CARD_SHOWN, self.ENERGY)

    def test_tc_e_04_identified_first(self) -> None:
        self.begins(("Authorized", "Idle"), self.CABLE, self.ENERGY)

    def test_tc_e_09_connected(self) -> None:
        self.begins(self.CABLE, self.CARD_SHOWN)

    def test_tc_e_10_authorized(self) -> None:
        self.begins(("Authorized", "Idle"), self.CABLE)

    def test_tc_e_11_signed_data(self) -> None:
        self.begins(("SignedDataReceived", "EVConnected"), self.CARD_SHOWN, self.ENERGY)

    def test_tc_e_12_parking_bay(self) -> None:
        self.begins(("EVDetected", "Idle"), self.CABLE, self.CARD_SHOWN, self.ENERGY)

    def test_tc_e_38_vehicle_is_not_ready(self) -> None:
        self.begins(self.CABLE, self.CARD_SHOWN, ("ChargingStateChanged", "SuspendedEV"), self.ENERGY)


class Stops(CentralCase2):
    def ends(self, trigger: str, reason: str, before: Callable[[ScriptedStation2], object] = bool, **more: Any) -> None:
        """What is charged is known whatever ends it."""
        with self.charging() as (client, _):
            before(client)
            client.end(trigger, reason, **more)
            client.tell(1, "Available")
            self.assert_over(reason)

    def test_tc_e_07_power_path_on_site(self) -> None:
        self.ends("StopAuthorized", "Local", idToken=token())

    def test_tc_e_08_energy_on_site(self) -> None:
        self.ends(
            "ChargingStateChanged", "Local", lambda client: client.event("Updated", "StopAuthorized", "EVConnected")
        )

    def test_tc_e_14_unplugged_at_the_station(self) -> None:
        self.ends("EVCommunicationLost", "EVDisconnected", lambda client: client.event("Updated", "StopAuthorized"))

    def test_tc_e_15_on_site(self) -> None:
        self.ends("StopAuthorized", "Local", idToken=token())
        self.assertEqual(self.transaction().stopped_by, self.card)

    def test_tc_e_16_token_is_refused(self) -> None:
        with self.booted() as client:
            client.event("Started", "CablePluggedIn", "EVConnected", meterValue=metered(1000))
            answer = client.event("Updated", "Authorized", "Charging", idToken=token(STRANGER))
            self.assertNotEqual(answer["idTokenInfo"]["status"], "Accepted")
            client.end("Deauthorized", "DeAuthorized", wh=1000)
            self.assert_over("DeAuthorized", energy=0.0)

    def test_tc_e_17_unplugged_and_not_authorized_any_more(self) -> None:
        self.ends("EVCommunicationLost", "EVDisconnected")

    def test_tc_e_19_parking_bay(self) -> None:
        self.ends("EVDeparted", "Local", lambda client: client.event("Updated", "StopAuthorized", "EVConnected"))

    def test_tc_e_20_unplugged(self) -> None:
        self.ends("EVCommunicationLost", "EVDisconnected", lambda client: client.tell(1, "Available"))

    def test_tc_e_21_by_the_server(self) -> None:
        with self.charging() as (client, reference):
            self.ask(client, "RequestStopTransaction", {"transactionId": reference}, {"status": "Accepted"})
            client.end("RemoteStop", "Remote")
            self.assert_over("Remote")

    def test_tc_e_22_vehicle_takes_no_more(self) -> None:
        self.ends("ChargingStateChanged", "StoppedByEV")

    def test_tc_e_26_unplugged_and_going_on(self) -> None:
        with self.charging() as (client, _):
            client.event("Updated", "EVCommunicationLost", "Idle")
            self.assertEqual((self.transaction().active, self.transaction().charging_state), (True, "Idle"))
            client.event("Updated", "CablePluggedIn", "Charging")
            client.end("StopAuthorized", "Local")
            self.assert_over("Local")

    def test_tc_e_39_nobody_plugs_in(self) -> None:
        with self.booted() as client:
            client.event("Started", "Authorized", "Idle", idToken=token(), meterValue=metered(1000))
            client.end("EVConnectTimeout", "Timeout", wh=1000)
            self.assert_over("Timeout", energy=0.0)

    def test_tc_e_53_numbers_begin_with_0(self) -> None:
        with self.booted() as client:
            for reference in ("A", "B"):
                client.charge(reference=reference)
                client.end("StopAuthorized", "Local", reference=reference)
                self.assert_over("Local")
            first = TransactionEvent.objects.filter(sequence=0)
            self.assertEqual(first.count(), 2)


class Status(CentralCase2):
    def told(self, *, waiting: bool, ended: bool = False, all: bool = False) -> None:
        with self.charging() as (client, reference):
            if ended:
                client.end("StopAuthorized", "Local")
            asked = {} if all else {"transactionId": reference}
            reply = {"messagesInQueue": waiting} | ({} if all else {"ongoingIndicator": not ended})
            self.ask(client, "GetTransactionStatus", asked, reply, "")
            self.assertIs(Transaction.objects.get().messages_in_queue, waiting)

    def test_tc_e_29_running_with_messages_waiting(self) -> None:
        self.told(waiting=True)

    def test_tc_e_30_running(self) -> None:
        self.told(waiting=False)

    def test_tc_e_31_ended_with_messages_waiting(self) -> None:
        self.told(waiting=True, ended=True)

    def test_tc_e_33_of_all_with_messages_waiting(self) -> None:
        self.told(waiting=True, all=True)

    def test_tc_e_34_of_all(self) -> None:
        self.told(waiting=False, all=True)


class Only21(CentralCase2):
    version = "2.1"

    def limited_by_the_station(self, limits: dict[str, float], trigger: str, reason: str = "") -> None:
        with self.charging() as (client, _):
            client.event("Updated", "LimitSet", info={"transactionLimit": limits})
            self.assertEqual(self.transaction().limits, limits)
            client.end(trigger, reason or trigger)
            self.assert_over(reason or trigger)

    def test_tc_e_106_energy_by_the_station(self) -> None:
        self.limited_by_the_station({"maxEnergy": 2000.0}, "EnergyLimitReached")

    def test_tc_e_107_time_by_the_station(self) -> None:
        self.limited_by_the_station({"maxTime": 600}, "TimeLimitReached")

    def test_tc_e_108_cost_by_the_station(self) -> None:
        self.limited_by_the_station({"maxCost": 5.0}, "CostLimitReached", "LocalOutOfCredit")

    def limited(self, limits: dict[str, float], trigger: str, reason: str = "") -> None:
        """The server says so with the answer to the next event."""
        with self.charging() as (client, _):
            number = self.transaction().pk
            self.direct(lambda batch, *, by: set_limits(batch, transaction_id=number, limits=limits))
            answer = client.event("Updated", "MeterValuePeriodic", meterValue=metered(1500))
            self.assertEqual(answer["transactionLimit"], limits)
            client.event("Updated", "LimitSet", info={"transactionLimit": limits})
            client.end(trigger, reason or trigger)
            self.assert_over(reason or trigger)

    def test_tc_e_109_cost(self) -> None:
        self.limited({"maxCost": 5.0}, "CostLimitReached", "LocalOutOfCredit")

    def test_tc_e_110_energy(self) -> None:
        self.limited({"maxEnergy": 2000.0}, "EnergyLimitReached")

    def test_tc_e_111_time(self) -> None:
        self.limited({"maxTime": 600}, "TimeLimitReached")

    def test_tc_e_102_limits_of_both(self) -> None:
        with self.charging() as (client, _):
            number = self.transaction().pk
            client.event("Updated", "LimitSet", info={"transactionLimit": {"maxTime": 600}})
            self.direct(lambda batch, *, by: set_limits(batch, transaction_id=number, limits={"maxEnergy": 2000.0}))
            answer = client.event("Updated", "MeterValuePeriodic")
            self.assertEqual(answer["transactionLimit"], {"maxEnergy": 2000.0})
            client.event("Updated", "LimitSet", info={"transactionLimit": {"maxEnergy": 2000.0, "maxTime": 600}})
            answer = client.event("Updated", "MeterValuePeriodic")
            self.assertNotIn("transactionLimit", answer, "the station has it, and another of its own")
            client.end("TimeLimitReached", "TimeLimitReached")
            self.assert_over("TimeLimitReached")

    @contextmanager
    def resumed(self) -> Iterator[ScriptedStation2]:
        """The station was without power, and goes on with what ran."""
        with self.connected() as client:
            self.boot(client)
            client._sequence = 2
            client.event("Updated", "TxResumed", "Charging")
            yield client

    def test_tc_e_113_resumed_after_an_interruption(self) -> None:
        with self.charging():
            pass
        with self.resumed() as client:
            client.end("StopAuthorized", "Local")
            self.assert_over("Local")

    def test_tc_e_117_resumed_with_a_charging_profile(self) -> None:
        """The station has lost the TxProfile, and gets it again."""
        with self.charging() as (client, reference):
            given = profile(5, "TxProfile", transactionId=reference)
            self.ask(client, "SetChargingProfile", {"evseId": 1, "chargingProfile": given}, ACCEPTED)
        with self.resumed() as client:
            self.assertEqual(client.expect("SetChargingProfile"), {"evseId": 1, "chargingProfile": given})
            client.reply(ACCEPTED)
            self.assert_answered(self.newest("SetChargingProfile"), "Accepted")
            self.assertEqual(ChargingProfile.objects.get().transaction, self.transaction())
            client.end("StopAuthorized", "Local")
            self.assert_over("Local")
