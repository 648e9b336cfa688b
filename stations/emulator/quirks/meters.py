"""Rules 23 and 24: what stations make of their meters. Pure."""

from __future__ import annotations

from typing import Any

from stations.emulator.quirks import frame
from stations.emulator.quirks.base import Quirk, Said

_KILO = {"Wh": "kWh", "W": "kW"}
_SUMS = ("Power.Active.Import", "Energy.Active.Import.Register")


class MeterQuirk(Quirk):
    """A habit with meter values, in whatever message they come."""

    def says(self, said: Said) -> list[Said]:
        changed = {
            name: self.meter_values([self._changed(value) for value in said.payload[name]])
            for name in ("meterValue", "transactionData")
            if said.payload.get(name)
        }
        return [Said(said.action, said.payload | changed) if changed else said]

    def _changed(self, value: dict[str, Any]) -> dict[str, Any]:
        samples = [each for sample in value["sampledValue"] for each in self.sample(sample)]
        return value | {"sampledValue": self.samples(samples)}

    def meter_values(self, values: list[Any]) -> list[Any]:
        return values

    def samples(self, samples: list[Any]) -> list[Any]:
        return samples

    def sample(self, sample: dict[str, Any]) -> list[Any]:
        """What stands in the place of one sampled value."""
        return [sample]


class NoContext(MeterQuirk):
    """It leaves out the context of its samples."""

    name = "no-context"
    rules = (24,)

    def sample(self, sample: dict[str, Any]) -> list[Any]:
        return [{name: value for name, value in sample.items() if name != "context"}]


class PaddedNumbers(MeterQuirk):
    """It pads its numbers with blanks."""

    name = "padded-numbers"
    rules = (24,)

    def sample(self, sample: dict[str, Any]) -> list[Any]:
        return [sample | {"value": f"  {sample['value']} "}]


class DecimalComma(MeterQuirk):
    """It writes numbers as texts with a decimal comma."""

    name = "decimal-comma"
    rules = (24,)

    def sample(self, sample: dict[str, Any]) -> list[Any]:
        return [sample | {"value": str(sample["value"]).replace(".", ",")}]


class NumbersNotTexts(MeterQuirk):
    """It sends numbers where 1.6 has texts, and texts for the meters at start and end, which are numbers."""

    name = "numbers-not-texts"
    rules = (24,)

    def sample(self, sample: dict[str, Any]) -> list[Any]:
        return [sample | {"value": float(sample["value"])}]

    def says(self, said: Said) -> list[Said]:
        texts = {name: str(said.payload[name]) for name in ("meterStart", "meterStop") if name in said.payload}
        return super().says(Said(said.action, said.payload | texts))


class PhaseValues(MeterQuirk):
    """It measures power, current and energy in each phase, and never their sum."""

    name = "phase-values"
    rules = (24,)

    def sample(self, sample: dict[str, Any]) -> list[Any]:
        if sample.get("measurand") not in _SUMS or "phase" in sample:
            return [sample]
        third = {**sample, "value": f"{float(sample['value']) / 3.0:.4f}"}
        return [{**third, "phase": phase} for phase in ("L1", "L2", "L3")]


class KiloUnits(MeterQuirk):
    """It measures in kWh and kW."""

    name = "kilo-units"
    rules = (24,)

    def sample(self, sample: dict[str, Any]) -> list[Any]:
        unit = _KILO.get(sample.get("unit", ""))
        if unit is None:
            return [sample]
        return [{**sample, "unit": unit, "value": f"{float(sample['value']) / 1000.0:.6f}"}]


class NoStartMeter(Quirk):
    """Its StartTransaction has no meter."""

    name = "no-start-meter"
    rules = (23,)

    def says(self, said: Said) -> list[Said]:
        return [Said(said.action, {name: value for name, value in said.payload.items() if name != "meterStart"})]


class ZeroStartMeter(Quirk):
    """Its StartTransaction says 0, although its meter counts from the day on which it was made."""

    name = "zero-start-meter"
    rules = (23,)

    def says(self, said: Said) -> list[Said]:
        if not frame.begins(*said) or "meterStart" not in said.payload:
            return [said]
        return [Said(said.action, said.payload | {"meterStart": 0})]


QUIRKS: tuple[type[Quirk], ...] = (
    NoStartMeter,
    ZeroStartMeter,
    NoContext,
    PaddedNumbers,
    DecimalComma,
    NumbersNotTexts,
    PhaseValues,
    KiloUnits,
)
