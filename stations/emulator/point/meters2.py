"""Meter values in the words of 2.0.1 and 2.1 (MeterValueType), signed where that is asked for (J01, J02). Pure."""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple, Protocol

from stations.emulator.point.message import Reading
from stations.emulator.point.v2_bidirectional import EXPORT_ENERGY, EXPORT_POWER
from stations.emulator.point.v2_bidirectional import samples as measured_besides
from stations.ocpp.frames import Payload

METHOD, ENCODING = "ECDSA-secp256r1-SHA256", "OCMF"


class Signature(NamedTuple):
    """`value`: DER, in hexadecimal digits; `public_key`: DER (SubjectPublicKeyInfo), base64."""

    value: str
    public_key: str


class Meter(Protocol):
    """A meter that signs with a key of its own."""

    def sign(self, content: bytes) -> Signature: ...


def meter_value(reading: Reading, context: str, meter: Meter | None = None, also: tuple[str, ...] = ()) -> Payload:
    """All that an outlet measures at one moment; with a meter, the energy is signed. `also`: measurands besides."""
    energy = _sample(reading.energy_wh, "Energy.Active.Import.Register", "Wh")
    if meter is not None:
        energy["signedMeterValue"] = _signed(reading, context, meter)
    samples = [
        energy,
        _sample(round(reading.power_w, 1), "Power.Active.Import", "W"),
        _sample(round(reading.current_a, 2), "Current.Import", "A"),
        _sample(round(reading.voltage_v, 1), "Voltage", "V"),
    ]
    if reading.exported_wh or reading.fed_w:
        also = tuple(dict.fromkeys((EXPORT_ENERGY, EXPORT_POWER, *also)))
    samples += [_sample(value, name, unit) for name, unit, value in measured_besides(reading, also)]
    if reading.soc is not None:
        samples.append(_sample(round(reading.soc, 1), "SoC", "Percent") | {"location": "EV"})
    return {
        "timestamp": reading.moment.stamp,
        "sampledValue": [{**sample, "context": context} for sample in samples],
    }


def _sample(value: float, measurand: str, unit: str) -> dict[str, Any]:
    return {"value": value, "measurand": measurand, "unitOfMeasure": {"unit": unit}}


_MARKS = {"Transaction.Begin": "B", "Transaction.End": "E"}
"""How OCMF calls the place of a reading in its transaction; C: in between."""


def _signed(reading: Reading, context: str, meter: Meter) -> Payload:
    """A SignedMeterValueType in the Open Charge Metering Format 1.0."""
    told = {
        "TM": f"{reading.moment.stamp} S",
        "TX": _MARKS.get(context, "C"),
        "RV": reading.energy_wh,
        "RU": "Wh",
        "ST": "G",
    }
    content = json.dumps({"FV": "1.0", "RD": [told]}, separators=(",", ":"))
    signature = meter.sign(content.encode())
    document = f'OCMF|{content}|{{"SD":"{signature.value}"}}'
    return {
        "signedMeterData": base64.b64encode(document.encode()).decode(),
        "signingMethod": METHOD,
        "encodingMethod": ENCODING,
        "publicKey": signature.public_key,
    }
