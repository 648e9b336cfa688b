"""Reads: the tiles of the overview, and the chart below them."""

from __future__ import annotations

import math
from typing import Any

from django.db.models import Avg, Count, F, Min, Q, Sum
from django.db.models.functions import Coalesce

from devices.models import DeviceState, SolMate
from smartserver.core import clock
from smartserver.core.errors import BadInput
from smartserver.core.events import TOPIC_DEVICES, TOPIC_STATIONS
from smartserver.core.history import MAX_POINTS
from smartserver.core.summaries import Summary
from smartserver.overview.models import PowerTotal
from stations.models import State, Station

MAX_MINUTES = 31 * 24 * 60

CHARGING = "Charging"
FAULTED = "Faulted"

_ONLINE = Q(state=State.ONLINE)

JOULES_IN_WH = 3600.0
"""Devices tell their capacity in joules."""

Figures = dict[str, float | int | None]


def summary() -> dict[str, Figures]:
    """The numbers of the tiles, with two queries.

    `stations`: how many in each state, how many `charging` (connected, and their most telling status is Charging) and
    `faulted` (the last that they told, connected or not), `sessions` that run, `power_w` of those that are online and
    `session_energy_wh` of all running sessions. `devices`: how many in each state, and the sums of what those that
    are online report, in W; `battery_wh` and `capacity_wh` are those of devices that tell both. Powers are None when
    nobody is online.
    """
    return {"stations": _stations(), "devices": _devices()}


def _stations() -> Figures:
    counts = {state.value: Count("pk", filter=Q(state=state)) for state in State}
    return Station.objects.aggregate(
        **counts,
        total=Count("pk"),
        charging=Count("pk", filter=_ONLINE & Q(status=CHARGING)),
        faulted=Count("pk", filter=Q(status=FAULTED)),
        sessions=Coalesce(Sum("sessions"), 0),
        power_w=Sum(Coalesce("power_w", 0.0), filter=_ONLINE),
        session_energy_wh=Coalesce(Sum("session_energy_wh"), 0.0),
    )


def _devices() -> Figures:
    sums = {
        **{f"{name}_w": Sum(f"power_{name}") for name in ("income", "inject", "consumption")},
        "stored_wh": Sum("battery"),
        "battery_wh": Sum("battery", filter=Q(capacity__gt=0)),
        "capacity_wh": Sum(F("capacity") / JOULES_IN_WH, filter=Q(capacity__gt=0)),
    }
    # By state, which is twice as fast as a condition in each sum.
    groups = SolMate.objects.order_by().values("state").annotate(count=Count("pk"), **sums)
    found: dict[str, Any] = {group["state"]: group for group in groups}
    counts: Figures = {state.value: found[state]["count"] if state in found else 0 for state in DeviceState}
    online: Figures = found.get(DeviceState.ONLINE, {})
    return counts | {"total": sum(group["count"] for group in groups)} | {name: online.get(name) for name in sums}


SUMMARY = Summary("overview", frozenset({TOPIC_STATIONS, TOPIC_DEVICES}), summary)


def power_now() -> tuple[float | None, float | None]:
    """What all stations charge with and all devices get from the sun, in W; None where nobody is online."""
    charging = Station.objects.filter(_ONLINE).aggregate(power=Sum(Coalesce("power_w", 0.0)))["power"]
    solar = SolMate.objects.filter(state=DeviceState.ONLINE).aggregate(power=Sum("power_income"))["power"]
    return charging, solar


def history(minutes: int, *, until: int | None = None, most: int = MAX_POINTS) -> dict[str, Any]:
    """Charging power against solar power in the minutes until then, as `docs/live-protocol.md` describes histories.

    `until`: seconds since 1970; None: until now.
    """
    if not 1 <= minutes <= MAX_MINUTES:
        raise BadInput(f"The history of all together covers 1 to {MAX_MINUTES} minutes.")
    span = minutes * 60
    end = int(clock.now().timestamp()) if until is None else until
    kept = PowerTotal.objects.filter(second__gt=end - span, second__lte=end)
    names = ("charging_w", "solar_w")
    if kept.count() <= most:
        rows = kept.order_by("second").values_list("second", *names)
    else:
        # The first and the last slot may both be cut by the span, hence one slot fewer.
        slot = math.ceil(span / (most - 1))
        means = {f"mean_{name}": Avg(name) for name in names}
        slots = kept.order_by().values(slot=F("second") / slot).annotate(moment=Min("second"), **means)
        rows = slots.order_by("slot").values_list("moment", *means)
    series = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    columns = [
        {"name": "time", "unit": "s"},
        {"name": "charging_w", "label": "Charging", "unit": "W"},
        {"name": "solar_w", "label": "Solar", "unit": "W"},
    ]
    return {"columns": columns, "series": series}
