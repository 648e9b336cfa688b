"""Quirks without a server: how they combine, and what they leave alone."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest import IsolatedAsyncioTestCase, TestCase

import orjson
from websockets.asyncio.server import ServerConnection, serve

from stations.emulator.line import Lines
from stations.emulator.quirks import REGULAR, Break, Said, named
from stations.emulator.quirks.base import Quirks
from stations.emulator.quirks.connecting import LateClose, SilentDeath
from stations.ocpp.errors import CallError
from tests.emulator.fakes import QUIET

HEARTBEAT = '[2,"1","Heartbeat",{}]'
ANSWER = '[3,"1",{}]'
METERS: dict[str, Any] = {
    "connectorId": 1,
    "meterValue": [{"timestamp": "2026-06-21T12:00:00Z", "sampledValue": [{"value": "2500", "unit": "Wh"}]}],
}


class QuirksCombine(TestCase):
    def test_regular_station_has_none(self) -> None:
        said = Said("MeterValues", METERS)
        self.assertEqual(REGULAR.says(said), [said])
        self.assertEqual(REGULAR.frames(HEARTBEAT), [HEARTBEAT])
        self.assertEqual(REGULAR.hears(ANSWER), ANSWER)
        self.assertIsNone(REGULAR.breaks(ANSWER))
        self.assertEqual((REGULAR.path("CP1"), REGULAR.password(b"x")), ("CP1", b"x"))
        self.assertEqual(REGULAR.subprotocols(("ocpp1.6",)), ("ocpp1.6",))
        self.assertEqual(REGULAR.replies("Reset", {}, lambda: {"status": "Accepted"}), {"status": "Accepted"})

    def test_in_the_order_in_which_they_are_named(self) -> None:
        quirks = named(["kilo-units", "decimal-comma", "padded-numbers"])
        said = quirks.says(Said("MeterValues", METERS))[0]
        self.assertEqual(said.payload["meterValue"][0]["sampledValue"], [{"value": "  2,500000 ", "unit": "kWh"}])
        self.assertEqual(METERS["meterValue"][0]["sampledValue"][0]["value"], "2500", "the message itself stays")

    def test_repetition_repeats_what_others_made_of_it(self) -> None:
        quirks = named(["transaction-zero", "repeated-stop"])
        stop = Said("StopTransaction", {"transactionId": 7})
        self.assertEqual(quirks.says(stop), [Said("StopTransaction", {"transactionId": 0})] * 2)

    def test_frame_that_is_broken_or_binary_is_spoiled_no_further(self) -> None:
        meters = orjson.dumps([2, "1", "MeterValues", METERS]).decode()
        half = named(["truncated-json"]).frames(meters)
        self.assertEqual(named(["truncated-json", "extra-element", "empty-message-id"]).frames(meters), half)
        self.assertEqual(named(["binary-frames", "extra-element"]).frames(HEARTBEAT), [HEARTBEAT.encode()])

    def test_answers_find_their_call_under_each_odd_id(self) -> None:
        for name, odd in (("empty-message-id", ""), ("number-as-message-id", 1)):
            with self.subTest(name):
                quirks = named([name])
                sent = orjson.loads(str(quirks.frames('[2,"mine","Heartbeat",{}]')[0]))
                self.assertEqual(sent[1], odd)
                heard = quirks.hears(orjson.dumps([3, odd, {"a": 1}]).decode())
                self.assertEqual(orjson.loads(heard), [3, "mine", {"a": 1}])
                self.assertEqual(quirks.hears('[2,"theirs","Reset",{}]'), '[2,"theirs","Reset",{}]')

    def test_each_hears_of_every_text_and_the_first_break_counts(self) -> None:
        quirks = Quirks([LateClose(every=2), SilentDeath(every=2)])
        quirks.opens()
        self.assertEqual([quirks.breaks(ANSWER) for _ in range(3)], [None, Break.ASIDE, None])
        quirks.opens()
        self.assertEqual([quirks.breaks(ANSWER) for _ in range(2)], [None, Break.ASIDE])

    def test_answer_is_made_once_and_may_be_replaced(self) -> None:
        asked = []

        def regular() -> dict[str, Any]:
            asked.append(1)
            return {"status": "RebootRequired"}

        payload = {"key": "X", "value": "1"}
        self.assertEqual(
            named(["misspelled-answers"]).replies("ChangeConfiguration", payload, regular),
            {"status": "reboot required"},
        )
        self.assertIsNone(named(["misspelled-answers", "never-answers"]).replies("Reset", {}, regular))
        self.assertEqual(len(asked), 2)
        error = named(["never-answers", "invented-errors"]).replies("Reset", {}, regular)
        assert isinstance(error, CallError)
        self.assertEqual((error.code, len(asked)), ("ChargerIsBusy", 2))

    def test_quirk_of_one_action_leaves_others_alone(self) -> None:
        quirks = named(["over-long-values", "no-configuration", "misspelled-answers", "watts-only"])
        self.assertEqual(quirks.replies("GetLocalListVersion", {}, lambda: {"listVersion": 3}), {"listVersion": 3})
        refusal = CallError("NotSupported", "no")
        self.assertIs(quirks.replies("ClearCache", {}, lambda: refusal), refusal)
        self.assertIs(named(["over-long-values"]).replies("GetConfiguration", {}, lambda: refusal), refusal)

    def test_password_that_is_no_digits_stays(self) -> None:
        self.assertEqual(named(["binary-password"]).password(b"not hex"), b"not hex")


class LinesAreOpened(IsolatedAsyncioTestCase):
    async def answers_a_ping(self, *quirks: str) -> bool:
        answered: list[bool] = []

        async def handler(socket: ServerConnection) -> None:
            pong = asyncio.ensure_future(await socket.ping())
            await socket.send(ANSWER)
            await socket.recv()  # what comes after the pong, if there is one
            answered.append(pong.done())

        async with serve(handler, "127.0.0.1", 0, logger=QUIET) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            line = await Lines(named(["no-subprotocol", *quirks])).open(
                f"ws://127.0.0.1:{port}/", "CP1", subprotocol="ocpp1.6"
            )
            async for _ in line.texts():
                await line.send(HEARTBEAT)
            await line.close()
        return answered[0]

    async def test_pings_are_answered_unless_a_quirk_says_no(self) -> None:
        self.assertTrue(await self.answers_a_ping())
        self.assertFalse(await self.answers_a_ping("no-pong"))
