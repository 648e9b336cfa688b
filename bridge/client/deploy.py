"""Bringing the bridge onto a charger: image, container, start. One engine call a step, and each says what failed.

The container's limits are those that chargers have room for: 512 MiB of memory, no swap beyond it, port 3020.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.client.charger_docker import ChargerDocker, Container, DeployError

IMAGE = "noc-bridge:latest"
NAME = "noc-bridge"
LABEL = "smart-server.name"
"""Our containers carry their name in a label: a charger's API may give no way to name them otherwise."""

COMMAND = ("python", "manage.py", "run_noc_bridge")
PORT = 3020
MEMORY_BYTES = 512 * 1024 * 1024
SPOOL = "/data"
SECRETS = frozenset({"CMS_KEY"})
MASK = "•••"

RESTARTS = ("no", "always", "unless-stopped", "on-failure")


@dataclass(frozen=True, slots=True)
class Order:
    """`volume`: the name of a volume that keeps the spool; `restart`: what the engine does when the bridge ends."""

    tar: Path
    image: str = IMAGE
    name: str = NAME
    env: Mapping[str, str] = field(default_factory=dict)
    volume: str = ""
    restart: str = ""
    replace: bool = False


def container_body(order: Order) -> dict[str, Any]:
    """The body of `containers/create`."""
    host: dict[str, Any] = {
        "Memory": MEMORY_BYTES,
        "MemorySwap": MEMORY_BYTES,
        "PortBindings": {f"{PORT}/tcp": [{"HostPort": str(PORT)}]},
    }
    if order.volume:
        host["Binds"] = [f"{order.volume}:{SPOOL}"]
    if order.restart:
        host["RestartPolicy"] = {"Name": order.restart}
    return {
        "Image": order.image,
        "WorkingDir": "/app",
        "Cmd": list(COMMAND),
        "Hostname": "",
        "Env": [f"{name}={value}" for name, value in order.env.items()],
        "Labels": {LABEL: order.name},
        "ExposedPorts": {f"{PORT}/tcp": {}},
        "HostConfig": host,
    }


def shown_body(order: Order) -> dict[str, Any]:
    """The same for people: without secrets."""
    env = [f"{name}={MASK if name in SECRETS and value else value}" for name, value in order.env.items()]
    return container_body(order) | {"Env": env}


def ours(containers: Sequence[Container], order: Order) -> list[Container]:
    """The containers of this name; where an engine forgets labels, those of this image."""
    return [
        each
        for each in containers
        if (each.labels[LABEL] == order.name if LABEL in each.labels else _is_named(each, order))
    ]


def _is_named(container: Container, order: Order) -> bool:
    return order.name in container.names or container.image == order.image


def deploy(
    docker: ChargerDocker, order: Order, *, report: Callable[[str], object], progress: Callable[[int], object]
) -> str:
    """Put the bridge onto the charger; the new container's id. `DeployError` names the step that failed.

    What runs there goes on until its successor can be created, and runs again when that does not start.
    """
    running = [each for each in ours(docker.containers(), order) if each.is_running]
    if running and not order.replace:
        raise DeployError(
            f"The container {order.name} runs already ({running[0].id[:12]}); --replace puts a new one in its place."
        )
    docker.load(order.tar, progress)
    report(f"Image {order.image} is on the charger.")
    created = docker.create(container_body(order))
    report(f"Container {created[:12]} is created.")
    stopped: list[Container] = []
    try:
        for each in running:  # they hold the port
            docker.stop(each.id)
            stopped.append(each)
            report(f"Container {each.id[:12]} is stopped.")
        docker.start(created)
    except DeployError as error:
        _go_back(docker, stopped, report)
        raise error from None
    report(f"Container {created[:12]} is started.")
    return created


def _go_back(docker: ChargerDocker, stopped: Sequence[Container], report: Callable[[str], object]) -> None:
    for each in stopped:
        try:
            docker.start(each.id)
            report(f"Container {each.id[:12]} runs again.")
        except DeployError as error:
            report(f"Container {each.id[:12]} could not be started again. {error}")


def stop(docker: ChargerDocker, order: Order) -> list[Container]:
    """Stop what runs under this name; which containers that were."""
    running = [each for each in ours(docker.containers(), order) if each.is_running]
    for each in running:
        docker.stop(each.id)
    return running


def newest(docker: ChargerDocker, order: Order) -> Container:
    """The container of this name that runs, else the newest that did."""
    found = ours(docker.containers(), order)
    if not found:
        raise DeployError(f"There is no container {order.name} on the charger.")
    return next((each for each in found if each.is_running), found[0])
