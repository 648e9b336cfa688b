"""Firmware updates: fetched, checked, installed, and told of (1.6 section 5.19, whitepaper L01). Pure.

    DownloadScheduled* ─► Downloading ─► Downloaded ─► SignatureVerified* ─► InstallScheduled* ─► Installing
      ─► Installed ─► reboot                                     UpdateFirmware
      ─► InstallRebooting ─► reboot ─► Installed                 SignedUpdateFirmware

States with * only in signed updates, which carry a requestId. Installing waits for the sessions to end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stations.emulator.point.clock import parsed
from stations.emulator.point.effects import Download
from stations.emulator.point.message import Message
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

INSTALL_SECONDS = 10.0
RETRY_SECONDS = 60.0
LOOK_SECONDS = 5.0
RETRIES = 3
"""When the server leaves the number to the station."""

_OVER = ("Idle", "Installed", "InstallationFailed", "DownloadFailed", "InvalidSignature")


@dataclass(slots=True, eq=False)
class _Update:
    url: str
    job: int
    retries: int
    interval: float
    request: int | None = None
    """The requestId of a signed update."""
    certificate: str = ""
    signature: str = ""
    install_at: datetime | None = None
    content: bytes = b""


class Firmware:
    def __init__(self, station: Station) -> None:
        self.status = "Idle"
        self.due = inf
        self.fails = False
        """For tests: what is downloaded next cannot be installed."""
        self._station = station
        self._update: _Update | None = None
        self._next: Callable[[float], None] = self._download

    @property
    def busy(self) -> bool:
        return self.status not in _OVER

    def step(self, now: float) -> None:
        self.due = inf
        self._next(now)

    def status_message(self) -> Message:
        """For a TriggerMessage: how it stands, or Idle when nothing is going on (sections 4.5, 5.17)."""
        return Message("FirmwareStatusNotification", {"status": self.status if self.busy else "Idle"})

    def signed_status_message(self) -> Message:
        payload: Payload = {"status": self.status if self.busy else "Idle"}
        if self.busy and self._update is not None and self._update.request is not None:
            payload["requestId"] = self._update.request
        return Message("SignedFirmwareStatusNotification", payload)

    # -- what the server asks -------------------------------------------------------------

    def update(self, payload: Payload, now: float) -> None:
        """UpdateFirmware; a newer one replaces what is under way."""
        update = _Update(
            url=payload["location"],
            job=self._station.new_job(),
            retries=payload.get("retries", RETRIES),
            interval=payload.get("retryInterval", RETRY_SECONDS),
        )
        self._begin(update, parsed(payload["retrieveDate"]), now)

    def update_signed(self, payload: Payload, now: float) -> str:
        """The status of a SignedUpdateFirmware."""
        firmware = payload["firmware"]
        wrong = self._station.security.firmware_signer_problem(firmware["signingCertificate"], now)
        if wrong:
            self._station.security.report("InvalidFirmwareSigningCertificate", now)
            return wrong
        install = firmware.get("installDateTime")
        update = _Update(
            url=firmware["location"],
            job=self._station.new_job(),
            retries=payload.get("retries", RETRIES),
            interval=payload.get("retryInterval", RETRY_SECONDS),
            request=payload["requestId"],
            certificate=firmware["signingCertificate"],
            signature=firmware["signature"],
            install_at=parsed(install) if install else None,
        )
        status = "AcceptedCanceled" if self.busy else "Accepted"
        self._begin(update, parsed(firmware["retrieveDateTime"]), now)
        return status

    def _begin(self, update: _Update, at: datetime, now: float) -> None:
        self._update, self.status = update, "DownloadScheduled"
        start = self._station.when(at)
        if update.request is not None and start > now:
            self._tell("DownloadScheduled", now)
        self.due, self._next = max(now, start), self._download

    # -- download -------------------------------------------------------------------------

    def _download(self, now: float) -> None:
        assert self._update is not None
        self._tell("Downloading", now)
        self._station.want(Download(self._update.job, self._update.url))

    def downloaded(self, job: int, content: bytes | None, now: float) -> None:
        """What the client fetched; a job that was replaced meanwhile has no effect."""
        update = self._update
        if update is None or update.job != job or self.status != "Downloading":
            return
        if content is not None:
            update.content = content
            self._tell("Downloaded", now)
            self._check(update, now)
        elif update.retries > 0:
            update.retries -= 1
            self.due, self._next = now + update.interval, self._download
        else:
            self._tell("DownloadFailed", now)

    def _check(self, update: _Update, now: float) -> None:
        if update.request is not None:
            if not self._station.security.verifies(update.certificate, update.signature, update.content):
                self._tell("InvalidSignature", now)
                self._station.security.report("InvalidFirmwareSignature", now)
                return
            self._tell("SignatureVerified", now)
        self.due, self._next = now, self._install
        if update.install_at is not None and (at := self._station.when(update.install_at)) > now:
            self._tell("InstallScheduled", now)
            self.due = at

    # -- installation ---------------------------------------------------------------------

    def _install(self, now: float) -> None:
        if any(outlet.running for outlet in self._station.outlets):
            self.due, self._next = now + LOOK_SECONDS, self._install
            return
        self._tell("Installing", now)
        self.due, self._next = now + INSTALL_SECONDS, self._finish

    def _finish(self, now: float) -> None:
        assert self._update is not None
        update, station = self._update, self._station
        if self.fails or not update.content:
            self._tell("InstallationFailed", now)
            return
        station.plate = station.plate.with_firmware(_version(update.url, station.plate.firmware))
        if update.request is None:
            self._tell("Installed", now)
        else:
            self._tell("InstallRebooting", now)
        station.reset("Soft", now)

    def started(self, now: float) -> None:
        """The station booted; a signed update is told of only now."""
        if self.status == "InstallRebooting":
            self._tell("Installed", now)
            self._station.security.report("FirmwareUpdated", now)

    def _tell(self, status: str, now: float) -> None:
        self.status = status
        request = self._update.request if self._update is not None else None
        self._station.journal.note(self._station.clock(now), "Firmware", status)
        if request is None:
            message = Message("FirmwareStatusNotification", {"status": status})
        else:
            message = Message("SignedFirmwareStatusNotification", {"status": status, "requestId": request})
        self._station.say([message], now)


def _version(url: str, present: str) -> str:
    """The version that a file's name tells, as in `firmware-2.4.1.bin`; else the next one."""
    name = urlsplit(url).path.rsplit("/", 1)[-1]
    found = re.search(r"\d+(?:\.\d+)+", name)
    if found:
        return found.group()[:50]
    head, _, last = present.rpartition(".")
    return f"{head}.{int(last) + 1}"
