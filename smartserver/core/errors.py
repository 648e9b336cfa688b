"""The errors that the server tells other people about.

    SmartServerError            code            HTTP status
    ├── BadInput                bad_input       400
    │   ├── BadQuery            bad_query       400
    │   ├── UnknownAction       unknown_action  400
    │   └── InvalidPayload      invalid_payload 400
    ├── NotAuthenticated        unauthorized    401
    ├── Forbidden               forbidden       403
    ├── NotFound                not_found       404
    ├── Conflict                conflict        409
    └── Unavailable             unavailable     503

`str(error)` is a sentence for the person who caused it; it never holds secrets or internals.
`details` are what a program can use of it.
"""

from __future__ import annotations

from typing import Any


class SmartServerError(Exception):
    """Base of all errors with a text for users."""

    code = "error"
    status = 500

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message)
        self.details = details


class BadInput(SmartServerError):
    code = "bad_input"
    status = 400


class BadQuery(BadInput):
    code = "bad_query"


class UnknownAction(BadInput):
    """`actions`: those that there are."""

    code = "unknown_action"


class InvalidPayload(BadInput):
    """`problems`: a list of {path, reason}."""

    code = "invalid_payload"


class NotAuthenticated(SmartServerError):
    code = "unauthorized"
    status = 401


class Forbidden(SmartServerError):
    code = "forbidden"
    status = 403


class NotFound(SmartServerError):
    code = "not_found"
    status = 404


class Conflict(SmartServerError):
    """What is asked does not fit what is already there."""

    code = "conflict"
    status = 409


class Unavailable(SmartServerError):
    """The server cannot store anything just now; the sender should try again."""

    code = "unavailable"
    status = 503
