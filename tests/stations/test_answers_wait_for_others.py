"""A call whose answer needs a word from elsewhere: over a real socket, whatever becomes of the question."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest import mock

from django.test import override_settings

from stations.models import Message
from stations.ocpp import iso15118
from stations.ocpp.certificates import ContractRequested
from stations.services.certificates import responders
from stations.services.certificates.providers import ContractProvider, Provided
from tests.stations.support import SocketCase
from tests.waiting import eventually

HERE = "tests.stations.test_answers_wait_for_others."
REQUEST = {"iso15118SchemaVersion": iso15118.SCHEMA, "action": "Install", "exiRequest": "ZXhp"}


class Waiting(ContractProvider):
    begun = ended = False

    async def ask(self, wanted: ContractRequested) -> Provided:
        Waiting.begun = True
        try:
            await asyncio.sleep(30)
        finally:
            Waiting.ended = True
        return Provided()


class Brief(ContractProvider):
    async def ask(self, wanted: ContractRequested) -> Provided:
        await asyncio.sleep(0.2)
        return Provided(wanted.exi)


@override_settings(OPEN=True)
class Calls(SocketCase):
    def test_that_come_later_are_answered_later(self) -> None:
        with override_settings(CONTRACT_PROVIDER=HERE + "Brief"), self.server.station(versions=("ocpp2.1",)) as station:
            station.say([2, "a", "Get15118EVCertificate", REQUEST])
            station.say([2, "b", "Heartbeat", {}])
            first, second = station.hear_answer(), station.hear_answer()
        self.assertEqual((first[1], first[2]["status"], second[1]), ("a", "Accepted", "b"))
        logged = Message.objects.get(action="Get15118EVCertificate")
        self.assertEqual(logged.outcome, "CALLRESULT")

    def test_of_a_station_that_has_gone_are_given_up(self) -> None:
        Waiting.begun = Waiting.ended = False
        with override_settings(CONTRACT_PROVIDER=HERE + "Waiting"):
            with self.server.station(versions=("ocpp2.1",)) as station:
                station.say([2, "a", "Get15118EVCertificate", REQUEST])
                eventually(lambda: Waiting.begun)
            eventually(lambda: Waiting.ended)

    def test_that_cannot_be_asked_are_faults_of_the_server(self) -> None:
        async def broken(source: Any) -> Any:
            raise RuntimeError("a fault of ours")

        named = {"hashAlgorithm": "SHA256", "issuerNameHash": "aa", "issuerKeyHash": "bb", "serialNumber": "1"}
        payload = {"ocspRequestData": named | {"responderURL": "http://a.example/"}}
        with (
            mock.patch.object(responders, "ask", broken),
            self.server.station(versions=("ocpp2.1",)) as station,
            self.assertLogs("stations.incoming", "ERROR"),
        ):
            answer = station.ask("GetCertificateStatus", payload)
        self.assertEqual((answer[0], answer[2]), (4, "InternalError"))
