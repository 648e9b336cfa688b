"""Configuration keys: what stations tell, and what became of changes (1.6 sections 5.3 and 5.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from smartserver.core.credentials import key_matches
from stations.models import Command, ConfigurationKey, Message
from stations.ocpp.frames import Payload
from stations.services.equipment.configuration import change_configuration, read_configuration, waits_for_boot
from stations.services.equipment.passwords import expect_password, take_next_password
from stations.services.secrets import MASKED
from tests.stations.asked import AskedCase
from tests.stations.support import NOON

PASSWORD = "a-new-password-of-20"


def told(*unknown: str, **keys: str | None) -> Payload:
    """An answer to GetConfiguration."""
    found: list[Payload] = [
        {"key": key, "readonly": key.startswith("Number")} | ({} if value is None else {"value": value})
        for key, value in keys.items()
    ]
    return {"configurationKey": found, "unknownKey": list(unknown)}


class ConfigurationCase(AskedCase):
    def read(self, reply: Payload, *keys: str) -> None:
        self.do(lambda batch: read_configuration(batch, station_id=self.station.pk, keys=keys))
        self.answer(reply)

    def change(self, key: str, value: str, status: str = "Accepted") -> ConfigurationKey:
        self.do(lambda batch: change_configuration(batch, station_id=self.station.pk, key=key, value=value))
        self.answer(status)
        return self.row(key)

    def row(self, key: str) -> ConfigurationKey:
        return ConfigurationKey.objects.get(station=self.station, key__iexact=key)

    def values(self) -> dict[str, str | None]:
        return dict(ConfigurationKey.objects.filter(station=self.station).values_list("key", "value"))


class Read(ConfigurationCase):
    def test_every_key_with_its_value(self) -> None:
        self.read(told(HeartbeatInterval="300", NumberOfConnectors="2", Hidden=None))
        self.assertEqual(self.values(), {"HeartbeatInterval": "300", "NumberOfConnectors": "2", "Hidden": None})
        self.assertTrue(self.row("NumberOfConnectors").readonly)
        self.assertFalse(self.row("HeartbeatInterval").readonly)
        self.assertEqual(self.row("HeartbeatInterval").reported_at, NOON)
        self.station.refresh_from_db()
        self.assertEqual(self.station.configured_at, NOON)

    def test_keys_that_are_gone_are_gone(self) -> None:
        self.read(told("NoSuchKey", Old="1", Kept="1"), "Old", "Kept", "NoSuchKey")
        self.read(told(Kept="2"))
        self.assertEqual(self.values(), {"Kept": "2"})

    def test_some_keys_leave_the_others_alone(self) -> None:
        self.read(told(One="1", Two="2"))
        self.station.configured_at = None
        self.station.save()
        self.read(told(One="5"), "One")
        self.assertEqual(self.values(), {"One": "5", "Two": "2"})
        self.station.refresh_from_db()
        self.assertIsNone(self.station.configured_at)

    def test_an_empty_list_ends_nothing(self) -> None:
        self.read(told(One="1"))
        self.read({})
        self.assertEqual(self.values(), {"One": "1"})

    def test_unknown_keys_are_marked(self) -> None:
        self.read(told(One="1"))
        self.read(told("One", "Two"), "One", "Two")
        self.assertEqual(
            [(row.key, row.unknown, row.value) for row in ConfigurationKey.objects.all()],
            [
                ("One", True, None),
                ("Two", True, None),
            ],
        )
        self.read(told(Two="2"), "Two")
        self.assertFalse(self.row("Two").unknown)

    def test_a_key_that_is_told_and_called_unknown_is_known(self) -> None:
        self.read(told("one", One="1"), "One")
        self.assertEqual([(row.key, row.unknown) for row in ConfigurationKey.objects.all()], [("One", False)])

    def test_keys_compare_in_any_case(self) -> None:
        self.read(told(heartbeatinterval="300"))
        self.read(told(HeartbeatInterval="600"))
        self.assertEqual(self.values(), {"HeartbeatInterval": "600"})

    def test_another_station_s_keys_are_its_own(self) -> None:
        other = ConfigurationKey.objects.create(station=type(self.station).objects.create(identity="Other"), key="One")
        self.read(told(Two="2"))
        other.refresh_from_db()

    def test_an_error_changes_nothing(self) -> None:
        self.read(told(One="1"))
        self.ask("GetConfiguration", {})
        self.answer_error()
        self.assertEqual(self.values(), {"One": "1"})


class Changed(ConfigurationCase):
    def setUp(self) -> None:
        super().setUp()
        self.read(told(HeartbeatInterval="300"))

    def test_accepted_it_is_the_value(self) -> None:
        row = self.change("HeartbeatInterval", "600")
        self.assertEqual((row.value, row.wanted, row.answer, row.answered_at), ("600", None, "Accepted", NOON))

    def test_what_needs_a_reboot_is_wanted_beside_the_old_value(self) -> None:
        row = self.change("HeartbeatInterval", "600", "RebootRequired")
        self.assertEqual((row.value, row.wanted, row.answer), ("300", "600", "RebootRequired"))
        self.assertTrue(waits_for_boot(self.station.pk))
        # Read before the reboot it is still to come, after it is not.
        self.read(told(HeartbeatInterval="300"))
        self.assertEqual(self.row("HeartbeatInterval").wanted, "600")
        self.station.booted_at = NOON + timedelta(seconds=1)
        self.station.save()
        self.read(told(HeartbeatInterval="300"))
        self.assertIsNone(self.row("HeartbeatInterval").wanted)
        self.assertFalse(waits_for_boot(self.station.pk))

    def test_after_the_reboot_it_is_the_value(self) -> None:
        self.change("HeartbeatInterval", "600", "RebootRequired")
        self.read(told(HeartbeatInterval="600"))
        row = self.row("HeartbeatInterval")
        self.assertEqual((row.value, row.wanted), ("600", None))

    def test_rejected_the_old_value_holds_and_the_refusal_is_seen(self) -> None:
        row = self.change("HeartbeatInterval", "600", "Rejected")
        self.assertEqual((row.value, row.wanted, row.answer), ("300", "600", "Rejected"))
        self.read(told(HeartbeatInterval="300"))
        self.assertEqual(
            (self.row("HeartbeatInterval").wanted, self.row("HeartbeatInterval").answer), (None, "Rejected")
        )

    def test_a_key_that_there_is_not_is_marked(self) -> None:
        row = self.change("NoSuchKey", "1", "NotSupported")
        self.assertEqual((row.value, row.unknown, row.answer), (None, True, "NotSupported"))

    def test_a_key_that_was_never_read(self) -> None:
        row = self.change("MeterValueSampleInterval", "60")
        self.assertEqual((row.value, row.reported_at), ("60", None))


class Passwords(ConfigurationCase):
    def setUp(self) -> None:
        super().setUp()
        self.station.password_hash = "the old one"
        self.station.save()

    def hashes(self) -> tuple[str, str]:
        self.station.refresh_from_db()
        return self.station.password_hash, self.station.next_password_hash

    def test_an_accepted_one_is_what_the_station_logs_in_with(self) -> None:
        row = self.change("AuthorizationKey", PASSWORD)
        password, following = self.hashes()
        self.assertTrue(key_matches([PASSWORD], password))
        self.assertEqual(following, "")
        self.assertEqual((row.value, row.wanted), (None, None))

    def test_it_stands_nowhere_in_clear(self) -> None:
        self.change("authorizationKEY", PASSWORD)
        self.change("AuthorizationKey", PASSWORD, "Rejected")
        self.read(told(AuthorizationKey=PASSWORD, WifiPassword=PASSWORD))
        rows: list[Any] = [
            *Command.objects.values("payload", "error"),
            *Message.objects.filter(action="ChangeConfiguration").values("request", "reply"),
            *ConfigurationKey.objects.values(),
        ]
        self.assertNotIn(PASSWORD, repr(rows))
        self.assertIn(MASKED, repr(rows))

    def test_until_it_is_sent_the_command_knows_it(self) -> None:
        command = self.ask("ChangeConfiguration", {"key": "AuthorizationKey", "value": PASSWORD})
        self.assertEqual(command.payload["value"], PASSWORD)
        self.assertEqual(self.answer("Accepted").payload["value"], PASSWORD)

    def test_one_that_needs_a_reboot_comes_next(self) -> None:
        self.change("AuthorizationKey", PASSWORD, "RebootRequired")
        password, following = self.hashes()
        self.assertEqual(password, "the old one")
        self.assertTrue(key_matches([PASSWORD], following))
        self.do(lambda batch: take_next_password(batch, station_id=self.station.pk))
        self.assertEqual(self.hashes(), (following, ""))
        self.do(lambda batch: take_next_password(batch, station_id=self.station.pk))
        self.assertEqual(self.hashes(), (following, ""))

    def leave(self) -> None:
        payload = {"key": "AuthorizationKey", "value": PASSWORD}
        expect_password(station_id=self.station.pk, action="ChangeConfiguration", payload=payload)

    def test_while_it_is_on_its_way_either_is_right(self) -> None:
        self.leave()
        password, following = self.hashes()
        self.assertEqual(password, "the old one")
        self.assertTrue(key_matches([PASSWORD], following))

    def test_an_answer_that_is_lost_locks_nobody_out(self) -> None:
        self.leave()
        self.ask("ChangeConfiguration", {"key": "AuthorizationKey", "value": PASSWORD})
        self.say_nothing()
        self.assertTrue(key_matches([PASSWORD], self.hashes()[1]))

    def test_a_refused_one_is_forgotten(self) -> None:
        for refused in (True, False):
            self.leave()
            self.ask("ChangeConfiguration", {"key": "AuthorizationKey", "value": PASSWORD})
            if refused:
                self.answer("Rejected")
            else:
                self.answer_error()
            self.assertEqual(self.hashes(), ("the old one", ""))

    def test_other_keys_are_no_passwords(self) -> None:
        payload = {"key": "HeartbeatInterval", "value": PASSWORD}
        expect_password(station_id=self.station.pk, action="ChangeConfiguration", payload=payload)
        self.ask("ChangeConfiguration", {"key": "HeartbeatInterval", "value": PASSWORD})
        self.answer_error()
        self.assertEqual(self.hashes(), ("the old one", ""))

    def test_a_short_one_is_not_sent(self) -> None:
        found = self.problems_of("ChangeConfiguration", {"key": "AuthorizationKey", "value": "short"})
        self.assertEqual(found, {"value": "A password has at least 16 characters."})
