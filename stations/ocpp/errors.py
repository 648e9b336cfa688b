"""OCPP error codes, and the exception that becomes a CALLERROR.

1.6 spells two codes in its own way (OCPP-J 1.6 section 4.2.3); 2.x corrects them (OCPP-J 2.0.1
section 4.3). Inside the server the codes of 2.x are used; `code_for` writes them as a version does.
"""

from __future__ import annotations

from typing import Any

FORMAT_VIOLATION = "FormatViolation"
GENERIC_ERROR = "GenericError"
INTERNAL_ERROR = "InternalError"
MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
NOT_IMPLEMENTED = "NotImplemented"
NOT_SUPPORTED = "NotSupported"
OCCURRENCE_VIOLATION = "OccurrenceConstraintViolation"
PROPERTY_VIOLATION = "PropertyConstraintViolation"
PROTOCOL_ERROR = "ProtocolError"
RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
SECURITY_ERROR = "SecurityError"
TYPE_VIOLATION = "TypeConstraintViolation"

_SPELLED_IN_16 = {
    FORMAT_VIOLATION: "FormationViolation",
    OCCURRENCE_VIOLATION: "OccurenceConstraintViolation",
    RPC_FRAMEWORK_ERROR: "GenericError",
    MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
}


def code_for(version: str, code: str) -> str:
    """`code` as this version of OCPP spells it."""
    return _SPELLED_IN_16.get(code, code) if version == "1.6" else code


class CallError(Exception):
    """The call cannot be processed; the peer is told `code`, `description` and `details`."""

    def __init__(self, code: str, description: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description[:255]
        self.details = details or {}
