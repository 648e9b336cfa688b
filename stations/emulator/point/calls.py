"""How an emulated station answers the calls of a server. Pure.

What it cannot do it says: `NotSupported` for an action that its version knows, `NotImplemented` for
one that it does not (OCPP-J 1.6 section 4.2.3, 2.0.1 part 4 section 4.3). A 1.6 station does all of it:

    answers_core.py       Core, FirmwareManagement
    answers_profiles.py   LocalAuthListManagement, Reservation, SmartCharging
    answers_security.py   the security extension
    triggers.py           RemoteTrigger, and ExtendedTriggerMessage

Of 2.x:

    answers2_batteries.py      swaps of batteries (2.1)
    answers2_charging.py       smart charging and V2X
    answers2_der.py            control of distributed energy resources (2.1)
    answers2_displays.py       block O: messages on its display
    answers2_files.py          block L and the logs of block N
    answers2_monitoring.py     monitors, and of 2.1 periodic event streams
    answers2_provisioning.py   variables, reports, resets, network profiles, customers
    answers2_security.py       certificates
    answers2_sessions.py       local lists, reservations, remote control, availability
    answers2_tariffs.py        tariffs and costs
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stations.emulator.point import (
    answers2_batteries,
    answers2_charging,
    answers2_der,
    answers2_displays,
    answers2_files,
    answers2_monitoring,
    answers2_provisioning,
    answers2_security,
    answers2_sessions,
    answers2_tariffs,
    answers_core,
    answers_profiles,
    answers_security,
    triggers,
)
from stations.emulator.point.model import ChargePointModel
from stations.ocpp import schemas
from stations.ocpp.errors import NOT_IMPLEMENTED, NOT_SUPPORTED, SECURITY_ERROR, CallError
from stations.ocpp.frames import Payload

Answer = Callable[[ChargePointModel, Payload, float], Payload]


def answer(model: ChargePointModel, action: str, payload: Payload, now: float) -> Payload:
    """The CALLRESULT's payload, or `CallError`."""
    if action not in schemas.actions(model.version):
        raise CallError(NOT_IMPLEMENTED, f"{action[:64]} is no action of OCPP {model.version}.")
    answers = ANSWERS[model.version]
    if action not in answers:
        raise CallError(NOT_SUPPORTED, f"{action} is not supported by this station.")
    if model.version != "1.6" and model.registration.status == "Rejected":
        raise CallError(SECURITY_ERROR, "The server has rejected this station.")  # B03
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
    "CancelReservation": answers_profiles.cancel_reservation,
    "CertificateSigned": answers2_security.certificate_signed,
    "ChangeAvailability": answers2_sessions.change_availability,
    "ClearCache": answers_core.clear_cache,
    "ClearChargingProfile": answers2_charging.clear_charging_profile,
    "ClearDisplayMessage": answers2_displays.clear_display_message,
    "ClearVariableMonitoring": answers2_monitoring.clear_variable_monitoring,
    "CostUpdated": answers2_tariffs.cost_updated,
    "CustomerInformation": answers2_provisioning.customer_information,
    "DataTransfer": answers_core.data_transfer,
    "DeleteCertificate": answers2_security.delete_certificate,
    "GetBaseReport": answers2_provisioning.get_base_report,
    "GetChargingProfiles": answers2_charging.get_charging_profiles,
    "GetCompositeSchedule": answers2_charging.get_composite_schedule,
    "GetDisplayMessages": answers2_displays.get_display_messages,
    "GetInstalledCertificateIds": answers2_security.get_installed_certificate_ids,
    "GetLocalListVersion": answers2_sessions.get_local_list_version,
    "GetLog": answers2_files.get_log,
    "GetMonitoringReport": answers2_monitoring.get_monitoring_report,
    "GetReport": answers2_provisioning.get_report,
    "GetTransactionStatus": answers2_sessions.get_transaction_status,
    "GetVariables": answers2_provisioning.get_variables,
    "InstallCertificate": answers2_security.install_certificate,
    "PublishFirmware": answers2_files.publish_firmware,
    "RequestStartTransaction": answers2_sessions.request_start_transaction,
    "RequestStopTransaction": answers2_sessions.request_stop_transaction,
    "ReserveNow": answers2_sessions.reserve_now,
    "Reset": answers2_provisioning.reset,
    "SendLocalList": answers2_sessions.send_local_list,
    "SetChargingProfile": answers2_charging.set_charging_profile,
    "SetDisplayMessage": answers2_displays.set_display_message,
    "SetMonitoringBase": answers2_monitoring.set_monitoring_base,
    "SetMonitoringLevel": answers2_monitoring.set_monitoring_level,
    "SetNetworkProfile": answers2_provisioning.set_network_profile,
    "SetVariableMonitoring": answers2_monitoring.set_variable_monitoring,
    "SetVariables": answers2_provisioning.set_variables,
    "TriggerMessage": triggers.trigger_message,
    "UnlockConnector": answers2_sessions.unlock_connector,
    "UnpublishFirmware": answers2_files.unpublish_firmware,
    "UpdateFirmware": answers2_files.update_firmware,
}

ANSWERS_21: Mapping[str, Answer] = {
    **ANSWERS_2,
    "AFRRSignal": answers2_charging.afrr_signal,
    "AdjustPeriodicEventStream": answers2_monitoring.adjust_periodic_event_stream,
    "ChangeTransactionTariff": answers2_tariffs.change_transaction_tariff,
    "ClearDERControl": answers2_der.clear_der_control,
    "ClearTariffs": answers2_tariffs.clear_tariffs,
    "GetDERControl": answers2_der.get_der_control,
    "GetPeriodicEventStream": answers2_monitoring.get_periodic_event_stream,
    "GetTariffs": answers2_tariffs.get_tariffs,
    "NotifyAllowedEnergyTransfer": answers2_charging.notify_allowed_energy_transfer,
    "RequestBatterySwap": answers2_batteries.request_battery_swap,
    "SetDERControl": answers2_der.set_der_control,
    "SetDefaultTariff": answers2_tariffs.set_default_tariff,
    "UpdateDynamicSchedule": answers2_charging.update_dynamic_schedule,
    "UsePriorityCharging": answers2_charging.use_priority_charging,
}

ANSWERS: Mapping[str, Mapping[str, Answer]] = {"1.6": ANSWERS_16, "2.0.1": ANSWERS_2, "2.1": ANSWERS_21}
