"""The pure parts of the emulated charger: faults, foretold logs, tar files, the container engine."""

from __future__ import annotations

import itertools
import unittest
from collections.abc import Mapping
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import outlets
from bridge.emulator import faults, records
from bridge.emulator.docker import MAX_CONTAINERS, MAX_IMAGES, STDERR, STDOUT, Engine
from bridge.emulator.exchange import Refused
from bridge.emulator.faults import BadFault, Faults
from bridge.emulator.tar import ImageReader, NotAnImage
from tests.bridge.emulator.support import Bench
from tests.bridge.images import image, tar

SEED_BODY: dict[str, Any] = {
    "Image": "cms_script:latest",
    "WorkingDir": "/app",
    "Cmd": ["python", "cms_script.py"],
    "Hostname": "",
    "ExposedPorts": {"3020/tcp": {}},
    "HostConfig": {
        "Memory": 536870912,
        "MemorySwap": 536870912,
        "PortBindings": {"3020/tcp": [{"HostPort": "3020"}]},
    },
}


class FaultsOnDemand(unittest.TestCase):
    def test_words_are_read(self) -> None:
        wanted = faults.from_words(["errors=0.2", "next_errors=3", "hang", "state=html", "only=/state", "slow=1.5"])
        self.assertEqual(wanted, Faults(errors=0.2, next_errors=3, hang=True, state="html", only="/state", slow=1.5))
        self.assertEqual(Faults().changed(wanted.shown()), wanted)

    def test_wrong_ones_are_named(self) -> None:
        for word, reason in (
            ("fire", "no fault 'fire'"),
            ("errors=2", "errors: a number from 0 to 1"),
            ("errors=x", "errors: a number"),
            ("slow=nan", "slow: a number"),
            ("slow=-1", "slow"),
            ("next_errors=1.5", "next_errors: a whole number"),
            ("truncate=-1", "truncate"),
            ("hang=2", "hang: 0 or 1"),
            ("state=fine", "state: one of"),
            ("only=" + "x" * 300, "only: a text"),
        ):
            with self.subTest(word), self.assertRaisesRegex(BadFault, reason):
                faults.from_words([word])
        wrongs: tuple[Any, ...] = (None, [], {})
        for value in wrongs:
            with self.assertRaises(BadFault):
                Faults().changed({"slow": value})
            with self.assertRaises(BadFault):
                Faults().changed({"state": value})

    def test_they_may_be_confined(self) -> None:
        self.assertTrue(Faults().concern("/id"))
        self.assertEqual([Faults(only="/state").concern(path) for path in ("/state", "/id")], [True, False])

    def test_malformed_states_are_read_or_refused_by_the_bridge(self) -> None:
        bench = Bench()
        bench.charging()
        readable = {"single": 1, "missing": 2, "types": 2}
        for kind in faults.STATES:
            body = faults.malformed(kind, bench.charger.state())
            with self.subTest(kind):
                if kind not in readable:
                    self.assertRaises(outlets.StateError, outlets.read_state, body)
                    continue
                found = outlets.read_state(body)
                self.assertEqual(len(found), readable[kind])
                self.assertEqual(bool(found[0].oddities), kind == "types")


class ForetoldLogs(unittest.TestCase):
    def test_every_line_is_known_before(self) -> None:
        text = b"".join(records.chunks(1000, "outlet=1")).decode()
        lines = text.splitlines()
        self.assertEqual(lines, [records.line(number, "outlet=1") for number in range(1000)])
        self.assertEqual({len(line) for line in lines}, {records.LINE_BYTES - 1})
        self.assertEqual([int(line[:9]) for line in lines], list(range(1000)))

    @settings(deadline=None)
    @given(st.integers(0, records.MAX_LINES), st.integers(0, records.LINE_BYTES - 2))
    def test_a_spoiled_line_is_noticed(self, number: int, place: int) -> None:
        line = records.line(number, "outlet=1")
        self.assertTrue(records.is_whole(line))
        self.assertFalse(records.is_whole(line[:place] + "\x7f" + line[place + 1 :]))
        self.assertFalse(records.is_whole(line[:place]))

    def test_sizes(self) -> None:
        self.assertEqual([records.lines_of(size) for size in (0, 1, 160, 161)], [0, 1, 1, 2])
        self.assertEqual(list(records.chunks(0, "x")), [])
        for number in (-1, records.MAX_LINES + 1):
            with self.assertRaises(ValueError):
                records.line(number, "x")

    def test_an_endless_line_has_no_end(self) -> None:
        self.assertNotIn(b"\n", b"".join(itertools.islice(records.endless(), 10)))


