"""Gives a new server a past: what stations, devices and chargers did before it was started.

    SMARTSERVER_DATA_DIR=… python -m tests.past

Writes through the models, as the server would have. Identities and serial numbers are those of the
emulators, so that what they report goes on where this ends.
"""

from __future__ import annotations

import math
import os
from datetime import datetime, timedelta
from typing import Any

HOURS = 26
STATIONS = 14
DEVICES = 12
EVERY = timedelta(minutes=2)


def fill() -> None:
    """After `django.setup()`, in an empty database."""
    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    now = timezone.now().replace(microsecond=0)
    stations = _stations(now)
    for number, station in enumerate(stations):
        _sessions(station, number, now)
    for number in range(1, DEVICES + 1):
        _device(number, now)
    _totals(now)
    _commands(stations, now)
    _alerts(now)
    _knocking(now)


def _stations(now: datetime) -> list[Any]:
    from stations.models import EVSE, Station

    made = []
    for number in range(1, STATIONS + 1):
        station = Station.objects.create(
            identity=f"CP{number:04d}", vendor="Alpenstrom", model="Wallbox 11", created_at=now - timedelta(days=90)
        )
        EVSE.objects.bulk_create([EVSE(station=station, number=each) for each in (1, 2)])
        made.append(station)
    return made


def _sessions(station: Any, number: int, now: datetime) -> None:
    """A car after the other, until a few minutes ago."""
    from stations.models import IdToken, MeterValue

    token, _ = IdToken.objects.get_or_create(
        value=f"04A2B{number % 5:03d}", defaults={"holder": f"Driver {number % 5}"}
    )
    begin = now - timedelta(hours=HOURS) + timedelta(minutes=17 * number)
    meter = 5_000_000.0 + 1000 * number
    while begin < now - timedelta(minutes=50):
        end = min(begin + timedelta(minutes=40 + 13 * (number % 5)), now - timedelta(minutes=4))
        power = (3_680.0, 7_360.0, 11_040.0, 22_080.0)[(number + begin.hour) % 4]
        readings = _readings(begin, end, meter, power, 31.0 + number)
        last = readings[-1]
        session = _session(station, token, begin, end, meter, last)
        for reading in readings:
            reading.update(station=station, evse=session.evse, transaction=session, samples="[]")
        MeterValue.objects.bulk_create(MeterValue(**reading) for reading in readings)
        meter = last["energy_wh"]
        begin = end + timedelta(minutes=35 + 11 * (number % 4))


def _readings(begin: datetime, end: datetime, meter: float, power: float, soc: float) -> list[dict[str, Any]]:
    """What one car took: less when its battery is nearly full."""
    readings: list[dict[str, Any]] = []
    moment = begin
    while moment < end:
        now_w = power * (1 - 0.25 * max(0.0, (soc - 80) / 20))
        meter += now_w * EVERY.total_seconds() / 3600
        soc = min(100.0, soc + now_w / 40_000)
        measured = {"energy_wh": meter, "power_w": now_w, "current_a": now_w / 690, "voltage_v": 230.0, "soc": soc}
        readings.append({"measured_at": moment, "received_at": moment, **measured})
        moment += EVERY
    return readings


def _session(station: Any, token: Any, begin: datetime, end: datetime, meter: float, last: dict[str, Any]) -> Any:
    from stations.models import Transaction

    return Transaction.objects.create(
        station=station,
        evse=station.evses.first(),
        connector_number=1,
        id_token=token,
        active=False,
        started_at=begin,
        started_at_station=begin,
        ended_at=end,
        ended_at_station=end,
        end_reason="EVDisconnected",
        meter_start_wh=meter,
        meter_last_wh=last["energy_wh"],
        meter_stop_wh=last["energy_wh"],
        energy_wh=last["energy_wh"] - meter,
        soc=last["soc"],
    )


