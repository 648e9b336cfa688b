"""Rule 28: what a station can do is probed, not assumed: measurands, lengths, profiles (evcc#15492)."""

from __future__ import annotations

from stations.models import Command, ConfigurationKey
from tests.field.support import FieldCase
from tests.waiting import eventually

MEASURANDS = "MeterValuesSampledData"


class AbilitiesAreProbed(FieldCase):
    def key(self, name: str) -> ConfigurationKey:
        eventually(lambda: ConfigurationKey.objects.filter(key=name).exists())
        return ConfigurationKey.objects.get(key=name)

    def test_configuration_is_read_after_the_first_boot(self) -> None:
        with self.emulated() as station:
            profiles = self.key("SupportedFeatureProfiles")
            self.assertIn("SmartCharging", profiles.value or "")
            self.assertTrue(profiles.readonly)
            self.assertEqual(self.key("NumberOfConnectors").value, "1")
            self.assertIsNotNone(self.station().configured_at)
            self.assertEqual(len(station.asked("GetConfiguration")), 1)

    def test_rejected_measurands_stay_as_they_were(self) -> None:
        with self.emulated("few-measurands") as station:
            before = self.key(MEASURANDS).value
            wanted = {"key": MEASURANDS, "value": "Energy.Active.Import.Register,Power.Active.Import"}
            command = self.settled(self.command("ChangeConfiguration", wanted))
            self.assertEqual((command.state, command.result), ("answered", "Rejected"))
            key = self.key(MEASURANDS)
            self.assertEqual((key.value, key.answer), (before, "Rejected"))
            fewer = {"key": MEASURANDS, "value": "Energy.Active.Import.Register"}
            self.assertEqual(self.settled(self.command("ChangeConfiguration", fewer)).result, "Accepted")
            key = self.key(MEASURANDS)
            self.assertEqual((key.value, key.answer), ("Energy.Active.Import.Register", "Accepted"))
            self.assertEqual(station.model.settings.text(MEASURANDS), "Energy.Active.Import.Register")

    def test_hidden_keys_are_known_to_be_unknown(self) -> None:
        with self.emulated("hidden-keys") as station:
            station.wait_ready()
            self.settled(self.command("GetConfiguration", {"key": ["CpoName", "Made.Up"]}))
            self.assertTrue(self.key("Made.Up").unknown)
            # Its change is the station's to answer: it has the key all the same.
            change = self.command("ChangeConfiguration", {"key": "CpoName", "value": "Alpenstrom"})
            self.assertEqual(self.settled(change).result, "Accepted")

    def test_long_values_are_kept(self) -> None:
        with self.emulated("over-long-values") as station:
            value = self.key("SupportedFeatureProfiles").value or ""
            self.assertEqual(len(value), 700)
            self.assert_noted("text_too_long")
            self.assertEqual(station.statistics.errors, 0)

    def test_station_without_configuration_is_not_guessed_at(self) -> None:
        with self.emulated("no-configuration") as station:
            station.wait_ready()
            eventually(lambda: Command.objects.filter(action="GetConfiguration", state="failed").exists())
            self.assertEqual(Command.objects.get(action="GetConfiguration").result, "NotSupported")
            self.assertFalse(ConfigurationKey.objects.exists())
            # What it can do it is asked all the same.
            self.assertEqual(self.settled(self.command("ClearCache", {})).result, "Accepted")

    def test_strict_server_takes_no_values_that_are_too_long(self) -> None:
        self.strict()
        with self.emulated("over-long-values") as station:
            station.wait_ready()
            eventually(lambda: Command.objects.filter(action="GetConfiguration", state="failed").exists())
            command = Command.objects.get(action="GetConfiguration")
            self.assertEqual(command.result, "PropertyConstraintViolation")
            self.assertFalse(ConfigurationKey.objects.filter(key="SupportedFeatureProfiles").exists())
