"""What an emulated station's meters count is what its sessions tell of: nothing flows outside of them."""

from __future__ import annotations

from django.test import SimpleTestCase

from stations.ocpp.frames import Payload
from tests.emulator.fakes import EAGER, HOUR, VERSIONS, Drive, model

REGISTER = "Energy.Active.Import.Register"


def told_by(drive: Drive) -> int:
    """Wh of all sessions, by the registers at their starts and ends."""
    if drive.station.version == "1.6":
        stops = sum(stop["meterStop"] for stop in drive.of("StopTransaction"))
        return int(stops - sum(start["meterStart"] for start in drive.of("StartTransaction")))
    events = drive.of("TransactionEvent")
    signs = {"Started": -1, "Ended": 1}
    return int(sum(signs[each["eventType"]] * register(each) for each in events if each["eventType"] in signs))


def register(event: Payload) -> float:
    (value,) = (
        sample["value"]
        for reading in event["meterValue"]
        for sample in reading["sampledValue"]
        if sample["measurand"] == REGISTER
    )
    return float(value)


class Energy(SimpleTestCase):
    def test_of_sessions_is_what_the_meters_count(self) -> None:
        for version in VERSIONS:
            for seed in range(4):
                with self.subTest(version=version, seed=seed):
                    drive = Drive(model(version, seed=seed, habits=EAGER))
                    before = sum(outlet.register_wh for outlet in drive.station.outlets)
                    drive.connect().run(4 * HOUR)
                    drive.station.shut_down(drive.now)
                    drive.run(0)
                    counted = sum(outlet.register_wh for outlet in drive.station.outlets) - before
                    self.assertGreater(counted, 0)
                    self.assertEqual(told_by(drive), counted)
