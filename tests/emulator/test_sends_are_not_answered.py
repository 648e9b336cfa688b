"""A SEND means nothing to a station, and is never answered; a result that it cannot use it refuses (OCPP-J 2.1)."""

from __future__ import annotations

from math import inf
from unittest import IsolatedAsyncioTestCase

from stations.emulator.client import StationClient
from stations.ocpp.session import ResultRejected
from tests.emulator.fakes import TinyServer
from tests.emulator.test_fleet_talks_over_sockets import until
from tests.emulator.test_scripted_station_on_a_socket import station


class Sends(IsolatedAsyncioTestCase):
    async def test_of_the_server_is_written_down(self) -> None:
        tiny = TinyServer()
        tiny.noise = ['[6,"send-1","NotifyPeriodicEventStream",{}]']
        async with tiny.running() as server, station(server.url, version="2.1") as client:
            await until(lambda: server.received["StatusNotification"] >= 2)
            journal = client.do(lambda model, now: model.journal.text())
        self.assertIn("NotifyPeriodicEventStream heard", journal)
        self.assertEqual((server.problems, server.others), ([], []))

    async def test_a_result_that_breaks_the_schema_is_refused(self) -> None:
        for version, refused in (("2.0.1", []), ("2.1", ["OccurrenceConstraintViolation"])):
            with self.subTest(version):
                self.assertEqual(await self.refusals(version), refused)

    async def refusals(self, version: str) -> list[str]:
        """The codes with which a station refuses the answer to its first boot; the second answer is fine."""
        server = TinyServer()
        server.garbles = {"BootNotification"}
        async with server.running(), station(server.url, version=version) as client:
            await until(lambda: _has_booted(client))
            server.garbles.clear()
            client.do(lambda model, now: model.registration.boot("Triggered"))
            await until(lambda: server.received["StatusNotification"] > 0)
        rejected = [event for event in server.others if isinstance(event, ResultRejected)]
        self.assertEqual(rejected, server.others)
        return [event.error.code for event in rejected]


def _has_booted(client: StationClient) -> bool:
    """It was answered, however."""
    return client.do(lambda model, now: model.registration.boot_due != inf)
