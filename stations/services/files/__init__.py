"""Firmware updates, publications of firmware, diagnostics and logs: asked for, followed to their end.

A station is told a one-time address (`addresses`), and the files go over HTTP (`stations/files`) to and from the
folder of files (`stations/storage.py`). What becomes of a job is in `jobs`.
"""

from __future__ import annotations

from stations.ocpp import files as facts
from stations.services.files.reports import (
    expire_jobs,
    follow,
    follow_boot,
    give_up,
    take_answer,
    take_unpublishing,
)
from stations.services.files.requests import (
    cancel_job,
    publish_firmware,
    request_diagnostics,
    request_log,
    start_firmware_update,
)
from stations.services.files.store import (
    Upload,
    checksum_of,
    delete_firmware,
    named_files,
    note_fetch,
    open_upload,
    receive_file,
    store_firmware,
)

USE_CASES = {facts.PublishStatusReported: follow}
TOLD = {facts.FirmwareUnpublished: take_unpublishing}
UNTOLD = {"PublishFirmware": give_up}

__all__ = [
    "TOLD",
    "UNTOLD",
    "USE_CASES",
    "Upload",
    "cancel_job",
    "checksum_of",
    "delete_firmware",
    "expire_jobs",
    "follow",
    "follow_boot",
    "give_up",
    "named_files",
    "note_fetch",
    "open_upload",
    "publish_firmware",
    "receive_file",
    "request_diagnostics",
    "request_log",
    "start_firmware_update",
    "store_firmware",
    "take_answer",
]
