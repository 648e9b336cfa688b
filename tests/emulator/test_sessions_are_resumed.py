"""Sessions that go on after the station was without power (2.1 E17)."""

from __future__ import annotations

from django.test import SimpleTestCase

from stations.emulator.point.variables import Path
from stations.ocpp.frames import Payload
from tests.emulator.scripted import Scripted


class Resumption(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self, "2.1")
        self.put("TxResumptionTimeout", "60")
        self.put("TxAllowEnergyTransferResumption", "true")
        self.drive.charge()
        self.drive.run(120)
        self.drive.said.clear()

    def put(self, variable: str, value: str) -> None:
        self.drive.station.variables.put(Path("TxCtrlr", variable), value, self.drive.now)

    def cut(self, seconds: float) -> int:
        """The power is away for so long; the register before."""
        before = self.drive.outlet.register_wh
        self.drive.station.power_loss(self.drive.now, seconds)
        before = max(before, self.drive.outlet.register_wh)
        self.drive.restart()
        return before

    def events(self) -> list[Payload]:
        return self.drive.of("TransactionEvent")

    def test_after_a_power_cut(self) -> None:
        before = self.cut(30.0)
        (resumed,) = self.events()
        self.assertEqual((resumed["eventType"], resumed["triggerReason"]), ("Updated", "TxResumed"))
        self.assertEqual(resumed["transactionInfo"]["chargingState"], "Charging")
        self.assertEqual(self.drive.outlet.register_wh, before, "nothing flowed without power")
        self.drive.run(60)
        self.assertGreater(self.drive.outlet.register_wh, before)
        self.assertEqual({each["triggerReason"] for each in self.events()[1:]}, {"MeterValuePeriodic"})

    def test_readings_have_no_gaps_in_their_numbers(self) -> None:
        last = self.drive.outlet.charge
        assert last is not None
        sequence = last.sequence
        self.cut(30.0)
        self.drive.unplug()
        self.assertEqual([each["seqNo"] for each in self.events()], [sequence, sequence + 1])
        self.assertEqual(self.events()[-1]["transactionInfo"]["stoppedReason"], "EVDisconnected")

    def test_not_after_too_long(self) -> None:
        self.cut(61.0)
        (end,) = self.events()
        self.assertEqual((end["eventType"], end["transactionInfo"]["stoppedReason"]), ("Ended", "PowerLoss"))
        self.assertFalse(self.drive.outlet.running)

    def test_not_after_a_reset_that_does_not_say_so(self) -> None:
        self.drive.status_of("Reset", type="Immediate")
        self.drive.restart()
        self.assertEqual(self.events()[0]["transactionInfo"]["stoppedReason"], "ImmediateReset")

    def test_not_without_its_vehicle(self) -> None:
        station = self.drive.station
        station.power_loss(self.drive.now, 30.0)
        self.drive.outlet.unplug(self.drive.now)
        self.drive.restart()
        (end,) = self.events()
        self.assertEqual(end["transactionInfo"]["stoppedReason"], "EVDisconnected")

    def test_without_energy_where_that_is_not_allowed(self) -> None:
        self.put("TxAllowEnergyTransferResumption", "false")
        before = self.cut(30.0)
        self.assertEqual(self.events()[0]["transactionInfo"]["chargingState"], "SuspendedEVSE")
        self.drive.run(120)
        self.assertEqual(self.drive.outlet.register_wh, before)
        self.drive.present("CARD")
        self.assertEqual(self.events()[-1]["transactionInfo"]["stoppedReason"], "Local")

    def test_older_versions_end_them(self) -> None:
        drive = Scripted(self, "2.0.1")
        drive.charge()
        drive.said.clear()
        drive.station.power_loss(drive.now)
        drive.restart()
        self.assertEqual([each["eventType"] for each in drive.of("TransactionEvent")], ["Ended"])
