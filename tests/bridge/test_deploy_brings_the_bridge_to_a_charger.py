"""`manage.py deploy_noc_bridge` against the container engine of an emulated charger."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import orjson
from django.core.management import CommandError, call_command

from bridge.client import deploy, image
from bridge.client.charger_docker import MAX_ANSWER, ChargerDocker, DeployError
from bridge.client.management.commands import deploy_noc_bridge
from bridge.emulator.docker import Engine
from bridge.emulator.exchange import Refused
from tests.bridge.emulator.case import ChargerCase
from tests.bridge.emulator.test_parts_keep_their_word import SEED_BODY
from tests.bridge.images import image as image_file
from tests.bridge.images import tar as tar_file
from tests.bridge.scripted import answering
from tests.operations.support import ROOT
from tests.waiting import eventually

URL = "https://cms.example/"


class DeployCase(ChargerCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.tar = self.folder / "bridge.tar"
        self.tar.write_bytes(image_file("noc-bridge:latest", layer=os.urandom(300_000)))

    @property
    def engine(self) -> Engine:
        return self.charger.server.application.hardware.engine

    def run_command(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        output = io.StringIO()
        known = {"HARDWARE_HOST": "127.0.0.1", "HARDWARE_PORT": str(self.charger.port)} | (env or {})
        with mock.patch.dict(os.environ, known), mock.patch("sys.stdout", output):
            call_command(deploy_noc_bridge.Command(), *arguments)
        return output.getvalue()

    def deploy(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        return self.run_command("--tar", str(self.tar), "--server-url", URL, *arguments, env=env)

    def states(self) -> list[str]:
        return [container.state for container in self.engine.containers]

    def assert_fails(self, reason: str, *arguments: str, env: dict[str, str] | None = None) -> None:
        with self.assertRaisesRegex(CommandError, reason):
            self.deploy(*arguments, env=env)


class TheSteps(DeployCase):
    def test_image_container_start(self) -> None:
        shown = self.deploy("--env", "POLLING_INTERVAL=30", env={"CMS_KEY": "secret-of-charger"})
        self.assertRegex(shown, r"Sending the image .*30\d.\d/30\d.\d kB")
        self.assertNotIn("secret-of-charger", shown)
        self.assertEqual(self.states(), ["running"])
        (container,) = self.engine.containers
        self.assertEqual(
            container.env,
            [
                f"SERVER_URL={URL}",
                "HARDWARE_HOST=127.0.0.1",
                f"HARDWARE_PORT={self.charger.port}",
                "CMS_KEY=secret-of-charger",
                "POLLING_INTERVAL=30",
            ],
        )
        self.assertEqual(container.command, ["python", "manage.py", "run_noc_bridge"])
        paths = [received.path.removeprefix("/docker-apps") for received in self.charger.requests.newest()]
        self.assertEqual(
            paths,
            ["/containers/json", "/images/load", "/containers/create", f"/containers/{container.id}/start"],
        )

    def test_the_body_has_the_limits_of_the_original(self) -> None:
        body = deploy.container_body(deploy.Order(self.tar))
        for name in ("WorkingDir", "Hostname", "ExposedPorts", "HostConfig"):
            self.assertEqual(body[name], SEED_BODY[name])

    def test_a_second_one_comes_only_to_replace_the_first(self) -> None:
        self.deploy()
        self.assert_fails("noc-bridge runs already .*--replace")
        self.assertEqual(self.states(), ["running"])
        self.deploy("--replace")
        self.assertEqual(self.states(), ["exited", "running"])

    def test_one_that_has_ended_is_in_nobodys_way(self) -> None:
        self.deploy()
        self.run_command("--stop")
        self.deploy()
        self.assertEqual(self.states(), ["exited", "running"])

    def test_others_are_left_alone(self) -> None:
        self.engine.load(["other:1"])
        other = self.engine.create({"Image": "other:1"}, name="other", now=0.0)
        self.engine.start(other.id, 0.0)
        self.deploy()
        self.deploy("--replace")
        self.run_command("--stop")
        self.assertEqual(self.states(), ["running", "exited", "exited"])

    def test_an_engine_that_forgets_labels_is_understood(self) -> None:
        self.deploy()
        self.engine.containers[0].labels.clear()
        self.assert_fails("runs already")

    def test_volume_and_restart_policy_are_handed_on(self) -> None:
        order = deploy.Order(self.tar, volume="spool", restart="unless-stopped")
        host = deploy.container_body(order)["HostConfig"]
        self.assertEqual((host["Binds"], host["RestartPolicy"]), (["spool:/data"], {"Name": "unless-stopped"}))
        self.deploy("--volume", "spool", "--restart", "unless-stopped", "--name", "second")
        self.assertEqual(self.engine.containers[0].labels, {deploy.LABEL: "second"})

    def test_what_ran_before_runs_again_when_its_successor_does_not_start(self) -> None:
        self.deploy()
        start = Engine.start

        def refuse(engine: Engine, name: str, now: float) -> bool:
            if name == engine.containers[-1].id:
                raise Refused(500, "exec: python: no such file")
            return start(engine, name, now)

        with (
            mock.patch.object(Engine, "start", refuse),
            self.assertRaisesRegex(CommandError, "Starting .*no such file"),
        ):
            self.deploy("--replace")
        self.assertEqual(self.states(), ["running", "created"])


class Looking(DeployCase):
    def test_a_dry_run_asks_nothing_of_the_charger(self) -> None:
        shown = self.deploy("--dry-run", "--build", env={"CMS_KEY": "secret-of-charger"})
        self.assertIn('"Memory": 536870912', shown)
        self.assertIn("Would build", shown)
        self.assertNotIn("secret-of-charger", shown)
        self.assertEqual(self.charger.requests.total, 0)

    def test_a_list(self) -> None:
        self.deploy()
        shown = self.run_command("--list")
        self.assertIn(self.engine.containers[0].id[:12], shown)
        self.assertIn("running", shown)
        self.run_command("--stop")
        self.assertIn("exited", self.run_command("--list"))

    def test_logs_without_the_engines_frames_and_control_characters(self) -> None:
        self.deploy()
        self.engine.containers[0].write(0.0, "\x1b[2Jcleared\x07")
        shown = self.run_command("--logs", "--tail", "2")
        self.assertRegex(shown, r"\A\d{4}-\S+Z started: python manage.py run_noc_bridge\n\d{4}-")
        self.assertIn("�[2Jcleared�", shown)
        self.assertNotIn("\x00", shown)
        self.assertEqual(len(self.run_command("--logs", "--tail", "1").splitlines()), 1)

    def test_stop_twice(self) -> None:
        self.deploy()
        self.assertIn("is stopped", self.run_command("--stop"))
        self.assertIn("No container noc-bridge runs", self.run_command("--stop"))

    def test_logs_of_nobody(self) -> None:
        with self.assertRaisesRegex(CommandError, "no container noc-bridge"):
            self.run_command("--logs")


class Failures(DeployCase):
    def test_files_that_are_no_image_for_a_charger_are_not_sent(self) -> None:
        for content, reason in (
            (b"nonsense", "no tar file"),
            (b"", "no tar file"),
            (tar_file({"a": b"b"}), "no image"),
            (tar_file({"manifest.json": b"[7"}), "no image"),
            (image_file("noc-bridge:latest", manifest=[{"RepoTags": ["noc-bridge:latest"]}]), "no image"),
            (image_file("other:1"), "holds no image noc-bridge:latest; it holds other:1"),
            (image_file(manifest={}), "none with a name"),
            (image_file("noc-bridge:latest", architecture="amd64"), "is for amd64, not for arm64"),
        ):
            with self.subTest(reason):
                self.tar.write_bytes(content)
                self.assert_fails(reason)
        self.tar.unlink()
        self.assert_fails("There is no file")
        self.assert_fails("cannot be read", "--tar", str(self.folder))
        self.assertEqual(self.charger.requests.total, 0)

    def test_each_step_says_what_failed(self) -> None:
        for only, step in (
            ("/docker-apps/containers/json", "Listing the containers: 500, This fault was asked for"),
            ("/docker-apps/images/load", "Sending the image: 500"),
            ("/docker-apps/containers/create", "Creating the container: 500"),
        ):
            self.charger.set_faults(next_errors=1, only=only)
            self.assert_fails(step)
        self.assertEqual(self.engine.containers, [])

    def test_a_charger_that_is_not_there(self) -> None:
        self.charger.stop()
        self.assert_fails(r"Listing the containers: the connection failed \(.*refused")

    def test_a_charger_that_does_not_answer(self) -> None:
        self.charger.set_faults(hang=True, only="/docker-apps/images")
        self.assert_fails("Sending the image: no answer within 0.2 s", "--large-file-timeout", "0.2")

    def test_a_charger_that_breaks_off(self) -> None:
        self.deploy()
        self.charger.set_faults(truncate=10, only="/docker-apps/containers")
        self.assert_fails("Listing the containers: the connection failed")

    def test_words_that_make_no_sense(self) -> None:
        for arguments, reason in (
            (("--server-url", "ftp://x"), "--server-url"),
            (("--server-url", ""), "--server-url"),
            (("--env", "X"), "--env"),
            (("--env", "1X=2"), "--env"),
            (("--env", "X=a\nb"), "--env"),
            (("--name", "../x"), "--name"),
            (("--volume", "/etc"), "--volume"),
            (("--hardware-host", "a b"), "--hardware-host"),
            (("--hardware-host", "a/b"), "--hardware-host"),
            (("--hardware-port", "0"), "--hardware-port"),
            (("--large-file-timeout", "nan"), "--large-file-timeout"),
            (("--tail", "-1"), "--tail"),
        ):
            with self.subTest(arguments):
                self.assert_fails(reason, *arguments)
        self.assertEqual(self.charger.requests.total, 0)


class OtherChargers(unittest.TestCase):
    """Answers that an emulated charger does not give."""

    def assert_refused(self, reason: str, call: Callable[[ChargerDocker], object], *answer: Any) -> None:
        with answering(*answer) as url, self.assertRaisesRegex(DeployError, reason):
            call(ChargerDocker(url, large_timeout=5))

    def test_that_mean_nothing(self) -> None:
        for answer, reason in (
            ((200, b"<html>"), "Listing the containers: .*not JSON"),
            ((200, b"{}"), "sends no list"),
            ((302, b"", ("Location", "http://192.0.2.1/")), "answers 302"),
            ((502, b"<html>\n<h1>Bad Gateway</h1>"), "502, <html> <h1>Bad Gateway"),
            ((500, b""), "500, without a reason"),
            ((200, b" " * (MAX_ANSWER + 1)), "longer than"),
        ):
            with self.subTest(reason):
                self.assert_refused(reason, ChargerDocker.containers, *answer)
        for body in (b"[]", b"{}", b'{"Id": 7}', b'{"Id": ""}'):
            self.assert_refused("names no id", lambda docker: docker.create({}), 201, body)

    def test_that_tell_of_troubles_after_a_200(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            tar = Path(folder) / "image.tar"
            tar.write_bytes(b"x" * 100_000)

            def load(docker: ChargerDocker) -> None:
                docker.load(tar, lambda size: None)

            body = b'progress\n{"stream": "x"}\n{"error": "no space left on device"}'
            self.assert_refused("Sending the image: no space left", load, 200, body)

    def test_that_are_stranger_than_the_engines(self) -> None:
        listing = orjson.dumps([{"Id": "abc"}, 7, {"Id": 5}, {"Id": "d", "Names": "x", "Labels": [], "State": None}])
        with answering(200, listing) as url:
            found = ChargerDocker(url, large_timeout=5).containers()
        self.assertEqual([(each.id, each.names, each.labels) for each in found], [("abc", (), {}), ("d", (), {})])

    def test_logs_of_a_terminal_have_no_frames(self) -> None:
        with answering(200, b"one\r\ntwo\xff") as url:
            self.assertEqual(list(ChargerDocker(url, large_timeout=5).logs("abc", tail=9)), ["one", "two�"])

    def test_nobody_listens_to_a_start_that_was_one_already(self) -> None:
        with answering(304, b"") as url:
            ChargerDocker(url, large_timeout=5).start("abc")


class Building(DeployCase):
    """With an engine that only writes down what it is asked."""

    def setUp(self) -> None:
        super().setUp()
        self.asked = self.folder / "asked"
        self.install(f'echo "$@" >> {self.asked}\n')

    def install(self, script: str) -> None:
        engine = self.folder / "docker"
        engine.write_text(f"#!/bin/sh\n{script}")
        engine.chmod(0o755)

    def build(self) -> None:
        self.deploy("--build", env={"PATH": f"{self.folder}:{os.environ['PATH']}"})

    def test_it_is_built_for_the_charger_and_saved(self) -> None:
        self.build()
        built, saved = self.asked.read_text().splitlines()
        self.assertIn("buildx build --platform linux/arm64 --tag noc-bridge:latest", built)
        self.assertEqual(saved, f"save --output {self.tar} noc-bridge:latest")
        self.assertTrue((ROOT / image.DOCKERFILE).is_file())
        self.assertEqual(self.states(), ["running"])

    def test_without_an_engine(self) -> None:
        self.assert_fails("There is no `docker` here", "--build", env={"PATH": "/nowhere"})

    def test_an_engine_that_fails(self) -> None:
        self.install("exit 7")
        with self.assertRaisesRegex(CommandError, "`docker buildx` failed with exit code 7"):
            self.build()
        self.assertEqual(self.engine.containers, [])

    def test_an_engine_that_cannot_be_started(self) -> None:
        (self.folder / "docker").write_bytes(b"\x7fELF nonsense")
        with self.assertRaisesRegex(CommandError, "could not be started"):
            self.build()


class Interrupted(DeployCase):
    def test_an_upload_ends_at_once_and_creates_nothing(self) -> None:
        self.charger.set_faults(hang=True, only="/docker-apps/images")
        process = subprocess.Popen(
            [sys.executable, "manage.py", "deploy_noc_bridge", "--tar", str(self.tar), "--server-url", URL],
            cwd=ROOT,
            env=os.environ | {"HARDWARE_HOST": "127.0.0.1", "HARDWARE_PORT": str(self.charger.port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.kill)
        eventually(lambda: self.charger.requests.count("GET", "/docker-apps/containers/json") == 1)
        eventually(lambda: self.charger.server.application.hanging == 1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=10)
        self.assertEqual(process.returncode, deploy_noc_bridge.INTERRUPTED, told)
        self.assertIn(b"Interrupted", told)
        self.assertEqual(self.engine.containers, [])
