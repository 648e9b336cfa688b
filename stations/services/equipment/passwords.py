"""The password with which a station logs in, while it changes: an answer that gets lost must not lock it out.

It travels as the key AuthorizationKey (1.6, security whitepaper A01) or the variable SecurityCtrlr.BasicAuthPassword
(2.x A01), or in a network profile (2.1, `network_passwords.py`).
"""

from __future__ import annotations

from django.db.models import F

from smartserver.core.batch import Batch
from smartserver.core.credentials import hash_key
from stations.models import Command, Station
from stations.ocpp.frames import Payload
from stations.services.equipment.configuration_rules import password_in
from stations.services.equipment.network_passwords import network_password_in
from stations.services.messages import CONNECTION_LOST
from stations.services.settled import Settled

ACCEPTED, REBOOT_REQUIRED = "Accepted", "RebootRequired"


def expect_password(*, station_id: int, action: str, payload: Payload) -> None:
    """A call leaves. If it brings a password, the station may have it before its answer arrives.

    From now on either password is right: an answer that is lost would lock the station out for ever.
    """
    if (password := _brought(station_id, action, payload)) is not None:
        Station.objects.filter(pk=station_id).update(next_password_hash=hash_key(password))


def take_next_password(batch: Batch, *, station_id: int) -> None:
    """The station has connected with its next password: from now on that is the only one."""
    Station.objects.filter(pk=station_id).exclude(next_password_hash="").update(
        password_hash=F("next_password_hash"), next_password_hash=""
    )


def keep_password(station_id: int, password: str, status: str) -> None:
    """What the station said to its new password."""
    station = Station.objects.filter(pk=station_id)
    hashed = hash_key(password)
    if status == ACCEPTED:
        station.update(password_hash=hashed, next_password_hash="")
    elif status == REBOOT_REQUIRED:
        station.update(next_password_hash=hashed)  # until then it connects with the old one
    else:
        station.update(next_password_hash="")


def lose_password(batch: Batch, settled: Settled) -> None:
    """A change ended without an answer. A station that answered CALLERROR has not changed anything."""
    command = settled.command
    doubtful = command.state == Command.State.TIMED_OUT or command.result == CONNECTION_LOST
    if _brought(settled.station_id, settled.action, settled.request) is not None and not doubtful:
        Station.objects.filter(pk=settled.station_id).update(next_password_hash="")


def _brought(station_id: int, action: str, payload: Payload) -> str | None:
    """The password that a call brings: for now, or with a network profile for later."""
    password = password_in(action, payload)
    return network_password_in(station_id, action, payload) if password is None else password
