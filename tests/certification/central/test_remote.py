"""Remote starts and stops, asked by the operator."""

from __future__ import annotations

from smartserver.core.errors import BadInput
from stations.models import Command, Transaction
from tests.certification.central.support import ACCEPTED, REJECTED, CentralCase
from tests.certification.support import CARD

START = "RemoteStartTransaction"


class RemoteStart(CentralCase):
    def test_tc_010_cable_plugged_in_first(self) -> None:
        with self.booted() as client:
            client.tell(1, "Preparing")
            self.ask(client, START, {"idTag": CARD, "connectorId": 1}, ACCEPTED)
            self.assertEqual(client.authorize()["status"], "Accepted")
            number = client.start()["transactionId"]
            client.tell(1, "Charging")
            self.assertEqual((self.transaction().pk, self.transaction().id_token), (number, self.card))

    def test_tc_011_1_remote_start_first(self) -> None:
        with self.booted() as client:
            self.ask(client, START, {"idTag": CARD}, ACCEPTED)
            self.assertEqual(client.authorize()["status"], "Accepted")
            client.tell(1, "Preparing")
            number = client.start()["transactionId"]
            client.tell(1, "Charging")
            client.stop(number, idTag=CARD)
            self.assert_ended(number, "Local")

    def test_tc_011_2_time_out(self) -> None:
        with self.booted() as client:
            self.ask(client, START, {"idTag": CARD, "connectorId": 1}, ACCEPTED)
            self.assertEqual(client.authorize()["status"], "Accepted")
            client.tell(1, "Preparing")
            client.tell(1, "Available")
            self.assertEqual(self.row()["status"], "Available")
            self.assertFalse(Transaction.objects.exists())

    def test_tc_026_rejected(self) -> None:
        with self.booted() as client:
            self.ask(client, START, {"idTag": CARD, "connectorId": 1}, REJECTED)
            self.assertFalse(Transaction.objects.exists())

    def test_tc_027_connector_0(self) -> None:
        """Connector 0 has no plug: what can never be right is refused before it is queued."""
        with self.booted(), self.assertRaises(BadInput):
            self.command(START, {"idTag": CARD, "connectorId": 0})
        self.assertFalse(Command.objects.filter(action=START).exists())


class RemoteStop(CentralCase):
    def test_tc_012_remote_stop(self) -> None:
        with self.booted() as client:
            number = client.charge()
            self.ask(client, "RemoteStopTransaction", {"transactionId": number}, ACCEPTED)
            client.stop(number, "Remote")
            client.tell(1, "Finishing")
            client.tell(1, "Available")
            self.assert_ended(number, "Remote")

    def test_tc_028_rejected(self) -> None:
        with self.booted() as client:
            number = client.charge()
            self.ask(client, "RemoteStopTransaction", {"transactionId": number + 1}, REJECTED)
            self.assertTrue(self.transaction().active, "what runs is not ended by a refusal")
