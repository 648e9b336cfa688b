"""Firmware updates: fetched, checked, installed, and told of (1.6 section 5.19, whitepaper L01, 2.x L01 and L02). Pure.

    DownloadScheduled* ─► Downloading ─► Downloaded ─► SignatureVerified** ─► InstallScheduled* ─► Installing
      ─► Installed ─► reboot                                     UpdateFirmware of 1.6
      ─► InstallRebooting ─► reboot ─► Installed                 all others

States with * only in updates that carry a requestId, ** only in signed ones. What has to wait for sessions to end is
Scheduled (`pending_updates.py`); where it need not, nothing is rebooted while somebody charges.
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
from stations.emulator.point.pending_updates import FETCH, INSTALL, Pending
from stations.ocpp.frames import Payload

if TYPE_CHECKING:
    from stations.emulator.point.station import Station

INSTALL_SECONDS = 10.0
RETRY_SECONDS = 60.0
LOOK_SECONDS = 5.0
RETRIES = 3
"""When the server leaves the number to the station."""

_OVER = (
    "Idle",
    "Installed",
    "InstallationFailed",
    "InstallVerificationFailed",
    "DownloadFailed",
    "InvalidSignature",
)

_IRREVOCABLE = ("Installing", "InstallRebooting")
"""Nothing else can take its place any more (L01.FR.27)."""

PLAIN, SIGNED = "FirmwareStatusNotification", "SignedFirmwareStatusNotification"


@dataclass(slots=True, eq=False)
class _Update:
    url: str
    job: int
    retries: int
    interval: float
    tells: str = PLAIN
    """The call by which the server hears of it."""
    request: int | None = None
    signed: bool = False
    certificate: str = ""
    signature: str = ""
    install_at: datetime | None = None
    content: bytes = b""
    told: str = ""
    """The last status that the server heard of."""


class Firmware:
    def __init__(self, station: Station, while_charging: str = FETCH, *, signed_only: bool = False) -> None:
        self.status = "Idle"
        self.due = inf
        self.fails = False
        """For tests: what is downloaded next cannot be installed."""
        self.flash: Callable[[bytes], bytes] = bytes
        """What its memory holds of what is written into it; tests wear it out."""
        self.signed_only = signed_only
        """Whether it refuses firmware that nobody has signed (L01)."""
        self.pending = Pending(station, while_charging)
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
        """For a TriggerMessage of 1.6: how it stands, or Idle when nothing is going on (sections 4.5, 5.17)."""
        return Message(PLAIN, {"status": self.status if self.busy else "Idle"})

    def numbered_status_message(self, tells: str) -> Message:
        """The same in a call that has a requestId."""
        message = self.status_message()
        if self.busy and self._update is not None and self._update.request is not None:
            message.payload["requestId"] = self._update.request
        return Message(tells, message.payload)

    # -- what the server asks -------------------------------------------------------------

    def update(self, payload: Payload, now: float) -> None:
        """UpdateFirmware of 1.6; a newer one replaces what is under way."""
        update = _Update(
            url=payload["location"],
            job=self._station.new_job(),
            retries=payload.get("retries", RETRIES),
            interval=payload.get("retryInterval", RETRY_SECONDS),
        )
        self._begin(update, parsed(payload["retrieveDate"]), now)

    def update_numbered(self, payload: Payload, now: float, tells: str) -> str:
        """The status of a SignedUpdateFirmware, or of an UpdateFirmware of 2.x, which need not be signed (L02)."""
        firmware = payload["firmware"]
        signed = "signingCertificate" in firmware or "signature" in firmware
        if self.status in _IRREVOCABLE or (self.signed_only and not signed):
            return "Rejected"
        certificate = firmware.get("signingCertificate", "")
        wrong = self._station.security.firmware_signer_problem(certificate, now) if signed else ""
        if wrong:
            self._station.security.report("InvalidFirmwareSigningCertificate", now)
            return wrong
        install = firmware.get("installDateTime")
        update = _Update(
            url=firmware["location"],
            job=self._station.new_job(),
            retries=payload.get("retries", RETRIES),
            interval=payload.get("retryInterval", RETRY_SECONDS),
            tells=tells,
            request=payload["requestId"],
            signed=signed,
            certificate=certificate,
            signature=firmware.get("signature", ""),
            install_at=parsed(install) if install else None,
        )
        status = "AcceptedCanceled" if self.busy else "Accepted"
        self._begin(update, parsed(firmware["retrieveDateTime"]), now)
        return status

    def _begin(self, update: _Update, at: datetime, now: float) -> None:
        self.pending.over(now)
        self._update, self.status = update, "DownloadScheduled"
        start = self._station.when(at)
        if update.request is not None and start > now:
            self._tell("DownloadScheduled", now)
        self.due, self._next = max(now, start), self._download

    # -- download -------------------------------------------------------------------------

    def _download(self, now: float) -> None:
        assert self._update is not None
        if self._waits(FETCH, "DownloadScheduled", now):
            return
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
        if update.signed:
            if not self._station.security.verifies(update.certificate, update.signature, update.content):
                self._tell("InvalidSignature", now)
                self._station.security.report("InvalidFirmwareSignature", now)
                return
            self._tell("SignatureVerified", now)
        if update.request is not None and not update.content:
            self._tell("InstallVerificationFailed", now)  # nothing that could be installed
            return
        self.due, self._next = now, self._install
        if update.install_at is not None and (at := self._station.when(update.install_at)) > now:
            self._tell("InstallScheduled", now)
            self.due = at

    # -- installation ---------------------------------------------------------------------

    def _install(self, now: float) -> None:
        if self._waits(INSTALL, "InstallScheduled", now):
            return
        self._tell("Installing", now)
        self.due, self._next = now + INSTALL_SECONDS, self._finish

    def _waits(self, task: str, status: str, now: float) -> bool:
        """Whether sessions are in the way of what is to be done now; then it is told, and looked at again."""
        assert self._update is not None
        if not self.pending.waits(task, now):
            return False
        if self._update.request is not None and self._update.told != status:
            self._tell(status, now)
        self.due = now + LOOK_SECONDS
        return True

    def _finish(self, now: float) -> None:
        assert self._update is not None
        update, station = self._update, self._station
        if self.fails or not update.content:
            self._tell("InstallationFailed", now)
            return
        if update.request is not None and self.flash(update.content) != update.content:
            self._tell("InstallVerificationFailed", now)
            return
        station.plate = station.plate.with_firmware(_version(update.url, station.plate.firmware))
        if self.pending.occupied and self.pending.while_charging == INSTALL:
            self._installed(now)
            return
        if update.request is None:
            self._tell("Installed", now)
        else:
            self._tell("InstallRebooting", now)
        self.pending.restarting()
        station.registration.boot_reason = "FirmwareUpdate"
        station.reset("Soft", now)

    def started(self, now: float) -> None:
        """The station booted; an update with a requestId is told of only now."""
        if self.status == "InstallRebooting":
            self._installed(now)

    def _installed(self, now: float) -> None:
        self._tell("Installed", now)
        self._station.security.report("FirmwareUpdated", now)

    def _tell(self, status: str, now: float) -> None:
        assert self._update is not None
        self.status = self._update.told = status
        self._station.journal.note(self._station.clock(now), "Firmware", status)
        payload: Payload = {"status": status}
        if self._update.request is not None:
            payload["requestId"] = self._update.request
        self._station.say([Message(self._update.tells, payload)], now)
        if not self.busy:
            self.pending.over(now)


def _version(url: str, present: str) -> str:
    """The version that a file's name tells, as in `firmware-2.4.1.bin`; else the next one."""
    name = urlsplit(url).path.rsplit("/", 1)[-1]
    found = re.search(r"\d+(?:\.\d+)+", name)
    if found:
        return found.group()[:50]
    head, _, last = present.rpartition(".")
    return f"{head}.{int(last) + 1}"