def read(content: bytes, piece: int = 1000) -> list[str]:
    reader = ImageReader()
    for place in range(0, len(content), piece):
        reader.feed(content[place : place + piece])
    assert reader.received == len(content)
    return reader.finish()


class TarFiles(unittest.TestCase):
    @settings(deadline=None)
    @given(st.integers(1, 3000), st.binary(max_size=2000))
    def test_an_image_is_read_in_pieces_of_any_size(self, piece: int, layer: bytes) -> None:
        self.assertEqual(read(image("a:1", "b:2", layer=layer), piece), ["a:1", "b:2"])

    def test_long_names_are_no_hindrance(self) -> None:
        manifest = orjson.dumps([{"RepoTags": ["a:1"]}])
        self.assertEqual(read(tar({"x" * 300: b"y" * 999, "manifest.json": manifest})), ["a:1"])

    def test_what_is_no_image(self) -> None:
        whole = image("a:1")
        for content, reason in (
            (b"", "no tar"),
            (b"<html>" * 200, "no tar"),
            (b"x" * 5, "no tar"),
            (whole[:700], "not whole"),
            (whole[:1024] + b"\x01" * 512 + whole[1536:], "damaged|no tar"),
            (image("a:1", kind="w:gz"), "no tar"),
            (tar({"a": b"b"}), "no image"),
            (tar({"manifest.json": b"{"}), "no image"),
            (image(manifest=[]), "names no image"),
            (image(manifest={"RepoTags": ["a"]}), "names no image"),
            (image(manifest=[{"RepoTags": [7]}]), "names no image"),
            (tar({"manifest.json": b" " * 1_048_577}), "too large"),
        ):
            with self.subTest(reason, content=content[:20]), self.assertRaisesRegex(NotAnImage, reason):
                read(content)

    @settings(deadline=None)
    @given(st.binary(max_size=3000))
    def test_any_bytes_are_refused_clearly(self, content: bytes) -> None:
        with self.assertRaises(NotAnImage):
            read(content)

    def test_headers_that_lie(self) -> None:
        whole = image("a:1", layer=b"x" * 500)
        second = bytearray(whole)
        second[1024] ^= 1  # the name of the second entry
        self.assertRaisesRegex(NotAnImage, "damaged", read, bytes(second))
        huge = bytearray(whole[:512])
        huge[124:136] = b"777777777777"
        huge[148:156] = f"{sum(huge[:148]) + 256 + sum(huge[156:]):06o}\0 ".encode()
        self.assertRaisesRegex(NotAnImage, "too large", read, bytes(huge))

    def test_sizes_that_are_no_octal_numbers(self) -> None:
        header = bytearray(image("a:1")[:512])
        for size in (b"-0000000001\0", b"0x000000010\0", b"0_00000001_\0", b"\x80" + bytes(11)):
            header[124:136] = size
            header[148:156] = f"{sum(header[:148]) + 256 + sum(header[156:]):06o}\0 ".encode()
            with self.subTest(size), self.assertRaisesRegex(NotAnImage, "no tar"):
                read(bytes(header) + bytes(2048))


