"""Meter values of the emulator (block J)."""

from __future__ import annotations

import base64

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from stations.ocpp.frames import Payload
from tests.certification.support import CARD
from tests.certification2.station.support import StationCase2
from tests.waiting import eventually


class MeterCase(StationCase2):
    def readings(self, kind: str, trigger: str = "") -> list[Payload]:
        """The samples of the events of this kind."""
        return [
            sample
            for event in self.requests("TransactionEvent")
            if event["eventType"] == kind and trigger in ("", event["triggerReason"])
            for value in event.get("meterValue", [])
            for sample in value["sampledValue"]
        ]

    def assert_context(self, found: list[Payload], context: str) -> None:
        self.assertEqual({each["context"] for each in found}, {context})
        self.assertIn("Energy.Active.Import.Register", {each["measurand"] for each in found})


class Meters(MeterCase):
    def test_tc_j_07_with_the_start(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.assert_context(self.readings("Started"), "Transaction.Begin")

    def test_tc_j_09_at_intervals(self) -> None:
        with self.booted() as point:
            self.set_variable("SampledDataCtrlr", "TxUpdatedInterval", "2")
            running = self.charge(point)
            eventually(lambda: self.story().count("Updated MeterValuePeriodic") >= 3)
            self.assert_context(self.readings("Updated", "MeterValuePeriodic"), "Sample.Periodic")
            registers = [row.energy_wh or 0.0 for row in running.meter_values.order_by("pk")]
            self.assertEqual(registers, sorted(registers))

    def test_tc_j_10_with_the_end(self) -> None:
        with self.booted() as point:
            self.charge(point)
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            self.assert_context(self.readings("Ended"), "Transaction.End")

    def test_tc_j_01_round_times_without_a_transaction(self) -> None:
        with self.booted():
            self.set_variable("AlignedDataCtrlr", "Interval", "2")
            eventually(lambda: len(self.requests("MeterValues")) >= 2)
            told = self.requests("MeterValues")[0]
            self.assert_context(told["meterValue"][0]["sampledValue"], "Sample.Clock")

    def test_tc_j_02_round_times_during_a_transaction(self) -> None:
        with self.booted() as point:
            self.charge(point)
            self.set_variable("AlignedDataCtrlr", "Interval", "2")
            eventually(lambda: self.story().count("Updated MeterValueClock") >= 2)
            self.assert_context(self.readings("Updated", "MeterValueClock"), "Sample.Clock")

    def test_tc_j_03_round_times_with_the_end(self) -> None:
        with self.booted() as point:
            self.set_variable("AlignedDataCtrlr", "TxEndedMeasurands", "Energy.Active.Import.Register,SoC")
            self.charge(point)
            self.set_variable("AlignedDataCtrlr", "TxEndedInterval", "2")
            eventually(lambda: point.at(lambda outlet, now: bool(outlet.charge and len(outlet.charge.data) >= 2)))
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            found = self.readings("Ended")
            aligned = [each["measurand"] for each in found if each["context"] == "Sample.Clock"]
            self.assertGreaterEqual(aligned.count("Energy.Active.Import.Register"), 2)
            self.assertEqual(set(aligned), {"Energy.Active.Import.Register", "SoC"})
            self.assertIn("Transaction.End", {each["context"] for each in found})
            self.assert_ended("Local")

    def test_tc_j_06_round_times_not_during_a_transaction(self) -> None:
        with self.booted() as point:
            self.set_variable("AlignedDataCtrlr", "SendDuringIdle", "true")
            self.charge(point)
            self.set_variable("AlignedDataCtrlr", "Interval", "2")
            eventually(lambda: len(self.requests("MeterValues")) >= 2)
            self.assertEqual({each["evseId"] for each in self.requests("MeterValues")}, {2}, "the idle one")
            self.assertEqual(self.readings("Updated", "MeterValueClock"), [])
            point.present(CARD)
            self.assert_story("Ended StopAuthorized Local")
            eventually(lambda: 1 in {each["evseId"] for each in self.requests("MeterValues")})

    def test_tc_j_08_evse_not_known_yet(self) -> None:
        """A card at the reader of the station: where its driver charges is known with the cable."""
        with self.booted() as point:
            self.set_variable("TxCtrlr", "TxStartPoint", "Authorized")
            point.do(lambda model, now: model.reader.present(CARD, now))
            self.assert_story("Authorize", "Started Authorized")
            (event,) = self.requests("TransactionEvent")
            self.assertEqual({"evse", "meterValue"} & set(event), set())
            self.assertIsNone(self.transaction().evse)
            point.plug_in(2)
            self.assert_story("2 Occupied", "Updated CablePluggedIn", "Updated ChargingStateChanged")
            self.assertEqual(self.requests("TransactionEvent")[1]["evse"], {"id": 2, "connectorId": 1})
            self.assert_context(self.readings("Updated"), "Transaction.Begin")
            running = self.transaction()
            assert running.evse is not None
            register = self.readings("Updated")[0]["value"]
            self.assertEqual((running.evse.number, running.meter_start_wh), (2, register))


class Signed(MeterCase):
    def assert_signed(self, samples: list[Payload], keys: int) -> None:
        """The meter's own signature holds, and so many come with its public key."""
        signed = [each["signedMeterValue"] for each in samples if "signedMeterValue" in each]
        self.assertEqual(len(signed), [each["measurand"] for each in samples].count("Energy.Active.Import.Register"))
        told = [each["publicKey"] for each in signed if each["publicKey"]]
        self.assertEqual(len(told), keys)
        key = serialization.load_der_public_key(base64.b64decode(told[0]))
        assert isinstance(key, ec.EllipticCurvePublicKey)
        for each in signed:
            _, content, signature = base64.b64decode(each["signedMeterData"]).decode().split("|")
            value = bytes.fromhex(orjson.loads(signature)["SD"])
            key.verify(value, content.encode(), ec.ECDSA(hashes.SHA256()))

    def test_tc_j_04_round_times_signed(self) -> None:
        with self.booted():
            self.set_variable("AlignedDataCtrlr", "SignReadings", "true")
            self.set_variable("AlignedDataCtrlr", "Interval", "2")
            eventually(lambda: len(self.requests("MeterValues")) >= 2)
            told = [value for each in self.requests("MeterValues")[:2] for value in each["meterValue"]]
            self.assert_signed([sample for each in told for sample in each["sampledValue"]], keys=2)

    def test_tc_j_11_at_intervals_signed(self) -> None:
        """The public key comes once."""
        with self.booted() as point:
            self.set_variable("SampledDataCtrlr", "SignReadings", "true")
            self.set_variable("OCPPCommCtrlr", "PublicKeyWithSignedMeterValue", "OncePerTransaction")
            self.set_variable("SampledDataCtrlr", "TxUpdatedInterval", "2")
            self.set_variable("SampledDataCtrlr", "TxUpdatedMeasurands", "Energy.Active.Import.Register")
            self.charge(point)
            eventually(lambda: self.story().count("Updated MeterValuePeriodic") >= 2)
            periodic = self.readings("Updated", "MeterValuePeriodic")
            self.assertEqual({each["measurand"] for each in periodic}, {"Energy.Active.Import.Register"})
            self.assert_signed(self.readings("Started") + periodic, keys=1)
