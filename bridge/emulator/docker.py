"""The container engine of an emulated charger: images, and containers that run, as far as its API shows. Pure.

It answers as the Docker Engine API (version 1.43) does, errors as `{"message": …}` included.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bridge.emulator.exchange import Refused

MAX_IMAGES = MAX_CONTAINERS = 64
MAX_LOG_LINES = 1000
LEAST_MEMORY = 6 * 1024 * 1024
"""The engine takes no smaller limit."""

STDOUT, STDERR = 1, 2

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}", re.ASCII)
_PORT = re.compile(r"([0-9]{1,5})/(tcp|udp|sctp)", re.ASCII)


@dataclass(slots=True)
class Container:
    """Moments are seconds since 1970."""

    id: str
    name: str
    image: str
    image_id: str
    command: list[str]
    env: list[str]
    labels: dict[str, str]
    ports: dict[str, list[int]]
    memory: int
    created: float
    state: str = "created"
    since: float = 0.0
    exit_code: int = 0
    log: list[tuple[int, str]] = field(default_factory=list)

    def write(self, now: float, line: str, stream: int = STDOUT) -> None:
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.log.append((stream, f"{moment} {line}\n"))
        del self.log[:-MAX_LOG_LINES]

    def status(self, now: float) -> str:
        if self.state == "created":
            return "Created"
        seconds = round(now - self.since)
        return (
            f"Up {seconds} seconds" if self.state == "running" else f"Exited ({self.exit_code}) {seconds} seconds ago"
        )


class Engine:
    """All methods raise `Refused` as the engine refuses. Containers are named by their id, a part of it, or a name."""

    def __init__(self) -> None:
        self.images: dict[str, str] = {}
        self.containers: list[Container] = []
        self._made = 0

    def load(self, names: list[str]) -> None:
        for name in names:
            if name not in self.images and len(self.images) >= MAX_IMAGES:
                raise Refused(500, "no space left on device")
            self.images[name] = f"sha256:{self._digest()}"

    def create(self, body: Any, *, name: str, now: float) -> Container:
        fields = _object(body, "body")
        image = _text(fields.get("Image"), "Image")
        if not image:
            raise Refused(400, "no command specified: Image is needed")
        if image not in self.images:
            raise Refused(404, f"No such image: {image}")
        if len(self.containers) >= MAX_CONTAINERS:
            raise Refused(500, "no space left on device")
        container = self._container(fields, image, now)
        if name:
            if not _NAME.fullmatch(name):
                raise Refused(400, f"Invalid container name ({name[:50]})")
            if any(each.name == name for each in self.containers):
                raise Refused(409, f'Conflict. The container name "/{name}" is already in use')
            container.name = name
        self.containers.append(container)
        return container

    def _container(self, fields: Mapping[str, Any], image: str, now: float) -> Container:
        _text(fields.get("Hostname"), "Hostname")
        folder = _text(fields.get("WorkingDir"), "WorkingDir")
        if folder and not folder.startswith("/"):
            raise Refused(400, f"the working directory '{folder[:50]}' is invalid, it needs to be an absolute path")
        for port in _object(fields.get("ExposedPorts"), "ExposedPorts"):
            _port(port)
        host = _object(fields.get("HostConfig"), "HostConfig")
        env = _texts(fields.get("Env"), "Env")
        if not all("=" in each for each in env):
            raise Refused(400, "Env: NAME=VALUE is needed")
        labels = _object(fields.get("Labels"), "Labels")
        if not all(isinstance(value, str) for value in labels.values()):
            raise Refused(400, "Labels: texts are needed")
        digest = self._digest()
        return Container(
            id=digest,
            name=f"emulated_{digest[:8]}",
            image=image,
            image_id=self.images[image],
            command=_texts(fields.get("Cmd"), "Cmd"),
            env=env,
            labels=labels,
            ports=_ports(host.get("PortBindings")),
            memory=_memory(host),
            created=now,
        )

    def find(self, name: str) -> Container:
        for each in self.containers:
            if each.name == name or (len(name) >= 4 and each.id.startswith(name)):
                return each
        raise Refused(404, f"No such container: {name}")

    def start(self, name: str, now: float) -> bool:
        """Whether it was not running yet."""
        container = self.find(name)
        if container.state == "running":
            return False
        for port, numbers in container.ports.items():
            for other in self.containers:
                if other.state == "running" and set(numbers) & set(other.ports.get(port, ())):
                    raise Refused(
                        500,
                        "driver failed programming external connectivity: "
                        f"Bind for 0.0.0.0:{numbers[0]} failed: port is already allocated",
                    )
        container.state, container.since = "running", now
        container.write(now, f"started: {' '.join(container.command)}")
        return True

    def stop(self, name: str, now: float) -> bool:
        """Whether it was running."""
        container = self.find(name)
        if container.state != "running":
            return False
        container.state, container.since, container.exit_code = "exited", now, 0
        container.write(now, "stopped by SIGTERM", STDERR)
        return True

    def restart(self, now: float) -> None:
        """The charger reboots: nothing runs, and without a restart policy nothing starts again."""
        for each in self.containers:
            self.stop(each.id, now)

    def listing(self, now: float, *, everything: bool) -> list[dict[str, Any]]:
        """The newest first."""
        shown = [each for each in reversed(self.containers) if everything or each.state == "running"]
        return [self._shown(each, now) for each in shown]

    def _shown(self, container: Container, now: float) -> dict[str, Any]:
        # A name that has moved on to a newer image no longer says what runs here.
        is_current = self.images.get(container.image) == container.image_id
        return {
            "Id": container.id,
            "Names": [f"/{container.name}"],
            "Image": container.image if is_current else container.image_id,
            "ImageID": container.image_id,
            "Command": " ".join(container.command),
            "Created": round(container.created),
            "Labels": container.labels,
            "State": container.state,
            "Status": container.status(now),
            "Ports": [
                {"PrivatePort": int(port.split("/")[0]), "PublicPort": number, "Type": port.split("/")[1]}
                for port, numbers in container.ports.items()
                for number in numbers
            ],
        }

    def logs(self, name: str, streams: set[int], tail: int | None) -> bytes:
        """The engine's multiplexed stream: of each piece the stream's number, its length, itself."""
        container = self.find(name)
        if not streams:
            raise Refused(400, "Bad parameters: you must choose at least one stream")
        lines = [(stream, text.encode()) for stream, text in container.log if stream in streams]
        lines = lines[max(0, len(lines) - tail) :] if tail is not None else lines
        return b"".join(bytes((stream, 0, 0, 0)) + len(text).to_bytes(4, "big") + text for stream, text in lines)

    def _digest(self) -> str:
        self._made += 1
        return hashlib.sha256(f"emulated {self._made}".encode()).hexdigest()


def _memory(host: Mapping[str, Any]) -> int:
    memory, swap = host.get("Memory", 0), host.get("MemorySwap", 0)
    for name, value in (("Memory", memory), ("MemorySwap", swap)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(400, f"HostConfig.{name}: a number of bytes is needed")
    if memory and memory < LEAST_MEMORY:
        raise Refused(400, "Minimum memory limit allowed is 6MB")
    if memory and 0 < swap < memory:
        raise Refused(400, "Minimum memoryswap limit should be larger than memory limit, see usage")
    assert isinstance(memory, int)
    return memory


def _ports(bindings: Any) -> dict[str, list[int]]:
    ports: dict[str, list[int]] = {}
    for port, places in _object(bindings, "PortBindings").items():
        _port(port)
        if not isinstance(places, list):
            raise Refused(400, "PortBindings: lists are needed")
        for place in places:
            number = _text(_object(place, "PortBindings").get("HostPort"), "HostPort")
            if not number.isascii() or not number.isdigit() or not 0 < int(number[:6]) < 65536:
                raise Refused(400, f"invalid port specification: {number[:20]!r}")
            ports.setdefault(port, []).append(int(number))
    return ports


def _port(text: str) -> None:
    if not _PORT.fullmatch(text):
        raise Refused(400, f"invalid port specification: {text[:20]!r}")


def _object(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Refused(400, f"{name}: an object is needed")
    return value


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 1000:
        raise Refused(400, f"{name}: a text is needed")
    return value


def _texts(value: Any, name: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Refused(400, f"{name}: a list of texts is needed")
    return value
