"""What is unusual about a session: names on its row (`Transaction.remark`), separated by commas.

`docs/tolerance.md` says what each means.
"""

from __future__ import annotations

UNKNOWN_TRANSACTION = "unknown_transaction_id"
STOPPED_BY_STRANGER = "stopped_by_stranger"
NOT_AUTHORIZED = "not_authorized"
MISSING_METER = "missing_meter"
IMPLAUSIBLE_START = "implausible_start_meter"
WENT_BACKWARDS = "meter_went_backwards"
IMPLAUSIBLE_TIME = "implausible_time"
SUPERSEDED = "superseded"
CLOSED_BY_OPERATOR = "closed_by_operator"
LATE_STOP = "late_stop"
GHOST = "ghost"
FOREIGN_RESERVATION = "foreign_reservation"

MAX_LENGTH = 255


def names(remark: str) -> list[str]:
    return remark.split(",") if remark else []


def added(remark: str, name: str) -> str:
    """The remark with this name in it, once."""
    known = names(remark)
    return remark if name in known else ",".join([*known, name])[:MAX_LENGTH]
