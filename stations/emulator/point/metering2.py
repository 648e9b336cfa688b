"""Which readings of a 2.x station have what, and which are signed (J01, J02): what its variables say. Pure.

Transaction.Begin   SampledDataCtrlr.TxStartedMeasurands      Sample.Clock   AlignedDataCtrlr.Measurands
Sample.Periodic     SampledDataCtrlr.TxUpdatedMeasurands      and with the end AlignedDataCtrlr.TxEndedMeasurands
Transaction.End     SampledDataCtrlr.TxEndedMeasurands        Trigger        as at round times, or in a session (F06)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stations.emulator.point.message import Charge, Reading
from stations.emulator.point.meters2 import Meter, meter_value
from stations.emulator.point.settings import listed
from stations.emulator.point.variables import Variables
from stations.ocpp.frames import Payload

SAMPLED, ALIGNED = "SampledDataCtrlr", "AlignedDataCtrlr"

MOST_GATHERED = 500
"""Readings that the end of one transaction carries."""

NEVER, ONCE, ALWAYS = "Never", "OncePerTransaction", "EveryMeterValue"
KEY_IS_TOLD = (NEVER, ONCE, ALWAYS)
"""Values of OCPPCommCtrlr.PublicKeyWithSignedMeterValue."""


class _Kind(NamedTuple):
    component: str
    measurands: str


_KINDS = {
    "Transaction.Begin": _Kind(SAMPLED, "TxStartedMeasurands"),
    "Sample.Periodic": _Kind(SAMPLED, "TxUpdatedMeasurands"),
    "Transaction.End": _Kind(SAMPLED, "TxEndedMeasurands"),
    "Sample.Clock": _Kind(ALIGNED, "Measurands"),
    "Trigger": _Kind(SAMPLED, "TxUpdatedMeasurands"),
    "Other": _Kind(SAMPLED, "TxUpdatedMeasurands"),
}
_TRIGGERED_ALONE = _KINDS["Sample.Clock"]
_WITH_THE_END = _Kind(ALIGNED, "TxEndedMeasurands")


class Metering:
    def __init__(self, variables: Variables, meter: Meter | None) -> None:
        """`meter`: one that can sign."""
        self._variables = variables
        self._meter = meter

    def signs(self, component: str = SAMPLED) -> bool:
        return self._meter is not None and self._variables.flag(component, "SignReadings")

    def of_session(self, charge: Charge, reading: Reading, context: str, also: Sequence[str] = ()) -> list[Payload]:
        """The meterValue of an event, with these measurands besides; at its end with all that was gathered before."""
        own = self._values(_KINDS[context], reading, context, charge, also)
        return [*charge.data, *own] if context == "Transaction.End" else own

    def alone(self, reading: Reading, context: str) -> list[Payload]:
        """The meterValue of a MeterValues."""
        return self._values(_TRIGGERED_ALONE if context == "Trigger" else _KINDS[context], reading, context)

    def gather(self, charge: Charge, reading: Reading) -> None:
        """Keep a reading at a round time for the end; of very many every second one goes."""
        if len(charge.data) >= MOST_GATHERED:
            del charge.data[1::2]
        charge.data += self._values(_WITH_THE_END, reading, "Sample.Clock", charge)

    @property
    def pauses(self) -> bool:
        """Whether there are no readings at round times while a transaction runs (SendDuringIdle)."""
        return self._variables.flag(ALIGNED, "SendDuringIdle")

    def _values(
        self, kind: _Kind, reading: Reading, context: str, charge: Charge | None = None, also: Sequence[str] = ()
    ) -> list[Payload]:
        names = listed(self._variables.text(*kind))
        value = meter_value(reading, context, names, self._meter if self.signs(kind.component) else None, also)
        for sample in value["sampledValue"]:
            if "signedMeterValue" in sample and not self._tells_key(charge):
                sample["signedMeterValue"]["publicKey"] = ""
        return [value] if value["sampledValue"] else []

    def _tells_key(self, charge: Charge | None) -> bool:
        """Whether the public key goes along, which the server may know by another way (2.0.1 part 2, appendix 3)."""
        told = self._variables.text("OCPPCommCtrlr", "PublicKeyWithSignedMeterValue")
        if told != ONCE:
            return told == ALWAYS
        is_first = charge is not None and not charge.key_told
        if charge is not None:
            charge.key_told = True
        return is_first
