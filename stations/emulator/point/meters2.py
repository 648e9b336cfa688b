"""Meter values in the words of 2.0.1 and 2.1 (MeterValueType). Pure."""

from __future__ import annotations

from typing import Any

from stations.emulator.point.message import Reading
from stations.ocpp.frames import Payload


def meter_value(reading: Reading, context: str) -> Payload:
    """All that an outlet measures at one moment."""
    samples: list[dict[str, Any]] = [
        _sample(reading.energy_wh, "Energy.Active.Import.Register", "Wh"),
        _sample(round(reading.power_w, 1), "Power.Active.Import", "W"),
        _sample(round(reading.current_a, 2), "Current.Import", "A"),
        _sample(round(reading.voltage_v, 1), "Voltage", "V"),
    ]
    if reading.exported_wh or reading.fed_w:
        samples += [
            _sample(reading.exported_wh, "Energy.Active.Export.Register", "Wh"),
            _sample(round(reading.fed_w, 1), "Power.Active.Export", "W"),
        ]
    if reading.soc is not None:
        samples.append(_sample(round(reading.soc, 1), "SoC", "Percent") | {"location": "EV"})
    return {
        "timestamp": reading.moment.stamp,
        "sampledValue": [{**sample, "context": context} for sample in samples],
    }


def _sample(value: float, measurand: str, unit: str) -> dict[str, Any]:
    return {"value": value, "measurand": measurand, "unitOfMeasure": {"unit": unit}}
