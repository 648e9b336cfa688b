"""What follows from the end of a command: the table of use-cases, by what the answer tells.

An answer becomes a fact (`v16/answers.py`), and the fact finds its use-case in `TOLD`. A command that ended without
an answer that means something (refused, timed out, expired, cancelled) finds one by its action in `UNTOLD`: whoever
waits for its effect has to know that it will not come.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from stations.ocpp import network, told
from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.routes import Reader
from stations.ocpp.v16.answers import ANSWERS as ANSWERS_16
from stations.ocpp.v21.answers import ANSWERS as ANSWERS_21
from stations.ocpp.v201.answers import ANSWERS as ANSWERS_201
from stations.services import batteries, certificates, der, displays, files, monitoring, reports, tariffs
from stations.services.authorization import local_lists, reservations
from stations.services.equipment import configuration, networks, passwords, variables
from stations.services.languages import language_of
from stations.services.sessions import ghosts, remote_starts
from stations.services.settled import Settled
from stations.services.smart_charging import charging
from stations.services.smart_charging import tables as smart_charging

logger = logging.getLogger(__name__)

ANSWERS: Mapping[str, Mapping[str, Reader]] = {"1.6": ANSWERS_16, "2.0.1": ANSWERS_201, "2.1": ANSWERS_21}

TOLD: Mapping[type, Callable[[Batch, Settled, Any], None]] = {
    told.FileJobAnswered: files.take_answer,
    **certificates.TOLD,
    told.ConfigurationRead: configuration.keep_configuration,
    told.ConfigurationChanged: configuration.keep_change,
    told.VariablesTold: variables.keep_variables,
    told.TransactionStatusTold: ghosts.take_transaction_status,
    told.ProfileSet: charging.keep_profile,
    told.ProfilesCleared: charging.forget_profiles,
    told.RemotelyStarted: charging.note_remote_start,
    told.RemoteStartAnswered: remote_starts.take_answer,
    told.Reserved: reservations.keep_reservation,
    told.ReservationCancelled: reservations.keep_cancellation,
    told.LocalListSent: local_lists.keep_local_list,
    told.LocalListVersionRead: local_lists.keep_version,
    network.NetworkProfileSet: networks.keep_profile,
    **batteries.TOLD,
    **der.TOLD,
    **displays.TOLD,
    **files.TOLD,
    **monitoring.TOLD,
    **reports.TOLD,
    **smart_charging.TOLD,
    **tariffs.TOLD,
}

UNTOLD: Mapping[str, Callable[[Batch, Settled], None]] = {
    "ChangeConfiguration": passwords.lose_password,
    "GetDiagnostics": files.give_up,
    "GetLog": files.give_up,
    "ReserveNow": reservations.lose_reservation,
    "SendLocalList": local_lists.lose_local_list,
    "SetNetworkProfile": passwords.lose_password,
    "SetVariables": passwords.lose_password,
    "SignedUpdateFirmware": files.give_up,
    "UpdateFirmware": files.give_up,
    **der.UNTOLD,
    **files.UNTOLD,
}


def check(version: str, action: str, request: Payload, reply: Payload) -> None:
    """`CallError` for an answer that fits its schema and means nothing all the same, such as a number beyond 32 bits.

    A fault of ours is no fault of the answer: it shows when the answer is followed, and costs nothing of it.
    """
    if (read := ANSWERS[version].get(action)) is None:
        return
    try:
        read(request, reply)
    except CallError:
        raise
    except Exception:
        logger.exception("An answer to %s could not be read.", action)


def follow(batch: Batch, settled: Settled) -> None:
    """Do what follows from a command's end."""
    if settled.version not in ANSWERS:
        language_of(settled.version).follow(batch, settled)
        return
    read = ANSWERS[settled.version].get(settled.action) if settled.reply is not None else None
    if read is not None:
        assert settled.reply is not None
        fact = read(settled.request, settled.reply)
        if fact is not None:
            TOLD[type(fact)](batch, settled, fact)
    elif settled.reply is None and (use_case := UNTOLD.get(settled.action)):
        use_case(batch, settled)
