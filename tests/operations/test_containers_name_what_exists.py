"""The container files, read carefully: what they name exists, and what they set is a setting."""

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
from typing import Any

import yaml

from bridge.client import deploy
from smartserver.env import SETTINGS
from tests.operations.support import ROOT

NAMES = {setting.name for setting in SETTINGS}
BRIDGE = "docker/bridge.Dockerfile"
OF_LIBRARIES = {"FORWARDED_ALLOW_IPS", "PATH", "PYTHONUNBUFFERED"}


class ComposeTests(unittest.TestCase):
    services: dict[str, dict[str, Any]]
    volumes: set[str]

    @classmethod
    def setUpClass(cls) -> None:
        compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        cls.services = compose["services"]
        cls.volumes = set(compose["volumes"])

    def ours(self) -> dict[str, dict[str, Any]]:
        return {name: service for name, service in self.services.items() if "build" in service}

    def test_without_a_profile_one_server_starts(self) -> None:
        self.assertEqual([name for name, service in self.services.items() if "profiles" not in service], ["server"])

    def test_the_cluster_is_two_servers_with_postgres_redis_and_a_proxy(self) -> None:
        cluster = {name for name, service in self.services.items() if service.get("profiles") == ["cluster"]}
        self.assertEqual(cluster, {"server-1", "server-2", "proxy", "postgres", "redis"})

    def test_settings_of_the_servers_are_declared(self) -> None:
        for name, service in self.ours().items():
            with self.subTest(name):
                self.assertLessEqual(set(service["environment"]), NAMES | OF_LIBRARIES)

    def test_the_cluster_has_the_same_database_and_redis(self) -> None:
        first, second = (self.services[name]["environment"] for name in ("server-1", "server-2"))
        self.assertEqual(first, second)
        self.assertRegex(first["DATABASE_URL"], r"^postgres://smartserver:.*@postgres:5432/smartserver$")
        self.assertEqual(first["REDIS_URL"], "redis://redis:6379/0")

    def test_no_server_is_open(self) -> None:
        for service in self.ours().values():
            self.assertNotIn("SMARTSERVER_OPEN", service["environment"])

    def test_ports_are_published_on_loopback_only(self) -> None:
        for service in self.services.values():
            for port in service.get("ports", ()):
                self.assertTrue(port.startswith("127.0.0.1:"), port)

    def test_what_services_wait_for_has_a_health_check(self) -> None:
        for name, service in self.services.items():
            for other, rule in service.get("depends_on", {}).items():
                with self.subTest(name=name, other=other):
                    self.assertEqual(rule, {"condition": "service_healthy"})
                    self.assertTrue("healthcheck" in self.services[other] or "build" in self.services[other])

    def test_volumes_are_declared_and_files_exist(self) -> None:
        for name, service in self.services.items():
            for volume in service.get("volumes", ()):
                source = volume.split(":")[0]
                with self.subTest(name=name, volume=volume):
                    self.assertTrue((ROOT / source).is_file() if source.startswith(".") else source in self.volumes)

    def test_the_proxy_leads_to_the_servers(self) -> None:
        config = (ROOT / "docker" / "nginx.conf").read_text()
        servers = re.findall(r"server (server-\d):(\d+)", config)
        self.assertEqual(servers, [("server-1", "8000"), ("server-2", "8000")])
        port = re.findall(r"listen (\d+);", config)[0]
        self.assertEqual(self.services["proxy"]["ports"], [f"127.0.0.1:{port}:{port}"])

    def test_the_proxy_leaves_the_size_of_files_to_the_server(self) -> None:
        config = (ROOT / "docker" / "nginx.conf").read_text()
        for place in ("/files/", "/api/v1/firmware/upload"):
            block = config.split(f"location {place} {{")[1].split("}")[0]
            self.assertIn("client_max_body_size 0;", block)
            self.assertIn("proxy_request_buffering off;", block)

    def test_the_proxy_passes_on_what_sockets_need(self) -> None:
        config = (ROOT / "docker" / "nginx.conf").read_text()
        for line in (
            "proxy_http_version 1.1;",
            "proxy_set_header Upgrade $http_upgrade;",
            "proxy_set_header Connection $connection_upgrade;",
            "proxy_set_header Host $http_host;",
            "proxy_read_timeout 1d;",
            "merge_slashes off;",
        ):
            self.assertIn(line, config)
        self.assertEqual(config.count("{"), config.count("}"))


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
