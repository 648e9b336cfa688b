"""What the answers to our calls tell, for OCPP 1.6: (request, answer) → fact.

Actions whose answer is no more than its status (Reset, UnlockConnector, …) need no line here: the
status is kept with the command.
"""

from __future__ import annotations

from collections.abc import Mapping

from stations.ocpp.routes import Reader
from stations.ocpp.v16 import certificates, charging, configuration, files, local_list, reservation

ANSWERS: Mapping[str, Reader] = {
    "CancelReservation": reservation.read_cancelled,
    "CertificateSigned": certificates.read_signed,
    "ChangeConfiguration": configuration.read_change,
    "ClearChargingProfile": charging.read_clear_profile,
    "DeleteCertificate": certificates.read_delete,
    "GetConfiguration": configuration.read_configuration,
    "GetDiagnostics": files.read_diagnostics,
    "GetInstalledCertificateIds": certificates.read_list,
    "GetLocalListVersion": local_list.read_list_version,
    "GetLog": files.read_log,
    "InstallCertificate": certificates.read_install,
    "RemoteStartTransaction": charging.read_remote_start,
    "ReserveNow": reservation.read_reserved,
    "SendLocalList": local_list.read_list_sent,
    "SetChargingProfile": charging.read_set_profile,
    "SignedUpdateFirmware": files.read_signed_update,
    "UpdateFirmware": files.read_update,
}
