"""The tariffs that a 2.1 station holds (block I of 2.1, use cases I07 to I11). Pure; `costs.py` counts by them.

A default tariff is an EVSE's, perhaps from a time on; a driver's tariff comes with the answer to an Authorize and goes
first. A session is charged by what was in force when its token was let in; what is set or cleared afterwards does not
touch it, but for a ChangeTransactionTariff.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from stations.emulator.point.message import Charge
from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.calculator import Agreed
from stations.ocpp.tariffs.sense import problems_of
from stations.ocpp.tariffs.tariff import Tariff, read_tariff

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

CONTROLLER = "TariffCostCtrlr"

REFUSE, USE_DEFAULT, LEAVE_TO_SERVER = "Deauthorize", "UseDefaultTariff", "CentralCost"
"""What becomes of a driver whose tariff cannot be used (HandleFailedTariff)."""

DEFAULT, DRIVER = "DefaultTariff", "DriverTariff"


class Held(NamedTuple):
    """A tariff as it was sent, and read."""

    body: dict[str, Any]
    tariff: Tariff

    def is_in_force(self, at: datetime) -> bool:
        return self.tariff.valid_from is None or self.tariff.valid_from <= at


class Tariffs:
    def __init__(self, station: Station) -> None:
        self._station = station
        self._defaults: dict[int, list[Held]] = {}
        """By EVSE: the one that is in force, and those that will be, each in place of the one before."""
        self._drivers: dict[str, Held | None] = {}
        """By idToken, in lower case; None: only the server can count what this driver owes."""
        self.problem = False
        """The newest tariff of a driver could not be used."""

    # -- what the server asks ---------------------------------------------------------------

    def set_default(self, evse: int, body: dict[str, Any], at: datetime) -> str:
        """The status of a SetDefaultTariff (I07). EVSE 0: all of them."""
        evses = self._evses(evse)
        status = "Rejected" if not evses else self.unfit(body)
        if status:
            return status
        new = Held(body, read_tariff(body))
        staying = {
            number: self._beside(new, number, at) if number in evses else held for number, held in self._each(at)
        }
        held_elsewhere = [held for each in staying.values() for held in each] + self._of_drivers()
        if any(held.tariff.id == new.tariff.id and held.body != body for held in held_elsewhere):
            return "DuplicateTariffId"
        added = {number: [*staying.get(number, ()), new] for number in evses}
        self._defaults = staying | {number: sorted(held, key=_begin) for number, held in added.items()}
        return "Accepted"

    def _beside(self, new: Held, evse: int, at: datetime) -> list[Held]:
        """What an EVSE keeps: those that come into force at another time than the new one."""
        now = new.is_in_force(at)
        held = self._present(evse, at)
        return [each for each in held if each.is_in_force(at) != now or (not now and _begin(each) != _begin(new))]

    def report(self, evse: int, at: datetime) -> Payload:
        """The answer to GetTariffs (I09). Those of drivers are of the EVSEs at which their sessions run."""
        evses = self._evses(evse)
        if not evses:
            return {"status": "Rejected"}
        defaults = [(held, number) for number, each in self._each(at) for held in each if number in evses]
        found = [_assignment(held, DEFAULT, evseIds=_keys(defaults, held)) for held in _once(defaults)]
        drivers = [(held, token) for token, held in self._drivers.items() if held is not None]
        found += [
            _assignment(held, DRIVER, idTokens=_keys(drivers, held), evseIds=self._used_at(held))
            for held in _once(drivers)
        ]
        return {"status": "Accepted", "tariffAssignments": found} if found else {"status": "NoTariff"}

    def _used_at(self, held: Held) -> list[int]:
        charges = (outlet.charge for outlet in self._station.outlets)
        return [each.outlet for each in charges if each is not None and _is_charged_by(each, held)]

    def clear(self, ids: list[str] | None, evse: int, at: datetime) -> list[Payload]:
        """The results of a ClearTariffs (I10). Drivers' tariffs are of no EVSE, so they only go with those of all."""
        here = {number: held for number, held in self._each(at) if evse in (0, number)}
        drivers = [] if evse else self._of_drivers()
        found = {held.tariff.id for held in (*(each for held in here.values() for each in held), *drivers)}
        wanted = sorted(found) if ids is None else ids
        gone = found & set(wanted)
        for number, held in here.items():
            self._defaults[number] = [each for each in held if each.tariff.id not in gone]
        if not evse:
            self._drivers = {
                token: held for token, held in self._drivers.items() if held is not None and held.tariff.id not in gone
            }
        results = [{"tariffId": each, "status": "Accepted" if each in gone else "NoTariff"} for each in wanted]
        return results or [{"status": "NoTariff"}]

    def change(self, charge: Charge, body: dict[str, Any], at: datetime) -> str:
        """The status of a ChangeTransactionTariff (I11): from now on."""
        status = self.unfit(body)
        if status:
            return status
        tariff = read_tariff(body)
        if charge.agreed and charge.agreed[0].tariff.currency != tariff.currency:
            return "NoCurrencyChange"
        charge.agreed.append(Agreed(at, tariff))
        return "Accepted"

    def unfit(self, body: dict[str, Any]) -> str:
        """Why a tariff cannot be kept, as a status; empty: it can. This station does not discharge vehicles."""
        if not self.counts or problems_of(body):
            return "Rejected"
        tariff = read_tariff(body)
        most = int(self._text("MaxElements"))
        if any(len(part.prices) > most for part in tariff.parts.values()):
            return "TooManyElements"
        conditions = [price.conditions for part in tariff.parts.values() for price in part.prices]
        if any(each.are_some for each in conditions) and not self._flag("ConditionsSupported"):
            return "ConditionNotSupported"
        limits = (limit for each in conditions for span in each.ranges.values() for limit in span.limits)
        return "ConditionNotSupported" if any(limit < 0 for limit in limits) else ""

    @property
    def counts(self) -> bool:
        """Whether the station counts by itself what sessions cost."""
        return self._station.version == "2.1" and self._flag("Enabled")

    def _flag(self, variable: str) -> bool:
        return self._text(variable).casefold() == "true"

    def _text(self, variable: str) -> str:
        return self._station.variables.text(CONTROLLER, variable, variable_instance="Tariff")

    # -- what it has ------------------------------------------------------------------------

    def _evses(self, evse: int) -> list[int]:
        """Those that are meant; none, where there is no such EVSE."""
        return [outlet.number for outlet in self._station.outlets if evse in (0, outlet.number)]

    def _each(self, at: datetime) -> list[tuple[int, list[Held]]]:
        return [(number, self._present(number, at)) for number in self._defaults]

    def _present(self, evse: int, at: datetime) -> list[Held]:
        """The one that is in force and those that will be; one whose place another has taken is gone."""
        held = self._defaults.get(evse, [])
        past = [each for each in held if each.is_in_force(at)]
        return [each for each in held if each not in past[:-1]]

    def in_force(self, evse: int, at: datetime) -> Held | None:
        """The default tariff of an EVSE."""
        return next((each for each in self._present(evse, at) if each.is_in_force(at)), None)

    def _of_drivers(self) -> list[Held]:
        return [held for held in self._drivers.values() if held is not None]

    # -- drivers and their sessions ---------------------------------------------------------

    def take_driver(self, token: str, body: dict[str, Any] | None) -> bool:
        """The tariff in the answer to an Authorize, None: there is none; whether the driver may charge (I08).

        It holds at once: a `validFrom` does not count.
        """
        key = token.casefold()
        self._drivers.pop(key, None)
        if body is None or not self.counts:
            return True
        self.problem = bool(self.unfit(body))
        if not self.problem:
            self._drivers[key] = Held(body, read_tariff(body))
            return True
        failing = self._text("HandleFailedTariff")
        if failing == LEAVE_TO_SERVER:
            self._drivers[key] = None
        return failing != REFUSE

    def agree(self, charge: Charge, at: datetime) -> None:
        """The token was let in: from now on it is known what the session costs."""
        default = self.in_force(charge.outlet, at)
        chosen = self._drivers.get(charge.token.casefold(), default) if self.counts else None
        charge.agreed = [] if chosen is None else [Agreed(at, chosen.tariff)]

    def release(self, charge: Charge) -> None:
        """The session is over: its driver's tariff goes, unless it is kept with the token in the cache (I08)."""
        charges = [outlet.charge for outlet in self._station.outlets]
        key = charge.token.casefold()
        elsewhere = any(each is not None and each is not charge and each.token.casefold() == key for each in charges)
        if not elsewhere and not self._station.settings.flag("AuthorizationCacheEnabled"):
            self._drivers.pop(key, None)

    def forget_drivers(self) -> None:
        """The cache is cleared; the tariffs of sessions that run are theirs."""
        self._drivers.clear()


def _begin(held: Held) -> float:
    return 0.0 if held.tariff.valid_from is None else held.tariff.valid_from.timestamp()


def _is_charged_by(charge: Charge, held: Held) -> bool:
    return charge.open and any(each.tariff == held.tariff for each in charge.agreed)


def _once(pairs: list[tuple[Held, Any]]) -> list[Held]:
    """Each tariff once, in the order of its id."""
    return sorted({held.tariff.id: held for held, _ in pairs}.values(), key=lambda held: held.tariff.id)


def _keys(pairs: list[tuple[Held, Any]], wanted: Held) -> list[Any]:
    return [key for held, key in pairs if held.tariff.id == wanted.tariff.id]


def _assignment(held: Held, kind: str, **whose: list[Any]) -> Payload:
    assignment: Payload = {"tariffId": held.tariff.id, "tariffKind": kind}
    assignment |= {name: each for name, each in whose.items() if each}
    return assignment | ({"validFrom": held.body["validFrom"]} if "validFrom" in held.body else {})
