"""Option, environment, default, in this order; everything that is wrong is said at once; keys are seen by nobody."""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import unittest
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.client.options import OPTIONS, BadOptions, ChargerOptions, Options, add_arguments, read

KEY = "pass-word-4711"


def told(*arguments: str, **environment: str) -> Options:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return read(parser.parse_args(arguments), environment)


class Case(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def problems(self, *arguments: str, **environment: str) -> tuple[str, ...]:
        with self.assertRaises(BadOptions) as caught:
            told(*arguments, **environment)
        self.assertEqual(str(caught.exception), "\n".join(caught.exception.problems))
        return caught.exception.problems

    def assert_refused(self, expected: str, *arguments: str, **environment: str) -> None:
        problems = self.problems(*arguments, **environment)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(expected, problems[0])

    def key_file(self, text: str) -> str:
        path = self.folder / "key"
        path.write_text(text)
        return str(path)


class OrderTests(Case):
    def test_defaults(self) -> None:
        options = told()
        self.assertEqual(options.server_url, "http://127.0.0.1:8000/")
        self.assertEqual(options.chargers, (ChargerOptions("127.0.0.1", 3001, "ws://127.0.0.1:3001/events/stream"),))
        self.assertEqual((options.polling_interval, options.sleep_time, options.retry_time), (60, 60, 10))
        self.assertEqual(options.max_response_size, 73_400_320)
        self.assertEqual(options.max_event_state_log_lines, 1000)
        self.assertEqual((options.spool, options.push, options.allow_powerful), (True, True, False))
        self.assertEqual((options.once, options.dry_run, options.json), (False, False, False))
        self.assertEqual((options.health_host, options.health_port), ("127.0.0.1", 3020))
        self.assertEqual(options.spool_dir, Path("data/noc-bridge"))

    def test_the_environment_has_the_names_of_the_original(self) -> None:
        options = told(
            SERVER_URL="https://cms.example/x", SleepTime="5", RetryTime="2.5", POLLING_INTERVAL="30", SPOOL="off"
        )
        self.assertEqual(options.server_url, "https://cms.example/x/")
        self.assertEqual((options.sleep_time, options.retry_time, options.polling_interval), (5, 2.5, 30))
        self.assertFalse(options.spool)

    def test_an_option_wins_over_the_environment(self) -> None:
        options = told("--polling-interval", "20", "--spool", POLLING_INTERVAL="30", SPOOL="off", RetryTime="3")
        self.assertEqual((options.polling_interval, options.spool, options.retry_time), (20, True, 3))

    def test_a_variable_that_is_set_to_nothing_counts_as_not_set(self) -> None:
        self.assertEqual(told(POLLING_INTERVAL="", CMS_KEY=" "), told())

    def test_a_wrong_variable_does_not_matter_where_the_option_is_given(self) -> None:
        self.assertEqual(told("--polling-interval", "20", POLLING_INTERVAL="often").polling_interval, 20)

    def test_every_option_has_a_field_and_every_field_an_option(self) -> None:
        fields = {field.name for field in dataclasses.fields(Options)} - {"chargers"}
        places = {"hardware_host", "hardware_port", "websocket_url", "cms_key_file"}
        self.assertEqual({option.name for option in OPTIONS}, fields | places)

    def test_switches_stand_alone_or_say_on_or_off(self) -> None:
        self.assertTrue(told("--once").once)
        self.assertTrue(told("--dry-run", "--json").json)
        self.assertFalse(told("--push", "off").push)


class SeveralChargersTests(Case):
    def test_hosts_between_commas_share_the_port_unless_they_name_one(self) -> None:
        options = told("--hardware-host", "10.0.0.1, charger-2:3002,[::1]:3003,fe80::1", HARDWARE_PORT="4000")
        self.assertEqual(
            [(charger.host, charger.port) for charger in options.chargers],
            [("10.0.0.1", 4000), ("charger-2", 3002), ("::1", 3003), ("fe80::1", 4000)],
        )
        self.assertEqual(options.chargers[3].websocket_url, "ws://[fe80::1]:4000/events/stream")
        self.assertEqual(options.chargers[3].hardware_url, "http://[fe80::1]:4000")
        self.assertEqual(options.chargers[0].hardware_url, "http://10.0.0.1:4000")

    def test_each_has_its_event_stream(self) -> None:
        options = told(HARDWARE_HOST="a,b", WEBSOCKET_URL="ws://a/x,wss://b:9/y")
        self.assertEqual([each.websocket_url for each in options.chargers], ["ws://a/x", "wss://b:9/y"])

    def test_streams_without_chargers_are_refused(self) -> None:
        self.assert_refused("2 addresses for 1 chargers", WEBSOCKET_URL="ws://a/x,ws://b/y")

    def test_a_charger_named_twice_is_refused(self) -> None:
        self.assert_refused("named twice", HARDWARE_HOST="a,a:3001")

    def test_each_may_have_a_key_of_its_own(self) -> None:
        options = told("--cms-key-file", self.key_file("one-1\ntwo-2\n"), HARDWARE_HOST="a,b")
        self.assertEqual([options.key_of(charger) for charger in options.chargers], ["one-1", "two-2"])

    def test_or_all_the_same(self) -> None:
        options = told(CMS_KEY_FILE=self.key_file(f"{KEY}\n"), HARDWARE_HOST="a,b")
        self.assertEqual([options.key_of(charger) for charger in options.chargers], [KEY, KEY])

    def test_but_not_a_part_of_them(self) -> None:
        self.assert_refused("2 lines for 3 chargers", CMS_KEY_FILE=self.key_file("1\n2\n"), HARDWARE_HOST="a,b,c")


class WrongValueTests(Case):
    def test_all_of_them_are_told_at_once_each_with_its_names(self) -> None:
        problems = self.problems("--server-url", "cms", "--health-port", "70000", SPOOL="maybe", SleepTime="soon")
        self.assertEqual(
            problems,
            (
                "--server-url / SERVER_URL: an address http://… or https://… is needed.",
                "--sleep-time / SleepTime: a number of seconds from 1 to 86400 is needed, not “soon”.",
                "--spool / SPOOL: on or off is needed, not “maybe”.",
                "--health-port / HEALTH_PORT: a whole number from 0 to 65535 is needed, not “70000”.",
            ),
        )

    def test_addresses(self) -> None:
        for wrong in (
            "ftp://host/",
            "http://",
            "http://host:99999/",
            "http://[/",
            "http://ho st/",
            "http://h/\x00",
            "",
        ):
            with self.subTest(wrong):
                self.assert_refused("an address http://… or https://… is needed", "--server-url", wrong)
        self.assert_refused("? and # have no place", "--server-url", "http://host/?a=1")
        self.assert_refused("an address ws://… or wss://… is needed", WEBSOCKET_URL="http://host/")
        self.assert_refused("# has no place", WEBSOCKET_URL="ws://host/#a")

    def test_hosts(self) -> None:
        for wrong in ("a/b", "a:0", "a:b", "http://a", "[::1", "a b", "user:secret@a", "[::1]x", "a?b"):
            with self.subTest(wrong):
                self.assert_refused("a host or host:port is needed", HARDWARE_HOST=wrong)
                self.assertNotIn("secret", self.problems(HARDWARE_HOST=wrong)[0])
        self.assert_refused("nothing between two commas", HARDWARE_HOST="a,,b")
        self.assert_refused("at least one host", "--hardware-host", " ")

    def test_numbers(self) -> None:
        for name in ("POLLING_INTERVAL", "LARGE_FILE_TIMEOUT", "SPOOL_MAX_AGE"):
            for wrong in ("nan", "inf", "-1", "0", "1e99", "1,5"):
                with self.subTest(name, value=wrong):
                    self.assert_refused("a number of seconds from", **{name: wrong})
        for wrong in ("-1", "1.5", "1e3", "9" * 30, "٣"):
            with self.subTest(wrong):
                self.assert_refused("a whole number from", MAX_OCPP_LOG_LINES=wrong)

    def test_texts(self) -> None:
        self.assert_refused("a text is needed", "--health-host", "")

    def test_key_files(self) -> None:
        self.assert_refused("cannot be read", CMS_KEY_FILE=str(self.folder / "missing"))
        self.assert_refused("is empty", CMS_KEY_FILE=self.key_file(""))
        self.assert_refused("a key of 1 to", CMS_KEY_FILE=self.key_file("\n"))
        self.assert_refused("longer than", CMS_KEY_FILE=self.key_file("x" * 70_000))
        (self.folder / "key").write_bytes(b"\xff")
        self.assert_refused("is no text", CMS_KEY_FILE=str(self.folder / "key"))

    def test_two_keys_are_one_too_many(self) -> None:
        self.assert_refused("which one counts", CMS_KEY=KEY, CMS_KEY_FILE=self.key_file(KEY))

    @settings(deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from([option.env for option in OPTIONS if option.env]),
            st.text(st.characters(blacklist_categories=["Cs"]), max_size=12),
        )
    )
    def test_no_environment_makes_anything_but_options_or_bad_options(self, environment: dict[str, str]) -> None:
        try:
            told(**environment)
        except BadOptions as error:
            self.assertTrue(error.problems)


