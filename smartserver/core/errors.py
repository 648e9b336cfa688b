"""The errors that the server tells other people about.

    SmartServerError            code            HTTP status
    ├── BadInput                bad_input       400
    │   └── BadQuery            bad_query       400
    ├── NotAuthenticated        unauthorized    401
    ├── Forbidden               forbidden       403
    ├── NotFound                not_found       404
    └── Unavailable             unavailable     503

`str(error)` is a sentence for the person who caused it; it never holds secrets or internals.
"""

from __future__ import annotations


class SmartServerError(Exception):
    """Base of all errors with a text for users."""

    code = "error"
    status = 500


class BadInput(SmartServerError):
    code = "bad_input"
    status = 400


class BadQuery(BadInput):
    code = "bad_query"


class NotAuthenticated(SmartServerError):
    code = "unauthorized"
    status = 401


class Forbidden(SmartServerError):
    code = "forbidden"
    status = 403


class NotFound(SmartServerError):
    code = "not_found"
    status = 404


class Unavailable(SmartServerError):
    """The server cannot store anything just now; the sender should try again."""

    code = "unavailable"
    status = 503
