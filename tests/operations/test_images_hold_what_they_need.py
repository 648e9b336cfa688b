"""What the images are built from, and that they have what they need."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from importlib import metadata
from pathlib import Path

from bridge.client import deploy
from smartserver.env import SETTINGS
from tests.operations.support import OF_LIBRARIES, ROOT

NAMES = {setting.name for setting in SETTINGS}

BRIDGE = "docker/bridge.Dockerfile"


class Image:
    """A Dockerfile's instructions, and the files that its builder gets to see."""

    def __init__(self, dockerfile: str, ignore: str) -> None:
        text = (ROOT / dockerfile).read_text().replace("\\\n", " ")
        self._steps = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
        self.sent = set(re.findall(r"^!(.+)$", (ROOT / ignore).read_text(), re.MULTILINE))

    def of(self, instruction: str) -> list[str]:
        return [rest for name, rest in self._steps if name == instruction]

    def copied(self) -> set[str]:
        """What comes from this repository, not from another stage."""
        copies = [copy.split()[:-1] for copy in self.of("COPY")]
        return {source for sources in copies if not sources[0].startswith("--from=") for source in sources}

    def settings(self) -> set[str]:
        return {name for line in self.of("ENV") for name in re.findall(r"(\w+)=", line)}


class EveryImageTests(unittest.TestCase):
    IMAGES = (Image("Dockerfile", ".dockerignore"), Image(BRIDGE, f"{BRIDGE}.dockerignore"))

    def test_everything_that_is_copied_exists_and_is_sent_to_the_builder(self) -> None:
        for image in self.IMAGES:
            self.assertEqual(image.copied(), image.sent)
            for source in image.copied():
                self.assertTrue((ROOT / source).exists(), source)

    def test_stages_that_are_copied_from_exist(self) -> None:
        for image in self.IMAGES:
            stages = set(re.findall(r" AS (\w+)", " ".join(image.of("FROM"))))
            self.assertEqual(set(re.findall(r"--from=(\w+)", " ".join(image.of("COPY")))), stages)

    def test_none_runs_as_root(self) -> None:
        self.assertEqual([image.of("USER") for image in self.IMAGES], [["smartserver"], ["bridge"]])

    def test_both_have_the_same_python(self) -> None:
        self.assertEqual(len({image.of("FROM")[-1] for image in self.IMAGES}), 1)

    def test_health_checks_are_files_in_the_image(self) -> None:
        for image in self.IMAGES:
            (check,) = image.of("HEALTHCHECK")
            self.assertIn(re.findall(r'"([^"]+\.py)"', check)[0], image.copied())


class ServerImageTests(unittest.TestCase):
    def setUp(self) -> None:
        self.image = Image("Dockerfile", ".dockerignore")

    def test_every_app_is_in_the_image(self) -> None:
        apps = {path.parent.name for path in ROOT.glob("*/apps.py")}
        self.assertLessEqual(apps, self.image.copied())

    def test_its_settings_are_declared(self) -> None:
        self.assertLessEqual(self.image.settings(), NAMES | OF_LIBRARIES)

    def test_it_serves_to_the_outside(self) -> None:
        self.assertIn('"serve", "--host", "0.0.0.0"', self.image.of("CMD")[-1])


class BridgeImageTests(unittest.TestCase):
    def setUp(self) -> None:
        self.image = Image(BRIDGE, f"{BRIDGE}.dockerignore")

    def test_its_command_is_what_deployment_asks_for(self) -> None:
        self.assertEqual(json.loads(self.image.of("CMD")[-1]), list(deploy.COMMAND))
        self.assertEqual(self.image.of("WORKDIR"), ["/app"])
        self.assertEqual(self.image.of("VOLUME"), [deploy.SPOOL])

    def test_its_health_port_is_the_published_one_and_answers_outside(self) -> None:
        self.assertEqual(self.image.of("EXPOSE"), [str(deploy.PORT)])
        (settings,) = self.image.of("ENV")
        for setting in (f"HEALTH_PORT={deploy.PORT}", "HEALTH_HOST=0.0.0.0", f"SPOOL_DIR={deploy.SPOOL}"):
            self.assertIn(setting, settings.split())

    def test_its_packages_are_those_of_the_server_in_the_same_versions(self) -> None:
        ours, servers = requirements("requirements-bridge.txt"), requirements("requirements.txt")
        self.assertEqual(ours, {name: servers.get(name) for name in ours})

    def test_all_that_its_packages_need_is_named(self) -> None:
        named = {canonical(name) for name in requirements("requirements-bridge.txt")}
        for name in named:
            for need in metadata.requires(name) or ():
                if "extra ==" not in need and not re.search(r"(sys_)?platform|python_(full_)?version", need):
                    self.assertIn(canonical(re.split(r"[^A-Za-z0-9._-]", need)[0]), named, f"{name} needs {need}")

    def test_the_server_and_the_emulator_stay_outside_and_the_bridge_starts_without_them(self) -> None:
        ignored = (ROOT / f"{BRIDGE}.dockerignore").read_text().split()
        outside = [name for name in ignored if name.startswith("bridge/")]
        self.assertEqual(outside, ["bridge/cms", "bridge/emulator"])
        with tempfile.TemporaryDirectory() as folder:
            for source in self.image.copied():
                target = Path(folder) / source
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copytree(ROOT / source, target) if (ROOT / source).is_dir() else shutil.copy(
                    ROOT / source, target
                )
            for name in outside:
                shutil.rmtree(Path(folder) / name)
            environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
            for command, code in (("deploy_noc_bridge", 0), ("emulate_charger", 1)):
                done = subprocess.run(
                    [sys.executable, "manage.py", command, "--help"],
                    cwd=folder,
                    env=environment,
                    capture_output=True,
                    timeout=60,
                )
                self.assertEqual(done.returncode, code, done.stderr)


def requirements(name: str) -> dict[str, str]:
    """Package and exact version."""
    found = dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[\w+\])?==(\S+)$", (ROOT / name).read_text(), re.MULTILINE))
    assert found
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
