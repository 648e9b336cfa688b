"""Firmware, logs and what local controllers publish (1.6 section 5.19, whitepaper L01 and N01, 2.x blocks L and N).

Orders are what stations are asked to do with files, whatever the version: a module `files` of each version writes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`request`: the requestId, where OCPP has one. `retries`, and seconds between them: None leaves it to the station."""

    request: int
    location: str
    retries: int | None = None
    retry_interval: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(Order):
    """Fetch firmware and install it. `signature` (base64) and `certificate` (PEM): for the station's check."""

    retrieve_at: datetime
    install_at: datetime | None = None
    certificate: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(Order):
    """Upload what was noted from `oldest` to `latest`. `log_type`: DiagnosticsLog, SecurityLog or DataCollectorLog."""

    log_type: str = ""
    oldest: datetime | None = None
    latest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication(Order):
    """Fetch firmware and publish it for other stations (L03). `checksum`: MD5 of the file, in hexadecimal."""

    checksum: str


@dataclass(frozen=True, slots=True)
class PublishStatusReported:
    """How far a local controller is with publishing (L03). `locations`: where the file is, once it is Published."""

    status: str
    request: int | None = None
    locations: tuple[str, ...] = ()


Fact = PublishStatusReported


@dataclass(frozen=True, slots=True)
class FirmwareUnpublished:
    """A local controller's word on the end of a publication (L04). `status`: Unpublished, NoFirmware, DownloadOngoing."""

    checksum: str
    status: str


Told = FirmwareUnpublished