class SecretTests(Case):
    def test_there_is_no_option_for_the_key(self) -> None:
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        self.assertNotIn("--cms-key ", parser.format_help())
        namespace = argparse.Namespace(cms_key=KEY)  # nobody can put it there by mistake either
        self.assertEqual(read(namespace, {}).cms_key, "")

    def test_secrets_are_in_no_repr(self) -> None:
        options = told(
            CMS_KEY=KEY, SERVER_URL="http://me:url-secret@cms.example/", WEBSOCKET_URL="ws://me:ws-secret@charger/"
        )
        for secret in (KEY, "url-secret", "ws-secret"):
            self.assertIn(secret, options.secrets)
            self.assertNotIn(secret, repr(options))
        own = told(CMS_KEY_FILE=self.key_file("own-1\nown-2\n"), HARDWARE_HOST="a,b")
        self.assertEqual(own.secrets, ("own-1", "own-2"))
        self.assertNotIn("own-1", repr(own))

    def test_a_wrong_secret_is_not_repeated(self) -> None:
        for environment in (
            {"SERVER_URL": "ftp://me:url-secret@cms.example/"},
            {"SERVER_URL": "http://me:url-secret@cms.example:x/"},
            {"CMS_KEY": "url-secret\x07"},
            {"WEBSOCKET_URL": "http://me:url-secret@charger/"},
        ):
            with self.subTest(environment):
                self.assertNotIn("url-secret", "".join(self.problems(**environment)))

    def test_nothing_secret_nothing_to_hide(self) -> None:
        self.assertEqual(told().secrets, ())


class HelpTests(Case):
    def test_it_names_variable_default_and_unit(self) -> None:
        parser = argparse.ArgumentParser(formatter_class=argparse.RawTextHelpFormatter)
        add_arguments(parser)
        text = parser.format_help()
        self.assertIn("Seconds between live feeds. (POLLING_INTERVAL; default: 60)", text)
        self.assertIn("--once", text)
        for option in OPTIONS:
            if option.kind == "seconds":
                self.assertIn("econds", option.help, option.name)

    def test_defaults_are_within_their_limits(self) -> None:
        for option in OPTIONS:
            if option.kind in ("number", "seconds"):
                with self.subTest(option.name):
                    self.assertLessEqual(option.least, float(option.default))
                    self.assertLess(float(option.default), option.most)
