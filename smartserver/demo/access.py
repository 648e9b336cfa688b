"""Where the demo fleet may run, and who may start it.

It is for development: only an open server lets unknown stations in. There, anybody may start it while the server
listens on a loopback address, because then everybody is somebody on this machine; SMARTSERVER_DEMO allows it to
administrators on any other address, and forbids it everywhere when it is 0.
"""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings

from devices.models import DeviceState, SolMate
from smartserver.accounts.roles import Role
from smartserver.core.errors import Conflict
from stations.models import State, Station

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (compared, not bound)
"""Addresses on which a server listens that are none to connect to, and those that are."""


def reason_against() -> str:
    """Why there can be no demo fleet on this server; empty when there can."""
    if settings.DEMO is False:
        return "SMARTSERVER_DEMO switches the demo fleet off."
    if not settings.OPEN:
        return "A closed server lets no unknown stations in, so there can be no demo fleet."
    if settings.REDIS_URL:
        return "The demo fleet is for a server of one process."
    if settings.DEMO is None and not is_loopback():
        return "The demo fleet runs on a server for this machine only, or where SMARTSERVER_DEMO allows it."
    return ""


def may_switch(role: Role | None) -> bool:
    """Whether somebody in this role may start and stop it, where there can be one."""
    return role is not None and (role >= Role.ADMINISTRATOR or is_loopback())


def refuse_company() -> None:
    """`Conflict` when somebody is connected: emulated devices would take the places of real ones."""
    if Station.objects.filter(state=State.ONLINE).exists() or SolMate.objects.filter(state=DeviceState.ONLINE).exists():
        raise Conflict("Stations or devices are connected already; the demo fleet is for an empty server.")


def is_loopback() -> bool:
    try:
        return settings.SERVED_HOST == "localhost" or ip_address(settings.SERVED_HOST).is_loopback
    except ValueError:
        return False


def own_address() -> str:
    """Host and port under which this machine reaches this server."""
    host = ANYWHERE.get(settings.SERVED_HOST, settings.SERVED_HOST) or "127.0.0.1"
    return f"{f'[{host}]' if ':' in host else host}:{settings.SERVED_AT.rpartition(':')[2]}"
