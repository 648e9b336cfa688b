"""Meter values in the words of 2.0.1 and 2.1 (MeterValueType), signed where that is asked for (J01, J02). Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from stations.emulator.point.message import Reading
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


class _Quantity(NamedTuple):
    unit: str
    shown: Callable[[Reading], float | None]
    """None: there is nothing to be shown now."""


def _exported(reading: Reading, value: float) -> float | None:
    """Only of interest where vehicles give back."""
    return value if reading.exported_wh or reading.fed_w else None


QUANTITIES = {
    "Energy.Active.Import.Register": _Quantity("Wh", lambda reading: reading.energy_wh),
    "Power.Active.Import": _Quantity("W", lambda reading: round(reading.power_w, 1)),
    "Current.Import": _Quantity("A", lambda reading: round(reading.current_a, 2)),
    "Voltage": _Quantity("V", lambda reading: round(reading.voltage_v, 1)),
    "Energy.Active.Export.Register": _Quantity("Wh", lambda reading: _exported(reading, reading.exported_wh)),
    "Power.Active.Export": _Quantity("W", lambda reading: _exported(reading, round(reading.fed_w, 1))),
    "SoC": _Quantity("Percent", lambda reading: None if reading.soc is None else round(reading.soc, 1)),
}

USUAL = tuple(QUANTITIES)


def meter_value(
    reading: Reading,
    context: str,
    names: Sequence[str] = USUAL,
    meter: Meter | None = None,
    also: Sequence[str] = (),
) -> Payload:
    """What an outlet measures at one moment of these measurands; with a meter, the energy is signed.

    `also`: what its operation mode has measured besides (2.1).
    """
    samples = []
    for name in [each for each in names if each not in also]:
        quantity = QUANTITIES[name]
        if (value := quantity.shown(reading)) is None:
            continue
        sample: Payload = {"value": value, "measurand": name, "unitOfMeasure": {"unit": quantity.unit}}
        if name == "SoC":
            sample["location"] = "EV"
        if meter is not None and name == "Energy.Active.Import.Register":
            sample["signedMeterValue"] = _signed(reading, context, meter)
        samples.append({**sample, "context": context})
    for name, unit, found in measured_besides(reading, also):
        samples.append({"value": found, "measurand": name, "unitOfMeasure": {"unit": unit}, "context": context})
    return {"timestamp": reading.moment.stamp, "sampledValue": samples}


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
