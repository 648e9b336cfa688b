"""The configuration keys of 1.6: what may be read and written, and what follows from it (section 9)."""

from __future__ import annotations

from django.test import SimpleTestCase

from stations.emulator.point.settings import KEYS
from tests.emulator.scripted import Scripted


class Keys(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def change(self, key: str, value: str) -> str:
        return self.drive.status_of("ChangeConfiguration", key=key, value=value)

    def value(self, key: str) -> object:
        return self.drive.ask("GetConfiguration", key=[key])["configurationKey"][0].get("value")

    def test_are_all_listed_when_none_is_named(self) -> None:
        listed = self.drive.ask("GetConfiguration")["configurationKey"]
        self.assertEqual({each["key"] for each in listed}, set(KEYS))
        readonly = {each["key"]: each["readonly"] for each in listed}
        self.assertTrue(readonly["NumberOfConnectors"])
        self.assertFalse(readonly["HeartbeatInterval"])

    def test_that_there_are_not_are_named_as_such(self) -> None:
        answer = self.drive.ask("GetConfiguration", key=["HeartbeatInterval", "Coffee"])
        self.assertEqual([each["key"] for each in answer["configurationKey"]], ["HeartbeatInterval"])
        self.assertEqual(answer["unknownKey"], ["Coffee"])
        self.assertEqual(self.change("Coffee", "1"), "NotSupported")

    def test_are_not_read_in_too_large_a_number(self) -> None:
        self.drive.set(GetConfigurationMaxKeys=2)
        self.assertEqual(self.drive.refuses("GetConfiguration", key=["A", "B", "C"]), "OccurrenceConstraintViolation")

    def test_take_what_fits_their_kind(self) -> None:
        for key, value in (
            ("HeartbeatInterval", "60"),
            ("LocalPreAuthorize", "TRUE"),
            ("MeterValuesSampledData", "SoC, Voltage.L1"),
            ("ConnectorPhaseRotation", "0.RST,1.TRS"),
            ("LightIntensity", "0"),
            ("CpoName", "Somebody"),
        ):
            self.assertEqual(self.change(key, value), "Accepted", key)
            self.assertEqual(self.value(key), value)

    def test_refuse_what_does_not(self) -> None:
        for key, value in (
            ("HeartbeatInterval", "0"),
            ("HeartbeatInterval", "-5"),
            ("HeartbeatInterval", "often"),
            ("HeartbeatInterval", "99999999999"),
            ("LocalPreAuthorize", "yes"),
            ("MeterValuesSampledData", "Happiness"),
            ("MeterValuesSampledData", "SoC.L1"),
            ("MeterValuesSampledData", ",".join(["SoC"] * 11)),
            ("ConnectorPhaseRotation", "0.XYZ"),
            ("LightIntensity", "101"),
            ("NumberOfConnectors", "3"),
            ("AuthorizationKey", "short"),
        ):
            self.assertEqual(self.change(key, value), "Rejected", (key, value))

    def test_that_are_secret_are_never_shown(self) -> None:
        self.assertEqual(self.change("AuthorizationKey", "0123456789abcdef"), "Accepted")
        self.assertEqual(self.drive.station.password, "0123456789abcdef")
        self.assertNotIn("0123456789abcdef", str(self.drive.ask("GetConfiguration")))

    def test_that_need_a_reboot_wait_for_it(self) -> None:
        self.change("AuthorizationKey", "0123456789abcdef")
        self.assertEqual(self.change("SecurityProfile", "1"), "RebootRequired")
        self.assertEqual(self.value("SecurityProfile"), "0")
        self.drive.status_of("Reset", type="Soft")
        self.drive.restart()
        self.assertEqual(self.value("SecurityProfile"), "1")


class Effects(SimpleTestCase):
    def setUp(self) -> None:
        self.drive = Scripted(self)

    def change(self, key: str, value: object) -> None:
        self.assertEqual(self.drive.status_of("ChangeConfiguration", key=key, value=str(value)), "Accepted")

    def test_heartbeat(self) -> None:
        self.change("HeartbeatInterval", 10)
        self.drive.run(60)
        self.assertEqual(len(self.drive.of("Heartbeat")), 6)

    def test_heartbeat_waits_for_the_boot(self) -> None:
        drive = Scripted(self)
        drive.station.power_loss(drive.now)
        self.assertEqual(drive.station.configure("HeartbeatInterval", "10", drive.now), "Accepted")
        drive.run(60)
        self.assertEqual(drive.of("Heartbeat"), [])

    def test_sample_interval_and_measurands(self) -> None:
        self.drive.charge()
        self.change(
            "MeterValuesSampledData",
            "Power.Offered,Current.Offered,Frequency,Temperature,Voltage.L2,Power.Active.Import.L1",
        )
        self.change("MeterValueSampleInterval", 30)
        self.drive.run(95)
        self.assertEqual(len(self.drive.of("MeterValues")), 3)
        samples = self.drive.of("MeterValues")[0]["meterValue"][0]["sampledValue"]
        self.assertEqual(len(samples), 6)
        self.assertEqual((samples[4]["measurand"], samples[4]["phase"]), ("Voltage", "L2"))
        self.change("MeterValueSampleInterval", 0)
        self.drive.run(300)
        self.assertEqual(len(self.drive.of("MeterValues")), 3)

    def test_no_measurands_no_message(self) -> None:
        self.drive.charge()
        self.change("MeterValuesSampledData", "")
        self.drive.run(60)
        self.assertEqual(self.drive.of("MeterValues"), [])

    def test_clock_aligned_readings_come_at_round_times_from_all_connectors(self) -> None:
        self.drive.run(17)
        self.change("ClockAlignedDataInterval", 60)
        self.change("MeterValuesAlignedData", "Energy.Active.Import.Register")
        self.drive.run(120)
        self.assertEqual(self.drive.times("MeterValues"), [60.0, 60.0, 120.0, 120.0])
        reading = self.drive.of("MeterValues")[0]
        self.assertNotIn("transactionId", reading)
        self.assertEqual(reading["meterValue"][0]["sampledValue"][0]["context"], "Sample.Clock")
        self.change("ClockAlignedDataInterval", 0)
        self.drive.run(600)
        self.assertEqual(len(self.drive.of("MeterValues")), 4)

    def test_stop_data(self) -> None:
        self.change("StopTxnSampledData", "Energy.Active.Import.Register")
        self.change("StopTxnAlignedData", "Power.Active.Import")
        self.change("ClockAlignedDataInterval", 15)
        self.drive.charge()
        self.drive.run(35)
        self.drive.unplug()
        contexts = [each["sampledValue"][0]["context"] for each in self.drive.stopped()["transactionData"]]
        expected = ["Transaction.Begin", "Sample.Periodic", "Sample.Clock", "Sample.Periodic"]
        self.assertEqual(contexts[:4], expected)
        self.assertEqual(contexts[-1], "Transaction.End")

    def test_stop_data_of_a_very_long_session_is_thinned_out(self) -> None:
        self.change("StopTxnSampledData", "Energy.Active.Import.Register")
        self.drive.charge()
        self.drive.run(10_000)
        self.drive.unplug()
        data = self.drive.stopped()["transactionData"]
        self.assertLessEqual(len(data), 501)
        self.assertEqual(data[0]["sampledValue"][0]["context"], "Transaction.Begin")

    def test_messages_of_transactions_are_tried_again(self) -> None:
        self.change("TransactionMessageAttempts", 3)
        self.change("TransactionMessageRetryInterval", 10)
        station = self.drive.station
        self.drive.plug_in()
        self.drive.present()
        self.drive.outlet.stop(self.drive.now)
        sent = []
        for _ in range(200):
            message = station.next_message()
            if message is None:
                self.drive.now += 1
                station.step(self.drive.now)
            elif message.action == "StopTransaction":
                sent.append(self.drive.now)
                station.refused(message, self.drive.now)
            else:
                station.answered(message, self.drive.answers.to(message.action, message.payload), self.drive.now)
        self.assertEqual(sent, [0.0, 10.0, 30.0])

    def test_other_messages_leave_meanwhile(self) -> None:
        station = self.drive.station
        self.drive.charge()
        self.drive.outlet.stop(self.drive.now)
        message = station.next_message()
        assert message is not None
        station.refused(message, self.drive.now)
        self.drive.said.clear()
        self.drive.run(30)
        self.assertEqual(self.drive.actions(), ["StatusNotification"])
        self.drive.run(31)
        self.assertEqual(self.drive.actions(), ["StatusNotification", "StopTransaction"])

    def test_a_start_that_never_succeeds_leaves_its_session_without_a_number(self) -> None:
        self.change("TransactionMessageAttempts", 1)
        station = self.drive.station
        self.drive.plug_in()
        station.outlet(1).present("CARD", self.drive.now)
        for action in ("Authorize", "StartTransaction"):
            message = station.next_message()
            assert message is not None
            self.assertEqual(message.action, action)
            if action == "Authorize":
                station.answered(message, {"idTagInfo": {"status": "Accepted"}}, self.drive.now)
            else:
                station.refused(message, self.drive.now)
        self.drive.unplug()
        self.assertEqual(self.drive.stopped()["transactionId"], -1)

    def test_an_authorisation_that_fails_lets_nobody_in(self) -> None:
        station = self.drive.station
        self.drive.plug_in()
        station.outlet(1).present("CARD", self.drive.now)
        message = station.next_message()
        assert message is not None
        station.refused(message, self.drive.now)
        self.drive.run(0)
        self.assertFalse(self.drive.outlet.running)
