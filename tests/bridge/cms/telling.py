"""What a charger's hardware tells, as units of the writer, by a clock that a test sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import orjson
from django.test import TestCase, override_settings

from bridge.cms import meaning
from bridge.cms.models import Alert, Charger, HardwareEvent
from bridge.cms.services import reports
from bridge.wire import Gun, LiveFeed
from smartserver.core.events import Published
from stations.models import Connector, Station, Transaction
from tests.stations.support import NOON
from tests.units import run_published


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


@override_settings(OPEN=True, OCPP_ACCEPT_UNKNOWN_TOKENS=True)
class TellingCase(TestCase):
    """A charger with outlets whose hardware tells what happens. `at` are seconds after noon."""

    def setUp(self) -> None:
        self.station = Station.objects.create(identity="EC-1")
        self.published = Published()

    # -- what is told --------------------------------------------------------------------------

    def event(
        self,
        kind: str,
        outlet: Any = "1",
        *,
        at: float | None = 0,
        told_at: float | None = None,
        key: str = "",
        **payload: Any,
    ) -> int:
        """An event of the hardware; its number. `told_at`: by the charger's clock, if that is not `at`."""
        told: dict[str, Any] = {"type": kind, "chargerId": "EC-1", "outlet": outlet, "payload": payload}
        by_its_clock = at if told_at is None else told_at
        if by_its_clock is not None:
            told["timestamp"] = milliseconds(NOON + timedelta(seconds=by_its_clock))
        text = orjson.dumps(told).decode()
        unit = partial(reports.take_event, event=meaning.read_event(text, key), text=text, state=None)
        number: int = self._run(unit, at)
        return number

    def start(self, session: str = "S-1", outlet: Any = "1", *, at: float | None = 0, user: str = "CARD1") -> None:
        self.event("session_start", outlet, at=at, session=session, user=user)

    def charge(self, session: str = "S-1", outlet: Any = "1", *, at: float | None = 60) -> None:
        self.event("start_charging", outlet, at=at, session=session, EVCCID="0A", EVMAC="0B")

    def pause(self, session: str = "S-1", outlet: Any = "1", *, at: float | None = 3000) -> None:
        self.event("stop_charging", outlet, at=at, session=session, source="evse", stopReason="Local")

    def stop(
        self, session: str = "S-1", outlet: Any = "1", *, at: float | None = 3600, energy: Any = 20_000, **payload: Any
    ) -> None:
        told = {"session": session, "user": "CARD1", "unexpected": False, "source": "ev", "stopReason": "Local"}
        whole: dict[str, Any] = {**told, "energy": energy, **payload}
        self.event("session_stop", outlet, at=at, **whole)

    def alert(
        self, code: Any, outlet: Any = "1", *, at: float = 0, told_at: float | None = None, **payload: Any
    ) -> None:
        """`told_at`: by the charger's own clock, where that is wrong."""
        self.event("alert", outlet, at=at, told_at=told_at, code=code, **payload)

    def show(self, *outlets: dict[str, Any], at: float = 0) -> None:
        """The text of /state."""
        text = orjson.dumps(list(outlets)).decode()
        self._run(partial(reports.take_state, text=text, event_id=None), at)

    def feed(self, *guns: Gun, at: float = 0) -> Charger:
        charger: Charger = self._run(partial(reports.take_feed, feed=LiveFeed("EC-1", guns), text="{}"), at)
        return charger

    def _run(self, unit: Any, at: float | None) -> Any:
        now = NOON + timedelta(seconds=at or 0)
        (value,), told = run_published(partial(unit, station_id=self.station.pk, now=now))
        self.published.events.extend(told.events)
        return value

    # -- what came of it -----------------------------------------------------------------------

    def sessions(self, **conditions: Any) -> list[Transaction]:
        return list(Transaction.objects.filter(**conditions).order_by("pk"))

    def session(self, **conditions: Any) -> Transaction:
        return Transaction.objects.get(**conditions)

    def status(self, outlet: int = 1) -> str:
        return Connector.objects.get(evse__number=outlet).status

    def told(self, kind: str) -> list[dict[str, Any]]:
        """What browsers and webhooks were told of this kind."""
        return [data for each, data in self.published.events if each == kind]


def ended_at(session: Transaction) -> datetime | None:
    moment = session.ended_at_station
    return moment.astimezone(UTC) if moment is not None else None


__all__ = ["Alert", "Gun", "HardwareEvent", "TellingCase", "ended_at", "milliseconds"]
