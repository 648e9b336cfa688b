"""The emulator on a real socket, with a driver who does what a test says. Its time runs `SPEED` times as fast."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from stations.emulator.client import Pace, Plan, StationClient
from stations.emulator.keys import StationKeys
from stations.emulator.point import calls
from stations.emulator.point.model import ChargePointModel
from stations.emulator.point.outlet import Outlet
from stations.emulator.quirks import Quirk, Quirks
from stations.models import Transaction
from stations.ocpp.frames import Payload
from tests.certification.support import CARD, IDENTITY, CertificationCase
from tests.field.support import Emulated
from tests.waiting import eventually

SPEED = 20.0

PATIENCE = "600"
"""ConnectionTimeOut: long enough for a slow machine; tests about it make it shorter."""

BOOTED = ("BootNotification", "0 Available", "1 Available", "2 Available")
STARTED = "SecurityEventNotification StartupOfTheDevice"
"""Comes last where there is security (profile 1 and more)."""

T = TypeVar("T")


class ChargePoint(Emulated):
    """An emulated station with two connectors, keys of its own, and settings as a technician leaves them."""

    def __init__(
        self,
        url: str,
        identity: str = IDENTITY,
        *,
        password: str = "",
        security_profile: int = 0,
        speed: float = SPEED,
        version: str = "1.6",
        quirks: Sequence[Quirk] = (),
        without: frozenset[str] = frozenset(),
        payments: bool = False,
        display: str = "rich",
        slots: int = 0,
        **plan: Any,
    ) -> None:
        super().__init__(url, identity)
        self.model = ChargePointModel(
            identity,
            version,
            started=datetime.now(UTC),
            connectors=2,
            speed=speed,
            manual=True,
            keys=StationKeys(),
            security_profile=security_profile,
            without=without,
            payments=payments,
            display=display,
            slots=slots,
        )
        self.model.password = password  # entered on site, so that the station knows that it has one
        self.client = StationClient(
            self.model,
            Plan(url=f"{url}/ocpp/", speed=speed, backoff=0.05, **plan),
            self.statistics,
            Pace(1000.0),
            Quirks([*quirks, self.tap]),
        )
        self.set(ConnectionTimeOut=PATIENCE)

    def set(self, **keys: str) -> None:
        """Configuration keys."""
        for name, value in keys.items():
            self.model.settings.put(name, value)

    def do(self, action: Callable[[ChargePointModel, float], T]) -> T:
        """Something happens at the station; what comes of it."""
        found: list[T] = []
        self._in_loop(lambda: found.append(self.client.do(action)))
        return found[0]

    def at(self, action: Callable[[Outlet, float], T], outlet: int = 1) -> T:
        """Something happens at a connector."""
        return self.do(lambda model, now: action(model.outlet(outlet), now))

    def receive(self, action: str, payload: Payload) -> Payload:
        """The answer to a call that did not come from our server."""
        return self.do(lambda model, now: calls.answer(model, action, payload, now))

    def go_offline(self) -> None:
        self._in_loop(self.client.drop)
        eventually(lambda: not self.client.online)

    def come_back(self) -> None:
        self._in_loop(self.client.come_back)

    def meter(self) -> int:
        """What the meter of the first connector shows by now."""

        def look(outlet: Outlet, now: float) -> int:
            outlet.advance(now)
            return outlet.register_wh

        return self.at(look)

    @property
    def charging(self) -> bool:
        """Whether energy flows on the first connector."""
        return self.at(lambda outlet, now: outlet.reading(now).power_w > 0.0)


class StationCase(CertificationCase):
    def charge_point(self, **options: Any) -> ChargePoint:
        """A station that is switched on with `with`."""
        return ChargePoint(self.server.ws, **options)

    @contextmanager
    def booted(
        self, *, configured: dict[str, str] | None = None, security_profile: int = 0, **options: Any
    ) -> Iterator[ChargePoint]:
        """A station that is known and idle; nobody asks anything of it by itself."""
        point = self.charge_point(security_profile=security_profile, **options)
        point.set(**configured or {})
        with point:
            self.assert_story(*BOOTED, *([STARTED] if security_profile else []))
            eventually(lambda: not self.station.commands.filter(settled_at=None).exists())
            yield point

    def charge(self, point: ChargePoint, card: str = CARD) -> Transaction:
        """Somebody plugs in, shows a card, and charges."""
        point.plug_in()
        point.present(card)
        self.assert_story("1 Preparing", "Authorize", "StartTransaction", "1 Charging")
        eventually(lambda: point.running)
        return self.transaction()

    def start(self, point: ChargePoint, card: str = CARD) -> Transaction:
        """The same, where it is not asked about the card."""
        point.plug_in()
        point.present(card)
        self.assert_story("1 Preparing", "StartTransaction", "1 Charging")
        eventually(lambda: point.running)
        return self.transaction()

    def ask(self, action: str, payload: dict[str, Any] | None = None, result: str = "Accepted") -> dict[str, Any]:
        """The operator asks; the station's reply, whose status is `result`."""
        done = self.assert_answered(self.command(action, payload), result)
        assert done.reply is not None
        return dict(done.reply)

    def change(self, key: str, value: str, result: str = "Accepted") -> None:
        self.ask("ChangeConfiguration", {"key": key, "value": value}, result)

    def assert_ended(self, reason: str) -> Transaction:
        done = self.transaction()
        self.assertEqual((done.active, done.end_reason), (False, reason))
        self.assertEqual(self.row()["sessions"], 0)
        self.assertEqual(done.energy_wh, (done.meter_stop_wh or 0) - (done.meter_start_wh or 0))
        return done