class ContainerEngine(unittest.TestCase):
    def setUp(self) -> None:
        self.engine = Engine()
        self.engine.load(["cms_script:latest"])

    def made(self, **changes: Any) -> str:
        return self.engine.create(SEED_BODY | changes, name="", now=100.0).id

    def shown(self, now: float = 110.0) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.engine.listing(now, everything=True)[0]
        return found

    def test_a_container_lives(self) -> None:
        made = self.made()
        self.assertEqual((self.shown()["State"], self.shown()["Status"]), ("created", "Created"))
        self.assertEqual(self.engine.listing(110.0, everything=False), [])
        self.assertTrue(self.engine.start(made[:12], 101.0))
        self.assertFalse(self.engine.start(made, 102.0))
        self.assertEqual((self.shown()["State"], self.shown()["Status"]), ("running", "Up 9 seconds"))
        self.assertEqual(self.shown()["Ports"], [{"PrivatePort": 3020, "PublicPort": 3020, "Type": "tcp"}])
        self.assertTrue(self.engine.stop(made, 105.0))
        self.assertFalse(self.engine.stop(made, 106.0))
        self.assertEqual(self.shown()["Status"], "Exited (0) 5 seconds ago")

    def test_logs_are_multiplexed_as_the_engine_does(self) -> None:
        made = self.made()
        self.engine.start(made, 101.0)
        self.engine.stop(made, 102.0)
        first = self.engine.logs(made, {STDOUT}, None)
        self.assertEqual((first[0], int.from_bytes(first[4:8], "big")), (1, len(first) - 8))
        self.assertIn(b"started: python cms_script.py", first)
        self.assertEqual(self.engine.logs(made, {STDOUT, STDERR}, 1)[0], STDERR)
        self.assertEqual(self.engine.logs(made, {STDOUT, STDERR}, 0), b"")

    def test_a_port_is_had_once(self) -> None:
        first, second = self.made(), self.made()
        self.engine.start(first, 101.0)
        with self.assertRaisesRegex(Refused, "port is already allocated"):
            self.engine.start(second, 102.0)
        self.engine.restart(103.0)
        self.assertTrue(self.engine.start(second, 104.0))

    def test_an_image_that_was_replaced_is_named_by_its_id(self) -> None:
        self.made()
        self.engine.load(["cms_script:latest"])
        self.assertTrue(self.shown()["Image"].startswith("sha256:"))

    def test_names_are_had_once(self) -> None:
        self.engine.create(SEED_BODY, name="bridge", now=1.0)
        self.assertEqual(self.engine.find("bridge").name, "bridge")
        for name, status in (("bridge", 409), ("../x", 400)):
            with self.assertRaises(Refused) as caught:
                self.engine.create(SEED_BODY, name=name, now=1.0)
            self.assertEqual(caught.exception.status, status)

    def test_wrong_bodies_are_refused(self) -> None:
        host = SEED_BODY["HostConfig"]
        for changes, reason in (
            ({"Image": None}, "Image is needed"),
            ({"Image": 7}, "Image"),
            ({"Image": "other"}, "No such image"),
            ({"Cmd": "python"}, "Cmd"),
            ({"Env": ["X"]}, "NAME=VALUE"),
            ({"Env": [1]}, "Env"),
            ({"Hostname": []}, "Hostname"),
            ({"WorkingDir": "app"}, "absolute path"),
            ({"Labels": {"a": 1}}, "Labels"),
            ({"ExposedPorts": {"x": {}}}, "port"),
            ({"ExposedPorts": []}, "ExposedPorts"),
            ({"HostConfig": host | {"Memory": 1000}}, "6MB"),
            ({"HostConfig": host | {"Memory": "512m"}}, "Memory"),
            ({"HostConfig": host | {"MemorySwap": 268435456}}, "memoryswap"),
            ({"HostConfig": host | {"PortBindings": {"3020/tcp": {}}}}, "lists"),
            ({"HostConfig": host | {"PortBindings": {"3020/tcp": [{"HostPort": "99999"}]}}}, "port"),
            ({"HostConfig": host | {"PortBindings": {"3020/tcp": [{"HostPort": 3020}]}}}, "HostPort"),
        ):
            with self.subTest(changes), self.assertRaisesRegex(Refused, reason):
                self.engine.create(SEED_BODY | changes, name="", now=1.0)
        with self.assertRaisesRegex(Refused, "body"):
            self.engine.create([], name="", now=1.0)
        self.assertEqual(self.engine.containers, [])

    def test_there_is_room_for_so_many(self) -> None:
        for _ in range(MAX_CONTAINERS):
            self.made()
        with self.assertRaisesRegex(Refused, "no space"):
            self.made()
        with self.assertRaisesRegex(Refused, "no space"):
            self.engine.load([f"x:{number}" for number in range(MAX_IMAGES)])

    def test_only_what_is_asked_for_is_defaulted(self) -> None:
        self.engine.create({"Image": "cms_script:latest"}, name="", now=1.0)
        self.assertEqual((self.shown()["Ports"], self.shown()["Labels"]), ([], {}))
        for name in ("nobody", "em"):
            with self.assertRaisesRegex(Refused, "No such container"):
                self.engine.find(name)
        with self.assertRaisesRegex(Refused, "at least one stream"):
            self.engine.logs(self.shown()["Id"], set(), None)
