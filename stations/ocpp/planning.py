"""A simple plan for a vehicle that tells what it needs: by its departure, evenly, within the limits (2.x K15, Q01).

As low a power as is enough, the same all the time but where a limit is lower; so that a station's connection is loaded
evenly, and what others want is disturbed least. W, Wh and seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil, inf
from typing import Any, NamedTuple

from stations.ocpp.reading import number

VOLTAGE = 230.0
_PHASES = {"AC_single_phase": 1, "AC_two_phase": 2}
ALL_PHASES = 3


class Demand(NamedTuple):
    """What a vehicle wants. `energy_wh` is None where it does not say; `phases` of its AC charger, None with DC."""

    energy_wh: float | None
    least_w: float = 0.0
    most_w: float = inf
    phases: int | None = None


class Span(NamedTuple):
    """A power, or a limit, that holds from `start` seconds after now until the next one begins."""

    start: int
    watts: float


def demand_of(needs: Mapping[str, Any]) -> Demand:
    """What a chargingNeeds object comes to. What it says of V2X goes before the rest."""
    mode = needs["requestedEnergyTransfer"]
    ac, dc = needs.get("acChargingParameters"), needs.get("dcChargingParameters")
    found = Demand(None)
    if ac is not None:
        phases = _PHASES.get(mode, ALL_PHASES)
        ampere = VOLTAGE * phases
        least, most = ac["evMinCurrent"] * ampere, ac["evMaxCurrent"] * ampere
        found = Demand(number(ac["energyAmount"]), least, most, phases)
    elif dc is not None:
        found = Demand(_dc_energy(dc), 0.0, dc.get("evMaxPower") or dc["evMaxCurrent"] * dc["evMaxVoltage"])
    return _with_v2x(found, needs.get("v2xChargingParameters") or {})


def _dc_energy(dc: Mapping[str, Any]) -> float | None:
    if "energyAmount" in dc:
        return number(dc["energyAmount"])
    if "evEnergyCapacity" in dc and "stateOfCharge" in dc:
        missing: float = max(0, dc.get("fullSoC", 100) - dc["stateOfCharge"]) / 100.0
        return missing * float(dc["evEnergyCapacity"])
    return None


def _with_v2x(found: Demand, v2x: Mapping[str, Any]) -> Demand:
    energy = number(v2x.get("evTargetEnergyRequest"))
    least, most = _of_phases(v2x, "minChargePower"), _of_phases(v2x, "maxChargePower")
    return Demand(
        found.energy_wh if energy is None else max(0.0, energy),
        found.least_w if least is None else least,
        found.most_w if most is None else most,
        found.phases,
    )


def _of_phases(values: Mapping[str, Any], name: str) -> float | None:
    rates = [number(values[each]) or 0.0 for each in (name, f"{name}_L2", f"{name}_L3") if each in values]
    return sum(rates) if rates else None


def plan(demand: Demand, limits: Sequence[Span], seconds: int, *, at_most: int = 1024) -> tuple[Span, ...]:
    """The powers by which the demand is met after `seconds`, in at most so many periods; () where nothing may flow.

    `limits` begin at 0 and hold on after the last one's start; `inf` is no limit. What cannot be met is met as far as
    the limits let. Without an energy the vehicle gets what the limits leave.
    """
    spans = [Span(each.start, min(each.watts, demand.most_w)) for each in limits if each.start < seconds]
    if demand.energy_wh is None:
        power = demand.most_w
    else:
        power = max(demand.least_w, _level(spans, seconds, demand.energy_wh * 3600.0))
    if power == inf:
        return ()  # nobody knows what it takes, and nothing is to be kept to
    wanted = [Span(start, float(ceil(min(watts, power)))) for start, watts in spans]
    if not any(each.watts > 0.0 for each in wanted):
        return ()
    return _fewer(_joined(wanted), seconds, at_most)


def _level(spans: Sequence[Span], seconds: int, joules: float) -> float:
    """The constant power that is enough, where the limits cut off what they do; the highest when none is."""
    ends = [*(each.start for each in spans[1:]), seconds]
    left = float(seconds)
    for watts, length in sorted((each.watts, end - each.start) for each, end in zip(spans, ends, strict=True)):
        if watts * left >= joules:
            return joules / left
        joules -= watts * length
        left -= length
    return max(each.watts for each in spans)


def _joined(spans: Sequence[Span]) -> list[Span]:
    return [spans[0], *(later for earlier, later in pairwise(spans) if earlier.watts != later.watts)]


def _fewer(spans: list[Span], seconds: int, at_most: int) -> tuple[Span, ...]:
    """Neighbours become one, at the lower of their powers, where that loses the least energy."""
    while len(spans) > max(1, at_most):
        ends = [*(each.start for each in spans[1:]), seconds]
        losses = []
        for index, (earlier, later) in enumerate(pairwise(spans)):
            lost = earlier.watts - later.watts
            length = ends[index] - earlier.start if lost > 0 else ends[index + 1] - later.start
            losses.append((abs(lost) * length, index))
        _, index = min(losses)
        spans[index : index + 2] = [Span(spans[index].start, min(spans[index].watts, spans[index + 1].watts))]
        spans = _joined(spans)
    return tuple(spans)
