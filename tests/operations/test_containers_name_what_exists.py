"""The container files, read carefully: what they name exists, and what they set is a setting."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

import yaml
from prometheus_client import CollectorRegistry

from bridge.client.health import Health
from bridge.client.options import OPTIONS, read
from manage import BESIDE_A_CHARGER
from smartserver.env import SETTINGS
from tests.bridge.client.statuses import charger
from tests.operations.support import ROOT

NAMES = {setting.name for setting in SETTINGS}
OF_LIBRARIES = {"FORWARDED_ALLOW_IPS", "PATH", "PYTHONUNBUFFERED"}


class ComposeCase(unittest.TestCase):
    services: dict[str, dict[str, Any]]
    volumes: set[str]

    @classmethod
    def setUpClass(cls) -> None:
        compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        cls.services = compose["services"]
        cls.volumes = set(compose["volumes"])


class ComposeTests(ComposeCase):
    def ours(self) -> dict[str, dict[str, Any]]:
        """The servers; what runs beside a charger is another program in the same image."""
        return {
            name: service
            for name, service in self.services.items()
            if "build" in service and service.get("profiles") != ["bridge"]
        }

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


class BridgeTests(ComposeCase):
    """A charger and its bridge, in the image of the server."""

    def setUp(self) -> None:
        self.bridge, self.charger = self.services["bridge"], self.services["charger"]

    def test_its_profile_is_a_bridge_and_a_charger(self) -> None:
        profile = {name for name, service in self.services.items() if service.get("profiles") == ["bridge"]}
        self.assertEqual(profile, {"bridge", "charger"})

    def test_their_commands_need_nothing_of_the_server(self) -> None:
        for service in (self.bridge, self.charger):
            python, manage, command, *_ = service["command"]
            self.assertEqual((python, manage), ("python", "manage.py"))
            self.assertIn(command, BESIDE_A_CHARGER)

    def test_what_the_bridge_is_told_it_understands(self) -> None:
        told = {name: default_of(str(value)) for name, value in self.bridge["environment"].items()}
        self.assertLessEqual(set(told), {option.env for option in OPTIONS})
        options = read(argparse.Namespace(), told)
        self.assertEqual(options.server_url, "http://server:8000/")
        self.assertEqual([charger.hardware_url for charger in options.chargers], ["http://charger:3001"])
        self.assertEqual(options.health_host, "0.0.0.0")
        self.assertEqual(self.bridge["ports"], [f"127.0.0.1:{options.health_port}:{options.health_port}"])

    def test_its_events_outlive_the_container(self) -> None:
        (volume,) = self.bridge["volumes"]
        folder = volume.partition(":")[2]
        self.assertTrue(Path(self.bridge["environment"]["SPOOL_DIR"]).is_relative_to(folder))

    def test_each_is_asked_whether_it_lives_at_its_own_port(self) -> None:
        self.assertEqual(self.bridge["healthcheck"]["test"][1:], ["python", "docker/healthcheck.py", "3020"])
        self.assertEqual(self.charger["healthcheck"]["test"][1:], ["python", "docker/healthcheck.py", "3001", "/id"])


def default_of(text: str) -> str:
    """What `${NAME:-default}` is where nobody sets NAME."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


class ImageTests(unittest.TestCase):
    def setUp(self) -> None:
        text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
        self.steps = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]

    def of(self, instruction: str) -> list[str]:
        return [rest for name, rest in self.steps if name == instruction]

    def test_everything_that_is_copied_exists_and_is_sent_to_the_builder(self) -> None:
        sent = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
        for copy in self.of("COPY"):
            *sources, _ = copy.split()
            for source in sources if not sources[0].startswith("--from=") else ():
                with self.subTest(source):
                    self.assertTrue((ROOT / source).exists())
                    self.assertIn(source, sent)

    def test_every_app_is_in_the_image(self) -> None:
        apps = {path.parent.name for path in ROOT.glob("*/apps.py")}
        self.assertLessEqual(apps, {copy.split()[0] for copy in self.of("COPY")})

    def test_stages_that_are_copied_from_exist(self) -> None:
        stages = set(re.findall(r" AS (\w+)", " ".join(self.of("FROM"))))
        self.assertEqual(set(re.findall(r"--from=(\w+)", " ".join(self.of("COPY")))), stages)

    def test_its_settings_are_declared(self) -> None:
        names = {name for line in self.of("ENV") for name in re.findall(r"(\w+)=", line)}
        self.assertLessEqual(names, NAMES | OF_LIBRARIES)

    def test_it_does_not_run_as_root(self) -> None:
        self.assertEqual(self.of("USER"), ["smartserver"])

    def test_it_serves_to_the_outside_and_says_whether_it_is_healthy(self) -> None:
        self.assertIn('"serve", "--host", "0.0.0.0"', self.of("CMD")[-1])
        self.assertIn("docker/healthcheck.py", self.of("HEALTHCHECK")[0])


class HealthCheckTests(unittest.TestCase):
    def check(self, *arguments: str) -> int:
        command = [sys.executable, str(ROOT / "docker" / "healthcheck.py"), *arguments]
        return subprocess.run(command, timeout=30).returncode

    def test_it_says_what_the_bridge_says_of_itself(self) -> None:
        chargers = [charger()]
        health = Health(
            read(argparse.Namespace(health_port="0"), {}),
            lambda: {"chargers": chargers, "traffic": {}},
            CollectorRegistry(),
        )
        port = str(health.start())
        self.addCleanup(health.stop)
        self.assertEqual(self.check(port), 0)
        self.assertEqual(self.check(port, "/elsewhere"), 1)
        chargers[0]["is_alive"] = False
        self.assertEqual(self.check(port), 1)

    def test_what_does_not_answer_is_not_healthy(self) -> None:
        self.assertEqual(self.check("1"), 1)
