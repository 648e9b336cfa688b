"""Chargers behind bridges, as the CMS wire leaves them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from bridge.cms import meaning
from bridge.cms.models import Charger
from bridge.cms.services import reports
from stations.models import Station
from tests.stations.factories import StationFactory
from tests.stations.support import NOON
from tests.units import run

STATE: list[dict[str, Any]] = [
    {
        "outlet": 1,
        "outletType": "CCS",
        "phs": 7,
        "busy": True,
        "user": "CARD1",
        "curr_ses_id": "s-1",
        "curr_ses_active": True,
        "curr_ses_Wh": 1200,
        "curr_ses_error": 0,
        "soc": 42,
        "pv": 400,
        "pc": 50,
        "pp": 20,
        "meter": 51200,
        "PowerCapW": 60000,
        "temperatures": {"plug": 31},
    },
    {"outlet": 2, "phs": 1, "busy": False, "curr_ses_error": 85, "curr_ses_errMsg": "DC bus", "meter": "much"},
]


def make_charger(identity: str = "EC-1", **known: Any) -> Charger:
    station = StationFactory.create(identity=identity, ocpp_version="NOC", state="online")
    return Charger.objects.create(station=station, **known)


def tell(station: Station, kind: str, outlet: int | None = None, *, now: datetime = NOON, **payload: Any) -> int:
    """An event of the hardware, taken; its number."""
    event = {
        "type": kind,
        "outlet": "" if outlet is None else str(outlet),
        "payload": payload,
        "timestamp": 1782043200000,
    }
    text = orjson.dumps(event).decode()
    key = f"{kind} {outlet} {now} {payload}"[:64]
    read = meaning.read_event(text, key)
    (number,) = run(
        lambda batch: reports.take_event(batch, station_id=station.pk, event=read, text=text, state=None, now=now)
    )
    assert isinstance(number, int)
    return number


def show(station: Station, state: Any = STATE, *, now: datetime = NOON) -> None:
    """A state of the hardware, taken."""
    text = orjson.dumps(state).decode()
    run(lambda batch: reports.take_state(batch, station_id=station.pk, text=text, event_id=None, now=now))
