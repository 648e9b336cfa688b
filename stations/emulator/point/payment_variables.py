"""The variables of a 2.1 station at which people pay: its terminal, and its codes for payments on web pages. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stations.emulator.point.bank import BankCard
from stations.emulator.point.variables import READ_WRITE, WRITE_ONLY, Path, Variable
from stations.ocpp.web_payments import LIMITS, VERSIONS

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

PAYMENT, WEB = "PaymentCtrlr", "WebPaymentsCtrlr"

DETAILS = tuple(BankCard("").details)
"""What the terminal can tell of a card."""


def _is_connected(station: Station, path: Path, now: float) -> str:
    return "true" if station.terminal.provider.reachable else "false"


def _has_problem(station: Station, path: Path, now: float) -> str:
    return "false" if station.terminal.provider.reachable else "true"


def _flag(component: str, name: str, value: str) -> Variable:
    return Variable(Path(component, name), "boolean", value, READ_WRITE)


def _amount(name: str, value: str) -> Variable:
    return Variable(Path(PAYMENT, name), "decimal", value, READ_WRITE, low=0.0, high=100_000.0)


def _text(name: str, value: str = "", *, instance: str = "", **more: Any) -> Variable:
    return Variable(Path(PAYMENT, name, variable_instance=instance), default=value, high=1000, **more)


VARIABLES: tuple[Variable, ...] = (
    _flag(PAYMENT, "Enabled", "true"),
    _flag(PAYMENT, "AuthorizeDirectPayment", "true"),
    _amount("AuthorizationAmount", "50"),
    _amount("IncrementalAuthorizationAmount", "0"),
    _amount("IncrementalAuthorizationThreshold", "5"),
    Variable(Path(PAYMENT, "PaymentDetails"), "MemberList", ",".join(DETAILS), READ_WRITE, options=DETAILS),
    _flag(PAYMENT, "SettlementByCSMS", "false"),
    _flag(PAYMENT, "ReceiptByCSMS", "true"),
    _text("ReceiptServerUrl", "https://receipts.example/", mutability=READ_WRITE),
    *(_text("Merchant", instance=each, mutability=READ_WRITE) for each in ("Id", "TaxId", "Name", "Address", "City")),
    Variable(Path(PAYMENT, "Connected"), "boolean", source=_is_connected),
    Variable(Path(PAYMENT, "Problem"), "boolean", source=_has_problem),
    _text("TerminalID", "T-0001"),
    _text("PaymentServiceProvider", "Emulated Payments"),
    _text("VendorName", "Emulated Terminals"),
    _text("Model", "Tap 1"),
    _text("SerialNumber", "ET-0001"),
    _text("FirmwareVersion", "1.0"),
    _text("IMSI"),
    _text("ICCID"),
    # Payments on web pages (C25): each EVSE has a code of its own on the display, all are made in the same way.
    _flag(WEB, "Enabled", "false"),
    Variable(Path(WEB, "URLTemplate"), mutability=READ_WRITE, high=1000),
    Variable(Path(WEB, "URLParameters"), "MemberList", ",".join(LIMITS), options=tuple(LIMITS)),
    Variable(Path(WEB, "TOTPVersion"), "OptionList", VERSIONS[0], READ_WRITE, options=VERSIONS),
    Variable(Path(WEB, "ValidityTime"), "integer", "30", READ_WRITE, unit="s", low=6, high=3600),
    Variable(Path(WEB, "SharedSecret"), mutability=WRITE_ONLY, low=8, high=255),
    Variable(Path(WEB, "Length"), "integer", "8", READ_WRITE, low=6, high=255),
)
