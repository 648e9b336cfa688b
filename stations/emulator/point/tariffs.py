"""The tariffs of a 2.1 station, and what its sessions cost by them (block I of 2.1, use cases I07 to I12). Pure.

A default tariff is an EVSE's, a driver's tariff comes with the answer to an Authorize and goes first. A session is
charged by what was in force when its token was let in; what is set or cleared afterwards does not touch it, but for a
ChangeTransactionTariff. The book of a session are the readings of its events.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from stations.emulator.point.clock import parsed
from stations.emulator.point.message import Charge, Message, Reading
from stations.ocpp.frames import Payload
from stations.ocpp.tariffs.calculator import Agreed, CannotCalculate, calculate
from stations.ocpp.tariffs.details import cost_details, failure, told_total
from stations.ocpp.tariffs.sense import problems_of
from stations.ocpp.tariffs.tariff import Tariff, read_tariff
from stations.ocpp.tariffs.usage import Sample, Usage, segments_of

MAX_ELEMENTS = 10
"""Prices of one kind that this station can keep (TariffCostCtrlr.MaxElements)."""

DEFAULT, DRIVER = "DefaultTariff", "DriverTariff"


class Held(NamedTuple):
    """A tariff as it was sent, and read."""

    body: dict[str, Any]
    tariff: Tariff


class Tariffs:
    def __init__(self, outlets: int) -> None:
        self._outlets = outlets
        self._defaults: dict[int, Held] = {}
        self._drivers: dict[str, Held] = {}
        """By idToken, in lower case."""

    # -- what the server asks ---------------------------------------------------------------

    def set_default(self, evse: int, body: dict[str, Any]) -> str:
        """The status of a SetDefaultTariff. EVSE 0: all of them."""
        evses = self._evses(evse)
        status = "Rejected" if not evses else unfit(body)
        if status:
            return status
        elsewhere = [held for number, held in self._defaults.items() if number not in evses]
        same = (each for each in (*elsewhere, *self._drivers.values()) if each.tariff.id == body["tariffId"])
        if any(each.body != body for each in same):
            return "DuplicateTariffId"
        self._defaults |= dict.fromkeys(evses, Held(body, read_tariff(body)))
        return "Accepted"

    def report(self, evse: int) -> Payload:
        """The answer to GetTariffs."""
        evses = self._evses(evse)
        if not evses:
            return {"status": "Rejected"}
        defaults = {number: held for number, held in self._defaults.items() if number in evses}
        found = [_assignment(held, DEFAULT, evseIds=_keys(defaults, held)) for held in _each(defaults)]
        found += [_assignment(held, DRIVER, idTokens=_keys(self._drivers, held)) for held in _each(self._drivers)]
        return {"status": "Accepted", "tariffAssignments": found} if found else {"status": "NoTariff"}

    def clear(self, ids: list[str] | None, evse: int) -> list[Payload]:
        """The results of a ClearTariffs. Drivers' tariffs are of no EVSE, so they only go with those of all."""
        here = {number: held for number, held in self._defaults.items() if evse in (0, number)}
        drivers = {} if evse else self._drivers
        found = {held.tariff.id for held in (*here.values(), *drivers.values())}
        wanted = sorted(found) if ids is None else ids
        gone = found & set(wanted)
        self._defaults = {
            number: held for number, held in self._defaults.items() if number not in here or held.tariff.id not in gone
        }
        self._drivers = {token: held for token, held in self._drivers.items() if evse or held.tariff.id not in gone}
        results = [{"tariffId": each, "status": "Accepted" if each in gone else "NoTariff"} for each in wanted]
        return results or [{"status": "NoTariff"}]

    def change(self, charge: Charge, body: dict[str, Any], at: datetime) -> str:
        """The status of a ChangeTransactionTariff: from now on."""
        status = unfit(body)
        if status:
            return status
        tariff = read_tariff(body)
        if charge.agreed and charge.agreed[0].tariff.currency != tariff.currency:
            return "NoCurrencyChange"
        charge.agreed.append(Agreed(at, tariff))
        return "Accepted"

    def _evses(self, evse: int) -> list[int]:
        """Those that are meant; none, where there is no such EVSE."""
        return [number for number in range(1, self._outlets + 1) if evse in (0, number)]

    # -- what drivers see -------------------------------------------------------------------

    def take_driver(self, token: str, body: dict[str, Any]) -> None:
        """The tariff in the answer to an Authorize; one that cannot be kept is as if it had not come (I08)."""
        if not unfit(body):
            self._drivers[token.lower()] = Held(body, read_tariff(body))

    def shown(self, evse: int) -> str:
        """What an EVSE shows of its prices, to whoever stands before it."""
        held = self._defaults.get(evse)
        texts = [] if held is None else held.body.get("description", [])
        return str(texts[0]["content"]) if texts else ""

    # -- sessions ---------------------------------------------------------------------------

    def agree(self, charge: Charge, at: datetime) -> None:
        """The token was let in: from now on it is known what the session costs."""
        found = (self._drivers.get(charge.token.lower()), self._defaults.get(charge.outlet))
        tariffs = (held.tariff for held in found if held is not None)
        valid = (each for each in tariffs if each.valid_from is None or each.valid_from <= at)
        chosen = next(valid, None)
        charge.agreed = [] if chosen is None else [Agreed(at, chosen)]

    def so_far(self, charge: Charge, reading: Reading) -> float | None:
        """What a session has cost until now; None: this station cannot tell."""
        if not charge.agreed:
            return None
        total, _ = told_total(_details(charge, [*charge.readings, reading]))
        return None if total is None else float(total)

    def settle(self, charge: Charge, ended: list[Message]) -> None:
        """Have the end of a session tell what it costs (I12)."""
        for message in ended:
            if charge.agreed and message.payload.get("eventType") == "Ended":
                message.payload["transactionInfo"]["tariffId"] = charge.agreed[-1].tariff.id
                message.payload["costDetails"] = _details(charge, charge.readings)