def _device(number: int, now: datetime) -> None:
    from devices.models import DeviceSample, SolMate

    device = SolMate.objects.create(serial_number=f"{number:04d}", country="AT", postcode=f"80{number:02d}")
    samples = []
    moment = now - timedelta(hours=HOURS)
    while moment < now:
        hour = moment.hour + moment.minute / 60
        solar = max(0.0, math.sin((hour - 6) / 12 * math.pi)) * (380 + 25 * number)
        cloud = 0.75 + 0.25 * math.sin(hour * 5 + number)
        use = 90 + 60 * abs(math.sin(hour / 3 + number))
        samples.append(
            DeviceSample(
                device=device,
                received_at=moment,
                message_id="0000",
                power_income=solar * cloud,
                power_inject=min(solar * cloud, use),
                power_consumption=use,
                battery=400 + 380 * math.sin((hour - 9) / 24 * 2 * math.pi),
                changes="{}",
            )
        )
        moment += 2 * EVERY
    DeviceSample.objects.bulk_create(samples, batch_size=500)


def _totals(now: datetime) -> None:
    """What all together charged and what the sun gave, each minute, as the server keeps it."""
    from devices.models import DeviceSample
    from smartserver.overview.models import PowerTotal
    from stations.models import MeterValue

    charging = _sums(MeterValue, "power_w", EVERY)
    solar = _sums(DeviceSample, "power_income", 2 * EVERY)
    second = int((now - timedelta(hours=HOURS)).timestamp()) // 60 * 60
    PowerTotal.objects.bulk_create(
        PowerTotal(second=each, charging_w=charging.get(each, 0.0), solar_w=solar.get(each, 0.0))
        for each in range(second, int(now.timestamp()), 60)
    )


def _sums(model: Any, field: str, every: timedelta) -> dict[int, float]:
    """Minute → sum of what was measured in it; a value counts until the next one."""
    sums: dict[int, float] = {}
    for at, value in model.objects.values_list("received_at", field):
        first = int(at.timestamp()) // 60 * 60
        for minute in range(first, first + int(every.total_seconds()), 60):
            sums[minute] = sums.get(minute, 0.0) + value
    return sums


def _commands(stations: list[Any], now: datetime) -> None:
    from stations.models import Command

    asked: tuple[tuple[str, dict[str, Any], str, str, dict[str, Any] | None], ...] = (
        ("GetConfiguration", {}, "answered", "", {"configurationKey": [], "unknownKey": []}),
        ("ChangeAvailability", {"connectorId": 1, "type": "Operative"}, "answered", "Accepted", {"status": "Accepted"}),
        ("UnlockConnector", {"connectorId": 2}, "failed", "NotSupported", None),
        ("Reset", {"type": "Soft"}, "timed_out", "", None),
        ("RemoteStartTransaction", {"idTag": "04A2B001"}, "answered", "Rejected", {"status": "Rejected"}),
    )
    for number, (action, payload, state, result, reply) in enumerate(asked * 3):
        at = now - timedelta(minutes=7 * number + 3)
        Command.objects.create(
            station=stations[number % len(stations)],
            action=action,
            payload=payload,
            state=state,
            result=result,
            reply=reply,
            origin="admin",
            attempts=1,
            ocpp_version="1.6",
            created_at=at,
            expires_at=at + timedelta(days=1),
            sent_at=at + timedelta(seconds=1),
            settled_at=at + timedelta(seconds=3),
        )


def _alerts(now: datetime) -> None:
    from bridge.cms.models import Alert, Charger
    from stations.models import Station

    for number in range(1, 4):
        station = Station.objects.create(identity=f"HW-{number:02d}", vendor="Hardware", model="Twin 22")
        Charger.objects.create(station=station, bridge_version="1.4.0", fed_at=now - timedelta(minutes=number))
        for each, (code, meaning, standing) in enumerate(
            ((21, "Residual current", True), (7, "Over temperature", False), (13, "Contactor welded", number == 1))
        ):
            raised = now - timedelta(minutes=40 * each + 9 * number)
            Alert.objects.create(
                station=station,
                outlet=1 + each % 2,
                code=code,
                meaning=meaning,
                source="hardware",
                message=f"Measured on outlet {1 + each % 2}",
                raised_at=raised,
                cleared_at=None if standing else raised + timedelta(minutes=12),
            )


def _knocking(now: datetime) -> None:
    from stations.models import KnockingStation

    for number, (identity, address) in enumerate((("DEPOT-07", "10.20.0.17"), ("GARAGE-2", "10.20.4.9"))):
        last = now - timedelta(minutes=2 + 11 * number)
        first = last - timedelta(hours=3)
        KnockingStation.objects.create(
            identity=identity, address=address, attempts=41 - 30 * number, first_at=first, last_at=last
        )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartserver.settings")
    import django

    django.setup()
    fill()
