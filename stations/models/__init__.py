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
         ├─ Monitoring, Monitor, MonitoringEvent                       monitoring
         ├─ EventStream ─── StreamValue (high volume)
         ├─ FileJob ─── FirmwareFile                                   files
         ├─ Certificate, SigningRequest                                certificates
         ├─ NetworkProfile    (2.x)                                    networks
         └─ Report ─── ReportedPart                                    reports
KnockingStation: identities that tried to connect and are not known. VariableTemplate: what variables should be.
"""

from stations.models.certificates import Certificate, SigningRequest
from stations.models.charging import IdToken, IdTokenGroup, MeterHour, MeterValue, Transaction, TransactionEvent
from stations.models.control import ChargingProfile, Command, ConfigurationKey, LocalList, Reservation
from stations.models.equipment import EVSE, Connector, KnockingStation, Registration, State, Station, Variable
from stations.models.files import FileJob, FirmwareFile
from stations.models.monitoring import EventStream, Monitor, Monitoring, MonitoringEvent, StreamValue
from stations.models.networks import NetworkProfile
from stations.models.records import Message, Quirk, SecurityEvent
from stations.models.reports import Report, ReportedPart
from stations.models.templates import VariableTemplate

__all__ = [
    "EVSE",
    "Certificate",
    "ChargingProfile",
    "Command",
    "ConfigurationKey",
    "Connector",
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
    "SigningRequest",
    "State",
    "Station",
    "StreamValue",
    "Transaction",
    "TransactionEvent",
    "Variable",
    "VariableTemplate",
]