def unfit(body: dict[str, Any]) -> str:
    """Why a tariff cannot be kept, as a status; empty: it can. This station does not discharge vehicles."""
    if problems_of(body):
        return "Rejected"
    tariff = read_tariff(body)
    if any(len(part.prices) > MAX_ELEMENTS for part in tariff.parts.values()):
        return "TooManyElements"
    prices = (price for part in tariff.parts.values() for price in part.prices)
    limits = (limit for price in prices for each in price.conditions.ranges.values() for limit in each.limits)
    return "ConditionNotSupported" if any(limit < 0 for limit in limits) else ""


def _each(table: dict[Any, Held]) -> list[Held]:
    """Each tariff once, in the order of its id."""
    return sorted({held.tariff.id: held for held in table.values()}.values(), key=lambda held: held.tariff.id)


def _keys(table: dict[Any, Held], wanted: Held) -> list[Any]:
    return [key for key, held in table.items() if held.tariff.id == wanted.tariff.id]


def _assignment(held: Held, kind: str, **whose: list[Any]) -> Payload:
    assignment: Payload = {"tariffId": held.tariff.id, "tariffKind": kind, **whose}
    return assignment | ({"validFrom": held.body["validFrom"]} if "validFrom" in held.body else {})


def _details(charge: Charge, readings: list[Reading]) -> Payload:
    """A CostDetailsType, or why there is none."""
    try:
        return cost_details(calculate(charge.agreed, _usage(readings)))
    except CannotCalculate as error:
        return failure(charge.agreed[0].tariff.currency, str(error))


def _usage(readings: list[Reading]) -> Usage:
    """The outlets of this station give alternating current, and its clock shows UTC."""
    start = readings[0].energy_wh
    samples = [
        Sample(parsed(each.moment.stamp), float(each.energy_wh - start), each.power_w, each.current_a * each.phases)
        for each in readings
    ]
    begin, end = samples[0].moment, samples[-1].moment
    return Usage(begin, segments_of(samples, begin, max(begin, end)), evse_kind="AC")
