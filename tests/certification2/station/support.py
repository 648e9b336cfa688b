"""The emulated 2.x station on a real socket, with a driver who does what a test says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stations.emulator.point.variables import Path
from stations.models import Transaction, TransactionEvent
from stations.ocpp.frames import Payload
from tests.certification.station.support import ChargePoint, StationCase
from tests.certification.support import CARD
from tests.certification2.support import CertificationCase2, named, token
from tests.events import numbers as numbers_of
from tests.waiting import eventually

BOOTED = ("BootNotification PowerUp", "1 Available", "2 Available")
RESTARTED = ("BootNotification RemoteReset", *BOOTED[1:])

CHARGED = ("1 Occupied", "Started CablePluggedIn", "Authorize", "Updated Authorized", "Updated ChargingStateChanged")
"""Plugged in, identified, and energy flows."""

STARTED = tuple(each for each in CHARGED if each != "Authorize")
"""The same, where the server is not asked about the token."""


class StationCase2(CertificationCase2, StationCase):
    def charge_point(self, **options: Any) -> ChargePoint:
        """A station that is switched on with `with`. Only what a test does makes it say something."""
        point = super().charge_point(**{"version": self.version} | options)
        for key in ("ClockAlignedDataInterval", "MeterValueSampleInterval"):
            point.model.configure(key, "0", 0.0)
        return point

    @contextmanager
    def booted(
        self, *, configured: dict[str, str] | None = None, security_profile: int = 0, **options: Any
    ) -> Iterator[ChargePoint]:
        """A station that is known and idle. `configured`: by the keys that govern the same in 1.6."""
        point = self.charge_point(security_profile=security_profile, **options)
        point.set(**configured or {})
        with point:
            self.wait_booted()
            yield point

    def wait_booted(self, *story: str) -> None:
        """Until it has told of itself, and nobody asks anything any more."""
        self.assert_story(*(story or BOOTED))
        eventually(lambda: not self.station.commands.filter(settled_at=None).exists())

    # -- variables --------------------------------------------------------------------------

    def set_variable(self, component: str, variable: str, value: str, status: str = "Accepted", **path: Any) -> None:
        (result,) = self.set_variables(named(component, variable, **path) | {"attributeValue": value})
        self.assertEqual(result["attributeStatus"], status)

    def set_variables(self, *data: Payload) -> list[Payload]:
        """The operator sets variables; what the station says of each."""
        found: list[Payload] = self.ask("SetVariables", {"setVariableData": list(data)}, "")["setVariableResult"]
        return found

    def get_variables(self, *data: Payload) -> list[Payload]:
        found: list[Payload] = self.ask("GetVariables", {"getVariableData": list(data)}, "")["getVariableResult"]
        return found

    def put_variable(self, point: ChargePoint, component: str, variable: str, value: str, **more: Any) -> None:
        """As a technician on site leaves it."""
        point.do(lambda model, now: model.variables.put(Path(component, variable, **more), value, now))

    # -- sessions -----------------------------------------------------------------------------

    def charge(self, point: ChargePoint, card: str = CARD) -> Transaction:
        """Somebody plugs in, shows a card, and charges."""
        point.plug_in()
        self.assert_story(*CHARGED[:2])
        point.present(card)
        self.assert_story(*CHARGED[2:])
        return self.transaction()

    def start(self, point: ChargePoint, card: str = CARD) -> Transaction:
        """The same, where the server is not asked about the card."""
        point.plug_in()
        point.present(card)
        self.assert_story(*STARTED)
        return self.transaction()

    def start_remotely(self, result: str = "Accepted", card: str = CARD, **more: Any) -> Payload:
        return self.ask("RequestStartTransaction", {"idToken": token(card), "evseId": 1} | more, result)

    def stop_remotely(self, reference: str, result: str = "Accepted") -> None:
        self.ask("RequestStopTransaction", {"transactionId": reference}, result)

    def assert_ended(self, reason: str) -> Transaction:
        """The newest transaction is over, and every event of it has come, numbered without a gap."""
        eventually(lambda: not self.transaction().active)
        done = super().assert_ended(reason)
        found = numbers_of(TransactionEvent.objects.filter(transaction=done).order_by("sequence"))
        self.assertEqual((done.missing_events, found), (0, list(range(len(found)))))
        return done
