"""How an emulated station answers the calls of a server. Pure.

What it cannot do it says: `NotSupported` for an action that its version knows, `NotImplemented` for
one that it does not (OCPP-J 1.6 section 4.2.3, 2.0.1 part 4 section 4.3). A 1.6 station does all of it:

    answers_core.py       Core, FirmwareManagement
    answers_profiles.py   LocalAuthListManagement, Reservation, SmartCharging
    answers_security.py   the security extension
    triggers.py           RemoteTrigger, and ExtendedTriggerMessage

Of 2.x:

    answers2_displays.py       block O: messages on its display
    answers2_files.py          block L and the logs of block N
    answers2_provisioning.py   variables, reports, resets, network profiles, customers
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stations.emulator.point import (
    answers2_displays,
    answers2_files,
    answers2_provisioning,
    answers_core,
    answers_profiles,
    answers_security,
    triggers,
)
from stations.emulator.point.model import ChargePointModel
from stations.ocpp import schemas
from stations.ocpp.errors import NOT_IMPLEMENTED, NOT_SUPPORTED, CallError
from stations.ocpp.frames import Payload

Answer = Callable[[ChargePointModel, Payload, float], Payload]


def answer(model: ChargePointModel, action: str, payload: Payload, now: float) -> Payload:
    """The CALLRESULT's payload, or `CallError`."""
    if action not in schemas.actions(model.version):
        raise CallError(NOT_IMPLEMENTED, f"{action[:64]} is no action of OCPP {model.version}.")
    answers = ANSWERS_16 if model.version == "1.6" else ANSWERS_2
    if action not in answers:
        raise CallError(NOT_SUPPORTED, f"{action} is not supported by this station.")
    if problems := schemas.request_problems(model.version, action, payload):
        raise CallError(problems[0].code, problems[0].message)
    model.journal.note(model.clock(now), action, "received")
    return answers[action](model, payload, now)


ANSWERS_16: Mapping[str, Answer] = {
    "CancelReservation": answers_profiles.cancel_reservation,
    "CertificateSigned": answers_security.certificate_signed,
    "ChangeAvailability": answers_core.change_availability,
    "ChangeConfiguration": answers_core.change_configuration,
    "ClearCache": answers_core.clear_cache,
    "ClearChargingProfile": answers_profiles.clear_charging_profile,
    "DataTransfer": answers_core.data_transfer,
    "DeleteCertificate": answers_security.delete_certificate,
    "ExtendedTriggerMessage": triggers.extended_trigger_message,
    "GetCompositeSchedule": answers_profiles.get_composite_schedule,
    "GetConfiguration": answers_core.get_configuration,
    "GetDiagnostics": answers_core.get_diagnostics,
    "GetInstalledCertificateIds": answers_security.get_installed_certificate_ids,
    "GetLocalListVersion": answers_profiles.get_local_list_version,
    "GetLog": answers_security.get_log,
    "InstallCertificate": answers_security.install_certificate,
    "RemoteStartTransaction": answers_core.remote_start_transaction,
    "RemoteStopTransaction": answers_core.remote_stop_transaction,
    "ReserveNow": answers_profiles.reserve_now,
    "Reset": answers_core.reset,
    "SendLocalList": answers_profiles.send_local_list,
    "SetChargingProfile": answers_profiles.set_charging_profile,
    "SignedUpdateFirmware": answers_security.signed_update_firmware,
    "TriggerMessage": triggers.trigger_message,
    "UnlockConnector": answers_core.unlock_connector,
    "UpdateFirmware": answers_core.update_firmware,
}

ANSWERS_2: Mapping[str, Answer] = {
    "ClearCache": answers_core.clear_cache,
    "ClearDisplayMessage": answers2_displays.clear_display_message,
    "CustomerInformation": answers2_provisioning.customer_information,
    "DataTransfer": answers_core.data_transfer,
    "GetBaseReport": answers2_provisioning.get_base_report,
    "GetDisplayMessages": answers2_displays.get_display_messages,
    "GetLog": answers2_files.get_log,
    "GetReport": answers2_provisioning.get_report,
    "GetTransactionStatus": answers_core.get_transaction_status,
    "GetVariables": answers2_provisioning.get_variables,
    "PublishFirmware": answers2_files.publish_firmware,
    "Reset": answers2_provisioning.reset,
    "SetDisplayMessage": answers2_displays.set_display_message,
    "SetNetworkProfile": answers2_provisioning.set_network_profile,
    "SetVariables": answers2_provisioning.set_variables,
    "TriggerMessage": triggers.trigger_message,
    "UnpublishFirmware": answers2_files.unpublish_firmware,
    "UpdateFirmware": answers2_files.update_firmware,
}
