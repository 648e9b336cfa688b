"""One charging session at an emulated outlet, and what it leaves behind. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bridge.emulator.car import Car


@dataclass(slots=True)
class Session:
    """Moments are seconds since 1970; `began` is when the user was accepted."""

    id: str
    user: str
    car: Car
    began: float
    soc: float
    energy_wh: float = 0.0
    seconds: float = 0.0
    charged: bool = False
    active: bool = True
    ended_by: str = ""
    stop_reason: str = ""
    unexpected: bool = False
    errors: dict[int, str] = field(default_factory=dict)

    @property
    def error(self) -> int:
        """The first code that ended it, 0 for none."""
        return next(iter(self.errors), 0)

    def who(self) -> dict[str, Any]:
        return {"user": self.user, "session": self.id}

    def which_car(self) -> dict[str, Any]:
        return {"EVCCID": self.car.evccid, "EVMAC": self.car.mac}

    def end(self, source: str, reason: str, *, unexpected: bool = False) -> None:
        self.ended_by, self.stop_reason, self.unexpected = source, reason, unexpected

    def report(self) -> dict[str, Any]:
        """The payload of session_stop: `start` in ms since 1970, `duration` in s, `energy` in Wh."""
        return {
            "unexpected": self.unexpected,
            "error": {"code": self.error, "msg": self.errors.get(self.error, ""), "list": list(self.errors)},
            "source": self.ended_by,
            "start": round(self.began * 1000),
            "duration": round(self.seconds),
            "energy": round(self.energy_wh),
            "stopReason": self.stop_reason,
            **self.who(),
            **self.which_car(),
        }

    def fields(self) -> dict[str, Any]:
        """What /state says of it."""
        return {
            "user": self.user,
            "curr_ses_id": self.id,
            "curr_ses_active": self.active,
            "curr_ses_success": not self.active and not self.errors and not self.unexpected,
            "curr_ses_error": self.error,
            "curr_ses_errMsg": self.errors.get(self.error, ""),
            "curr_ses_errors_list": list(self.errors),
            "curr_ses_endBy": self.ended_by,
            "curr_ses_secs": round(self.seconds),
            "curr_ses_Wh": round(self.energy_wh, 1),
            "sessionStart": round(self.began * 1000),
            "stopReason": self.stop_reason,
            **self.which_car(),
        }


NO_SESSION: dict[str, Any] = {
    "user": "",
    "curr_ses_id": "",
    "curr_ses_active": False,
    "curr_ses_success": False,
    "curr_ses_error": 0,
    "curr_ses_errMsg": "",
    "curr_ses_errors_list": [],
    "curr_ses_endBy": "",
    "curr_ses_secs": 0,
    "curr_ses_Wh": 0.0,
    "sessionStart": 0,
    "stopReason": "",
    "EVCCID": "",
    "EVMAC": "",
}
"""The same fields where there never was one."""
