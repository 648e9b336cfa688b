"""FIELD rules under "Connecting" and "Frames", each with its number, on a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import orjson
from django.test import override_settings
from websockets.asyncio.client import connect

from smartserver.core import clock
from stations.models import Command, Message, MeterValue, State, Station, Transaction
from tests.stations.support import NOON, NOON_TEXT, SocketCase, rules_of
from tests.waiting import eventually

ENERGY = "Energy.Active.Import.Register"


def meters(*samples: Any) -> dict[str, Any]:
    return {"connectorId": 1, "meterValue": [{"timestamp": NOON_TEXT, "sampledValue": list(samples)}]}


@override_settings(OPEN=True, OCPP_ACCEPT_UNKNOWN_TOKENS=True)
class Connecting(SocketCase):
    def test_field_01_newest_connection_wins(self) -> None:
        with self.server.station() as old:
            old.boot()
            with self.server.station() as new:
                self.assertEqual(old.close_code(), 1008)
                old.close()
                self.assertEqual(new.boot()[0], 3)
                station = Station.objects.get()
                self.assertEqual((station.state, station.connection), (State.ONLINE, 2))
                self.assertEqual(len(self.server.connections), 1)
        eventually(lambda: Station.objects.get().state == State.OFFLINE)

    def test_field_01_half_open_socket_does_not_keep_the_station_out(self) -> None:
        with self.server.station() as old:
            old.boot()
            with self.server.station() as new:  # the old one never says a word again, nor reads
                for _ in range(3):
                    self.assertEqual(new.ask("Heartbeat")[0], 3)
                self.assertEqual(Station.objects.get().state, State.ONLINE)

    def test_field_01_messages_on_the_replaced_socket_are_not_answered(self) -> None:
        with self.server.station() as old:
            old.boot()
            with self.server.station() as new:
                new.boot()
                old.say([2, "late", "Heartbeat", {}])
                self.assertEqual(old.close_code(), 1008)
        eventually(lambda: Station.objects.get().state == State.OFFLINE)
        self.assertFalse(Message.objects.filter(message_id="late").exists())

    @override_settings(HEARTBEAT_CHECK=0.1, OCPP_CALL_TIMEOUT=0.1)
    def test_field_02_peer_that_leaves_the_probe_unanswered_is_closed(self) -> None:
        with self.server.station() as dead:
            dead.boot()
            self.assertEqual(dead.hear_call()[2], "GetConfiguration", "it is asked first")
            self.assertEqual(dead.close_code(), 1008)
        eventually(lambda: Station.objects.get().state == State.OFFLINE)

    @override_settings(HEARTBEAT_CHECK=0.1, OCPP_CALL_TIMEOUT=5)
    def test_field_02_any_answer_to_the_probe_is_a_sign_of_life(self) -> None:
        with self.server.station() as alive:
            alive.boot()
            for _ in range(3):
                probe = alive.hear_call()
                alive.say([4, probe[1], "NotSupported", "", {}])
            self.assertEqual(alive.ask("Heartbeat")[0], 3)
            self.assertEqual(Station.objects.get().connection, 1)
        self.assertFalse(Command.objects.filter(action="GetConfiguration", error="NotSupported").exists())

    @override_settings(OCPP_HEARTBEAT_INTERVAL=300)
    def test_field_02_silence_of_two_heartbeats_is_no_cause(self) -> None:
        with self.server.station() as quiet:
            quiet.boot()
            socket = self.server.socket_of("CP1")

            def look() -> None:
                socket._heard -= 599.0
                socket._watch()

            self.server.in_loop(look)
            self.assertEqual(quiet.ask("Heartbeat")[0], 3)
            self.assertEqual(quiet._heard, [], "it was not even asked")

    def test_field_08_two_hundred_stations_without_random_offline_marks(self) -> None:
        async def station(number: int) -> list[Any]:
            address = f"{self.server.ws}/ocpp/S{number}"
            async with connect(address, subprotocols=["ocpp1.6"], compression=None, open_timeout=60) as socket:  # type: ignore[list-item]
                await socket.send('[2,"b","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]')
                answers = [orjson.loads(await socket.recv())]
                await everybody.wait()
                for n in range(5):
                    await socket.send(f'[2,"{n}","Heartbeat",{{}}]')
                while len(answers) < 6:
                    frame = orjson.loads(await socket.recv())
                    answers += [] if frame[0] == 2 else [frame]  # the server asks for the configuration
                counted.append(await asyncio.to_thread(self.online) if number == 0 else 0)
                await everybody.wait()
                return answers

        async def run() -> list[list[Any]]:
            return await asyncio.gather(*(station(number) for number in range(200)))

        everybody = asyncio.Barrier(200)
        counted: list[int] = []
        for answers in asyncio.run(run()):
            self.assertEqual([answer[:2] for answer in answers], [[3, "b"], *([3, str(n)] for n in range(5))])
        self.assertEqual(sum(counted), 200)
        self.assertEqual(Message.objects.filter(direction="in").count(), 1200)
        eventually(lambda: self.online() == 0)

    def online(self) -> int:
        return Station.objects.filter(state=State.ONLINE).count()


@override_settings(OPEN=True, OCPP_ACCEPT_UNKNOWN_TOKENS=True)
class Frames(SocketCase):
    def test_field_09_calls_in_both_directions_at_once(self) -> None:
        with self.server.station() as client:
            client.say([2, "a", "Heartbeat", {}])
            call = client.hear_call()  # the server asks for a boot; it gets no answer yet
            self.assertEqual(client.hear_answer()[:2], [3, "a"])
            for number in range(3):
                self.assertEqual(client.ask("Heartbeat", message_id=f"b{number}")[:2], [3, f"b{number}"])
            client.say([3, call[1], {"status": "Accepted"}])
            self.assertEqual(client.hear_call()[2], "TriggerMessage")

    def test_field_09_pipelined_calls_are_answered_in_order(self) -> None:
        with self.server.station() as client:
            client.boot()
            sent = []
            for number in range(300):
                action = ("Heartbeat", "Nonsense", "StatusNotification")[number % 3]
                client.say([2, str(number), action, {}])
                sent.append([3 if action == "Heartbeat" else 4, str(number)])
            self.assertEqual([client.hear()[:2] for _ in sent], sent)

    def test_field_10_call_from_inside_a_handler(self) -> None:
        with self.server.station() as client:
            client.say([2, "a", "Heartbeat", {}])
            kinds = sorted([client.hear()[0], client.hear()[0]])
            self.assertEqual(kinds, [2, 3], "the answer and the server's own call, neither waits for the other")

    @override_settings(OCPP_CALL_TIMEOUT=0.2)
    def test_field_11_pending_call_that_times_out_frees_the_line(self) -> None:
        with self.server.station() as client:
            client.ask("Heartbeat")
            first, second = client.hear_call(), client.hear_call()
            self.assertEqual(first[3], {"requestedMessage": "BootNotification"})
            self.assertEqual(second[3], {"requestedMessage": "StatusNotification"})
            row = self.logged(message_id=first[1])
            self.assertEqual(
                (row.direction, row.action, row.outcome, row.answered_at), ("out", "TriggerMessage", "TimedOut", None)
            )
            client.say([3, first[1], {"status": "Accepted"}])  # too late
            self.assertEqual(self.logged(outcome="UnexpectedAnswer").message_id, first[1])

    def test_field_12_empty_ids_null_payloads_and_wrong_lengths_are_answered(self) -> None:
        with self.server.station() as client:
            client.boot()
            for text, answer in (
                ('[2,"","Heartbeat",{}]', [3, ""]),
                ('[2,"a","Heartbeat",null]', [3, "a"]),
                ('[2,"b","Heartbeat"]', [3, "b"]),
                ('[2,"c","Heartbeat",{},{}]', [3, "c"]),
                ('[2,17,"Heartbeat",{}]', [3, 17]),
                ('[2,"d"]', [4, "d"]),
                ("[2]", [4, "-1"]),
                ("[]", [4, "-1"]),
            ):
                client.say(text)
                self.assertEqual(client.hear()[:2], answer)
        rules = {"message_id_length", "payload_missing", "frame_too_long", "message_id_as_number"}
        self.assertEqual(set(rules_of(Station.objects.get())), rules)

    def test_field_13_broken_json_is_understood_or_answered(self) -> None:
        with self.server.station() as client:
            client.boot()
            status = '"connectorId":1,"errorCode":"NoError","status":"Available"'
            for text, answer in (
                (f'[2,"a","StatusNotification",{{{status},"timestamp":,}}]', [3, "a", {}]),
                ('[2,"b","DataTransfer",{"vendorId":"C:\\x"}]', [3, "b", {"status": "UnknownVendorId"}]),
                (
                    '[2,"c","StopTransaction",{"transactionId":,"meterStop":1,"timestamp":"2026-06-21T12:00:00Z"}]',
                    [3, "c", {}],
                ),
                ('[2,"d","MeterValues",{"connectorId":1,"meterVal', [4, "d", "FormationViolation"]),
            ):
                client.say(text)
                self.assertEqual(client.hear()[:3], answer)
        rules = rules_of(Station.objects.get())
        self.assertEqual((rules["broken_json"], rules["missing_transaction_id"]), (3, 1))
        row = self.logged(message_id="d")
        self.assertEqual((row.outcome, row.action), ("FormatViolation", ""))
        self.assertIn("meterVal", row.request)

    def test_field_14_one_bad_value_does_not_lose_the_good_ones(self) -> None:
        with self.server.station() as client:
            client.boot()
            good = {"value": "1200", "measurand": ENERGY}
            for payload in (
                meters(good, {"value": None}, {"measurand": "SoC"}, {"value": {}, "measurand": "SoC"}),
                meters(good, {"value": "7", "measurand": "Beauty", "unit": "stars"}),
                meters(),
            ):
                self.assertEqual(client.ask("MeterValues", payload)[2:], [{}])
        self.assertEqual(list(MeterValue.objects.values_list("energy_wh", flat=True)), [1200.0, 1200.0])
        self.assertIn("Beauty", MeterValue.objects.latest("pk").samples)
        rules = {
            "null_value",
            "bad_sampled_value",
            "unknown_measurand_or_unit",
            "empty_sampled_value",
            "empty_meter_value",
        }
        self.assertEqual(set(rules_of(Station.objects.get())), rules)

    def test_field_15_over_long_texts_and_unknown_error_codes(self) -> None:
        with self.server.station() as client:
            client.ask("BootNotification", {"chargePointVendor": "V" * 300, "chargePointModel": "M" * 300})
            status = {"connectorId": 1, "errorCode": "DoorIsOpen", "status": "Faulted"}
            self.assertEqual(client.ask("StatusNotification", status)[2], {})
        station = Station.objects.get()
        self.assertEqual((station.vendor, station.status), ("V" * 300, "Faulted"))
        self.assertEqual(station.quirks, "text_too_long, unknown_error_code")

    def test_field_16_frames_over_64_kb_work(self) -> None:
        with self.server.station() as client:
            client.boot()
            many = [{"timestamp": NOON_TEXT, "sampledValue": [{"value": str(n)}]} for n in range(5000)]
            payload = {"connectorId": 1, "meterValue": many}
            self.assertGreater(len(json.dumps(payload)), 200_000)
            self.assertEqual(client.ask("MeterValues", payload)[2], {})
        self.assertEqual(MeterValue.objects.count(), 5000)

    def test_field_16_frames_over_the_limit_are_a_clean_close(self) -> None:
        with self.server.station() as client:
            client.boot()
            with contextlib.suppress(OSError):  # the server need not hear all of it
                client.say('[2,"a","DataTransfer",{"vendorId":"V","data":"' + "x" * 1_100_000 + '"}]')
            self.assertEqual(client.close_code(), 1009)
        with self.server.station() as client:
            self.assertEqual(client.boot()[0], 3)

    def test_field_17_small_notifications_are_answered(self) -> None:
        with self.server.station() as client:
            client.boot()
            for action in ("FirmwareStatusNotification", "DiagnosticsStatusNotification", "LogStatusNotification"):
                self.assertEqual(client.ask(action, {"status": "Idle"})[2], {})
            self.assertEqual(client.ask("Nonsense", {})[2], "NotImplemented")
        row = Message.objects.get(action="Nonsense")
        self.assertEqual((row.outcome, row.direction), ("NotImplemented", "in"))

    def test_field_27_station_that_does_not_boot_is_asked_to(self) -> None:
        with self.server.station() as client:
            client.ask("Heartbeat")
            asked = []
            for _ in range(2):
                call = client.hear_call()
                asked.append(call[2:])
                client.say([3, call[1], {"status": "Accepted"}])
            self.assertEqual(
                asked,
                [["TriggerMessage", {"requestedMessage": name}] for name in ("BootNotification", "StatusNotification")],
            )
            row = self.logged(message_id=call[1])
            self.assertEqual((row.outcome, row.reply, row.direction), ("CALLRESULT", '{"status":"Accepted"}', "out"))
            assert row.answered_at is not None
            self.assertLessEqual(row.received_at, row.answered_at)
            client.boot()
        with self.server.station() as client:  # it has booted before: only its status is missing
            client.ask("Heartbeat")
            self.assertEqual(client.hear_call()[3], {"requestedMessage": "StatusNotification"})
        with self.server.station() as client:  # one that boots is asked nothing
            client.boot()
            self.assertEqual(client.ask("Heartbeat")[0], 3)
        self.assertEqual(Message.objects.filter(direction="out").count(), 3)

    def test_retried_transaction_over_a_new_connection_counts_once(self) -> None:
        """FIELD 18, as it happens: the answer is lost with the connection."""
        start = {"connectorId": 1, "idTag": "CARD", "meterStart": 0, "timestamp": "2026-06-21T12:00:00Z"}
        with clock.frozen(NOON):
            numbers = set()
            for _ in range(2):
                with self.server.station() as client:
                    client.boot()
                    numbers.add(client.ask("StartTransaction", start)[2]["transactionId"])
        self.assertEqual(numbers, {Transaction.objects.get().pk})
