"""Every route of an emulated charger."""

from __future__ import annotations

from bridge.emulator.exchange import Route
from bridge.emulator.routes import controller, docker, outlets, services

ROUTES: tuple[Route, ...] = (*controller.ROUTES, *outlets.ROUTES, *services.ROUTES, *docker.ROUTES)
