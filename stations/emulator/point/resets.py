"""Resets of a 2.x station: at once or when it is idle, of the station or of one EVSE (B11, B12). Pure.

(1.6 has a soft and a hard one: `model.reset`.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stations.emulator.point.device_model import NO_EVSE_RESET
from stations.emulator.point.words import Reason

if TYPE_CHECKING:
    from stations.emulator.point.model import ChargePointModel

STATION = 0
"""In place of an EVSE: all of it."""

RESUME = "ImmediateAndResume"


class Resets:
    def __init__(self, model: ChargePointModel) -> None:
        self._model = model
        self._waiting: set[int] = set()

    def begin(self, number: int, kind: str, now: float) -> str:
        """The status of a Reset. `kind`: OnIdle, or Immediate and what 2.1 adds to it."""
        if number != STATION and NO_EVSE_RESET in self._model.without:
            return "Rejected"  # B12, EVSE.AllowReset
        if kind == "OnIdle" and not self._is_idle(number):
            self._waiting.add(number)
            return "Scheduled"
        self._carry_out(number, now, Reason.RESET_AND_RESUME if kind == RESUME else Reason.HARD_RESET)
        return "Accepted"

    def see_to(self, now: float) -> None:
        """Carry out what waited, where nothing is in its way any more, and the server has heard of what was."""
        if self._model.online and len(self._model.outbox):
            return
        for number in sorted(self._waiting):
            if self._is_idle(number):
                self._waiting.discard(number)
                self._carry_out(number, now, Reason.SOFT_RESET)

    def forget(self) -> None:
        """The station restarts anyway."""
        self._waiting.clear()

    def _is_idle(self, number: int) -> bool:
        outlets = self._model.outlets if number == STATION else [self._model.outlet(number)]
        return not any(outlet.charge is not None and outlet.charge.open for outlet in outlets)

    def _carry_out(self, number: int, now: float, reason: Reason) -> None:
        if number == STATION:
            self._model.restart(now, reason)
        else:
            self._model.outlet(number).restart(now, reason)
