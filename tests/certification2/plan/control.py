"""Blocks F to H: remote control, availability, reservations."""

from __future__ import annotations

REMOTE = """
F_01 cs Remote start: plugged in first
F_02 cs Remote start first, and the token is asked about
F_03 cs Remote start first, and the token is taken as it is
F_04 cs Remote start first, and nobody plugs in
F_05 s  Unlock while a transaction runs
F_06 cs Unlock without a transaction
F_07 s  Unlock where there is no cable
F_08 s  Remote stop
F_09 s  Remote stop of a transaction that there is not
F_10 s  Unlock a connector that there is not
F_11 cs Trigger meter values of an EVSE
F_12 cs Trigger meter values of all EVSEs
F_13 cs Trigger the transaction of an EVSE
F_14 cs Trigger the transactions of all EVSEs
F_15 cs Trigger the status of logs: idle
F_16 s  Trigger the status of logs: uploading
F_17 s  Trigger the status of firmware, with an EVSE that does not matter
F_18 cs Trigger the status of firmware: idle
F_19 s  Trigger the status of firmware: downloading
F_20 cs Trigger a heartbeat
F_23 cs Trigger a status: available
F_24 cs Trigger a status: occupied
F_26 s  Trigger a boot of a station that is accepted
F_27 cs Trigger what the station cannot tell
F_100 cs Trigger something of the vendor's own
"""

AVAILABILITY = """
G_01 cs Status: available, then occupied
G_02 s  Status: occupied, then available
G_03 cs An EVSE goes out of service
G_04 cs An EVSE comes back into service
G_05 cs The station goes out of service
G_06 cs The station comes back into service
G_07 cs A connector goes out of service
G_08 cs A connector comes back into service
G_09 s  An EVSE is in service already
G_10 s  An EVSE is out of service already
G_11 cs An EVSE goes out of service after its transaction
G_12 s  The station is in service already
G_13 s  The station is out of service already
G_14 cs The station goes out of service after its transactions
G_15 s  A connector is in service already
G_16 s  A connector is out of service already
G_17 cs A connector goes out of service after its transaction
G_18 s  An EVSE stays out of service after a boot
G_19 s  A connector stays out of service after a boot
G_20 cs The lock fails
G_21 s  The station stays out of service after a boot
"""

RESERVATION = """
H_01 cs Reserve an EVSE, and use it
H_02 s  Reserve an EVSE: another token is refused
H_03 s  Reserve an EVSE that is reserved
H_04 s  Reserve an EVSE that is occupied
H_06 s  Reserve an EVSE that is out of service
H_07 cs A reservation that is not used ends
H_08 cs Reserve any EVSE
H_09 s  Reserve any EVSE where all are reserved
H_10 s  Reserve any EVSE where all are occupied
H_12 s  Reserve any EVSE where all are out of service
H_13 s  Reserve any EVSE: rejected
H_14 cs As many reservations as EVSEs
H_15 cs Reserve a connector of a type
H_16 s  As many reservations as connectors of a type
H_17 cs Cancel a reservation
H_18 s  Cancel a reservation that there is not
H_19 cs A token of the same group uses it
H_20 cs The station cancels it: a fault
H_21 s  The station cancels it: out of service
H_22 cs Reserve at a station that takes no reservations
H_23 s  Replace a reservation
H_24 s  Reserve any EVSE for a group
"""

BLOCKS = {"F: Remote control": REMOTE, "G: Availability": AVAILABILITY, "H: Reservation": RESERVATION}
