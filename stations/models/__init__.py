"""Charging stations and what they report, version-neutral.

Station ─┬─ EVSE ─── Connector                                       equipment
         ├─ Transaction ─── TransactionEvent   IdToken ─ IdTokenGroup  charging
         ├─ MeterValue        (high volume), MeterHour
         ├─ Message           (high volume: one row per exchange)      records
         ├─ Quirk             (tolerance rules that were needed)
         ├─ SecurityEvent
         ├─ Variable          (device model of 2.x)
         ├─ Command           (what is asked of it)                    control
         ├─ ConfigurationKey, ChargingProfile, Reservation, LocalList
         ├─ ChargingLimit, ChargingNeeds, EVSchedule                    smart_charging
         │  Transaction ─── ChargingTerms
         ├─ DisplayMessage    (what a 2.x station shows)               displays
         ├─ Monitoring, Monitor, MonitoringEvent                       monitoring
         ├─ EventStream ─── StreamValue (high volume)
         ├─ FileJob ─── FirmwareFile                                   files
         └─ Certificate, SigningRequest                                certificates
Contract, CertificateStatus: of vehicles and responders                iso15118
         ├─ Certificate, SigningRequest                                certificates
         ├─ BatterySwap ─── SwappedBattery                             batteries
         └─ DERControl, DERAlarm                                       der
         ├─ NetworkProfile    (2.x)                                    networks
         └─ Report ─── ReportedPart                                    reports
KnockingStation: identities that tried to connect and are not known. VariableTemplate: what variables should be.
         ├─ Certificate, SigningRequest                                certificates
         └─ StationTariff, Settlement, WebPayment, WebPaymentCode   Tariff ── TariffAssignment   tariffs
Transaction ─── SessionCost
KnockingStation: identities that tried to connect and are not known.
"""

from stations.models.batteries import BatterySwap, SwappedBattery
from stations.models.certificates import Certificate, SigningRequest
from stations.models.charging import IdToken, IdTokenGroup, MeterHour, MeterValue, Transaction, TransactionEvent
from stations.models.control import ChargingProfile, Command, ConfigurationKey, LocalList, Reservation
from stations.models.der import DERAlarm, DERControl
from stations.models.displays import DisplayMessage
from stations.models.equipment import EVSE, Connector, KnockingStation, Registration, State, Station, Variable
from stations.models.files import FileJob, FirmwareFile
from stations.models.iso15118 import CertificateStatus, Contract
from stations.models.monitoring import EventStream, Monitor, Monitoring, MonitoringEvent, StreamValue
from stations.models.networks import NetworkProfile
from stations.models.records import Message, Quirk, SecurityEvent
from stations.models.reports import Report, ReportedPart
from stations.models.smart_charging import ChargingLimit, ChargingNeeds, ChargingTerms, EVSchedule
from stations.models.tariffs import (
    SessionCost,
    Settlement,
    StationTariff,
    Tariff,
    TariffAssignment,
    WebPayment,
    WebPaymentCode,
)
from stations.models.templates import VariableTemplate

__all__ = [
    "EVSE",
    "BatterySwap",
    "Certificate",
    "CertificateStatus",
    "ChargingLimit",
    "ChargingNeeds",
    "ChargingProfile",
    "ChargingTerms",
    "Command",
    "ConfigurationKey",
    "Connector",
    "Contract",
    "DERAlarm",
    "DERControl",
    "DisplayMessage",
    "EVSchedule",
    "EventStream",
    "FileJob",
    "FirmwareFile",
    "IdToken",
    "IdTokenGroup",
    "KnockingStation",
    "LocalList",
    "Message",
    "MeterHour",
    "MeterValue",
    "Monitor",
    "Monitoring",
    "MonitoringEvent",
    "NetworkProfile",
    "Quirk",
    "Registration",
    "Report",
    "ReportedPart",
    "Reservation",
    "SecurityEvent",
    "SessionCost",
    "Settlement",
    "SigningRequest",
    "State",
    "Station",
    "StationTariff",
    "StreamValue",
    "SwappedBattery",
    "Tariff",
    "TariffAssignment",
    "Transaction",
    "TransactionEvent",
    "Variable",
    "VariableTemplate",
    "WebPayment",
    "WebPaymentCode",
]
