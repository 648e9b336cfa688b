"""Calls that are an administrator's, whichever way they are asked for.

Those that change who is trusted, and raw ones that have a station install what lies anywhere: operators install the
files that an administrator has put on this server.
"""

from __future__ import annotations

from rest_framework.request import Request

from smartserver.accounts.roles import Role
from smartserver.api.permissions import role_of_request
from smartserver.core.errors import Forbidden
from stations.ocpp.frames import Payload
from stations.services.languages import is_of_administrators
from stations.services.secrets import mask

OF_ADMINISTRATORS = frozenset(
    {
        "CertificateSigned",
        "DeleteCertificate",
        "InstallCertificate",
        "PublishFirmware",
        "SetNetworkProfile",
        "SignedUpdateFirmware",
        "UpdateFirmware",
    }
)

MAY_SET_PASSWORDS = frozenset({"ChangeConfiguration", "SetVariables"})


def without_secrets(action: str, payload: Payload) -> Payload:
    """The payload as the audit log keeps it. It may still be of any form: it has not been checked yet."""
    try:
        return mask(action, payload)
    except (AttributeError, LookupError, TypeError, ValueError):
        return {}


def require_for(request: Request, action: str, payload: Payload) -> None:
    """`Forbidden` for who may not ask this of a station."""
    secret = action in MAY_SET_PASSWORDS and without_secrets(action, payload) != payload
    role = role_of_request(request)
    if (secret or action in OF_ADMINISTRATORS or is_of_administrators(action, payload)) and (
        role is None or role < Role.ADMINISTRATOR
    ):
        what = "Passwords of stations" if secret else action
        raise Forbidden(f"{what}: only administrators may do this.")
