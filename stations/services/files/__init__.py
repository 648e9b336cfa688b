"""Firmware updates, diagnostics and logs: asked for, followed to their end.

A station is told a one-time address (`addresses`), and the files go over HTTP (`stations/files`) to and from the
folder of files (`stations/storage.py`). What becomes of a job is in `jobs`.
"""

from __future__ import annotations

from stations.services.files.reports import expire_jobs, follow, follow_boot, give_up, take_answer
from stations.services.files.requests import cancel_job, request_diagnostics, request_log, start_firmware_update
from stations.services.files.store import (
    Upload,
    delete_firmware,
    named_files,
    note_fetch,
    open_upload,
    receive_file,
    store_firmware,
)

__all__ = [
    "Upload",
    "cancel_job",
    "delete_firmware",
    "expire_jobs",
    "follow",
    "follow_boot",
    "give_up",
    "named_files",
    "note_fetch",
    "open_upload",
    "receive_file",
    "request_diagnostics",
    "request_log",
    "start_firmware_update",
    "store_firmware",
    "take_answer",
]
