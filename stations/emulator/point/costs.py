"""What sessions cost, by the station's own count and by the server's, and what drivers read of it (block I). Pure.

The book of a session are the readings of its events (2.1 I12). The server's word is what the answers to events and
CostUpdated tell (I02, I03).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stations.emulator.point.clock import parsed
from stations.emulator.point.message import Charge, Message, Reading
from stations.emulator.point.tariffs import CONTROLLER
from stations.emulator.point.words import Status
from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.calculator import CannotCalculate, calculate
from stations.ocpp.tariffs.details import cost_details, failure, told_total
from stations.ocpp.tariffs.money import digits_of
from stations.ocpp.tariffs.usage import Sample, Usage, segments_of

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

UTC_ZONE = ZoneInfo("UTC")


class Costs:
    def __init__(self, station: Station) -> None:
        self._station = station
        self._last: dict[int, Charge] = {}
        """By EVSE: the session that ended last; its cost can be read until the next driver comes."""

    # -- what the server says ---------------------------------------------------------------

    def hear(self, charge: Charge, total: float, shown: str = "") -> None:
        """What a session costs so far, or in the end; `shown`: how that is to be written."""
        charge.cost, charge.cost_shown = total, shown

    # -- what the station counts ------------------------------------------------------------

    def settle(self, charge: Charge, ended: list[Message]) -> None:
        """Have the end of a session tell what it costs (I12)."""
        for message in ended:
            if charge.agreed and message.payload.get("eventType") == "Ended":
                message.payload["costDetails"] = self.details(charge)
        self._last[charge.outlet] = charge

    def so_far(self, charge: Charge, reading: Reading) -> float | None:
        """What a session costs until this reading; None: this station cannot tell."""
        if not charge.agreed:
            return None
        total, _ = told_total(self.details(charge, reading))
        return None if total is None else float(total)

    def details(self, charge: Charge, *newer: Reading) -> Payload:
        """A CostDetailsType of a session's readings and `newer` ones, or why there is none."""
        try:
            return cost_details(calculate(charge.agreed, self._usage(charge, [*charge.readings, *newer])))
        except CannotCalculate as error:
            return failure(charge.agreed[0].tariff.currency, str(error))

    def _usage(self, charge: Charge, readings: list[Reading]) -> Usage:
        """The outlets of this station give alternating current."""
        start = readings[0].energy_wh
        samples = [_sample(each, start) for each in readings]
        begin, end = samples[0].moment, samples[-1].moment
        reserved = charge.reserved_at
        return Usage(
            begin,
            segments_of(samples, begin, max(begin, end)),
            zone=self._zone,
            evse_kind="AC",
            reserved_from=None if reserved is None else min(begin, reserved),
        )

    @property
    def _zone(self) -> ZoneInfo:
        """Of the times in tariffs; UTC where nobody knows the one that was set."""
        try:
            return ZoneInfo(self._station.variables.text("ClockCtrlr", "TimeZone"))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC_ZONE

    # -- what can be read -------------------------------------------------------------------

    def shown(self, evse: int, now: float) -> str:
        """What the display says of money at an EVSE: the cost of the session there or of the last one, else prices."""
        charge = self._station.outlet(evse).charge
        if charge is None or not (charge.authorised or charge.open):
            charge = self._last.get(evse)
        if charge is None or not charge.authorised:
            return self._prices(evse, now)
        if not self._is_enabled("Cost"):
            return ""
        return self._cost(charge) or (self._text("TotalCostFallbackMessage") if not charge.open else "")

    def _prices(self, evse: int, now: float) -> str:
        if not self._is_enabled("Tariff"):
            return ""
        held = self._station.tariffs.in_force(evse, self._station.clock(now))
        texts = [] if held is None else held.body.get("description", [])
        return str(texts[0]["content"]) if texts else self._text("TariffFallbackMessage")

    def _cost(self, charge: Charge) -> str:
        """The server's word where the station does not count, or cannot."""
        if charge.agreed:
            total, currency = told_total(self.details(charge))
            if total is not None:
                return _written(float(total), currency)
        if charge.cost is None:
            return ""
        return charge.cost_shown or _written(charge.cost, self._text("Currency"))

    def _is_enabled(self, what: str) -> bool:
        return self._station.variables.text(CONTROLLER, "Enabled", variable_instance=what).casefold() == "true"

    def _text(self, variable: str) -> str:
        return self._station.variables.text(CONTROLLER, variable)


def _sample(reading: Reading, start_wh: int) -> Sample:
    return Sample(
        parsed(reading.moment.stamp),
        float(reading.energy_wh - start_wh),
        reading.power_w,
        reading.current_a * reading.phases,
        reading.state == Status.CHARGING.value,
    )


def _written(amount: float, currency: str) -> str:
    return f"{amount:.{digits_of(currency)}f} {currency}"
