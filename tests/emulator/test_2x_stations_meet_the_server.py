"""An emulated 2.x station and the real server: what one asks the other does, and both know of it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from smartserver.core import clock
from stations.models import Command, LocalList, Reservation, Transaction, TransactionEvent
from stations.services.authorization.local_lists import send_local_list
from stations.services.authorization.reservations import cancel, reserve
from stations.services.sessions.limits import set_limits
from tests.certification.station.support import ChargePoint
from tests.certification.support import CARD, CertificationCase
from tests.waiting import eventually

TOKEN = {"idToken": CARD, "type": "ISO14443"}


class MeetingCase(CertificationCase):
    version = "2.0.1"

    @contextmanager
    def booted(self) -> Iterator[ChargePoint]:
        point = ChargePoint(self.server.ws, version=self.version)
        with point:
            eventually(lambda: self.status(1) == self.status(2) == "Available")
            eventually(lambda: not self.station.commands.filter(settled_at=None).exists())
            yield point

    def ask(self, action: str, payload: dict[str, Any], result: str = "Accepted") -> Command:
        return self.assert_answered(self.command(action, payload), result)

    def ended(self, reason: str) -> Transaction:
        eventually(lambda: not self.transaction().active)
        session = self.transaction()
        self.assertEqual((session.end_reason, session.missing_events), (reason, 0))
        return session

    def triggers(self, session: Transaction) -> list[str]:
        events = TransactionEvent.objects.filter(transaction=session).order_by("sequence")
        return list(events.values_list("trigger", flat=True))


class Versions201(MeetingCase):
    def test_remote_start_and_stop(self) -> None:
        with self.booted() as point:
            point.plug_in()
            eventually(lambda: Transaction.objects.exists())
            command = self.ask("RequestStartTransaction", {"idToken": TOKEN, "evseId": 1})
            assert command.reply is not None
            eventually(lambda: Transaction.objects.filter(charging_state="Charging").exists())
            session = self.transaction()
            self.assertEqual(command.reply["transactionId"], session.reference)
            self.assertEqual((session.remote_start, session.id_token), (command, self.card))
            self.assertEqual(session.remote_start_number, command.payload["remoteStartId"])
            unlock = {"evseId": 1, "connectorId": 1}
            self.ask("UnlockConnector", unlock, "OngoingAuthorizedTransaction")
            self.ask("TriggerMessage", {"requestedMessage": "TransactionEvent"})
            eventually(lambda: "Trigger" in self.triggers(session))
            asked = self.ask("GetTransactionStatus", {"transactionId": session.reference}, "")
            self.assertEqual(asked.reply, {"ongoingIndicator": True, "messagesInQueue": False})
            self.ask("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 1}}, "Scheduled")
            self.ask("RequestStopTransaction", {"transactionId": session.reference})
            self.assertGreaterEqual(self.ended("Remote").cable_max_current_a or 0, 13)
            eventually(lambda: self.status(1) == "Unavailable")
            self.ask("UnlockConnector", unlock, "Unlocked")

    def test_local_list_lets_the_card_in(self) -> None:
        with self.booted() as point:
            self.assert_answered(self.order(send_local_list), "Accepted")
            self.assertEqual(list(LocalList.objects.get().entries), [f"ISO14443:{CARD}"])
            self.ask("GetLocalListVersion", {}, "")
            self.assertEqual(LocalList.objects.get().reported_version, 1)
            point.set(LocalPreAuthorize="true")
            point.plug_in()
            point.present(CARD)
            eventually(lambda: point.running)
            self.assertEqual(self.requests("Authorize"), [])
            point.unplug()
            self.ended("EVDisconnected")

    def test_reservations(self) -> None:
        with self.booted() as point:
            row = self.reserve(1)
            eventually(lambda: self.status(1) == "Reserved")
            self.direct(cancel, reservation_id=row.pk)
            eventually(lambda: Reservation.objects.get().state == "cancelled" and self.status(1) == "Available")
            row = self.reserve(1)
            point.plug_in()
            point.present(CARD)
            eventually(lambda: Reservation.objects.get(pk=row.pk).state == "used")
            self.assertEqual(self.transaction().reservation, row)
            other = self.reserve(2)
            self.ask("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 2}})
            eventually(lambda: Reservation.objects.get(pk=other.pk).state == "cancelled")

    def reserve(self, evse: int) -> Reservation:
        until = clock.now() + timedelta(hours=1)
        row = self.order(partial(reserve, evse=evse, id_token=CARD, expires_at=until, connector_type="sType2"))
        eventually(lambda: Reservation.objects.get(pk=row.pk).state == "active")
        return row


class Versions21(Versions201):
    version = "2.1"

    def test_limits(self) -> None:
        with self.booted() as point:
            point.plug_in()
            point.present(CARD)
            eventually(lambda: Transaction.objects.filter(charging_state="Charging").exists())
            self.direct(set_limits_by, transaction_id=self.transaction().pk, limits={"maxTime": 1})
            session = self.ended("TimeLimitReached")
            self.assertEqual(session.limits, {"maxTime": 1})
            self.assertIn("LimitSet", self.triggers(session))


def set_limits_by(batch: Any, *, by: object, **more: Any) -> Transaction:
    return set_limits(batch, **more)
