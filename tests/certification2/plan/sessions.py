"""Blocks C to E: authorization, local lists, transactions."""

from __future__ import annotations

AUTHORIZATION = """
C_02 cs Start on site: an unknown token
C_04 s  Stop on site: a valid token of somebody else
C_05 s  Start on site: an invalid token, and the cable
C_06 cs Start on site: a blocked token
C_07 cs Start on site: an expired token
C_08 cs Cache: accepted
C_09 s  Cache: invalid, and not accepted by the server
C_10 s  Cache: blocked
C_11 s  Cache: expired
C_12 s  Cache: invalid, but accepted by the server
C_13 s  Cache: accepted, and plugged in later
C_14 s  Cache: a master pass starts nothing
C_15 s  Cache: refused later, and some energy is left
C_16 s  Cache: refused later, and the transaction ends
C_17 s  Cache: refused later, and energy stops
C_18 s  Cache: refused later, some energy is left, and the transaction ends
C_20 c  Cache: the server finds the token invalid
C_21 s  Offline, local list: accepted
C_22 s  Offline, local list: invalid
C_23 s  Offline, local list: blocked
C_24 s  Offline, local list: expired
C_25 s  Offline: the local list goes before the cache
C_26 s  Offline: an unknown token
C_27 s  Local list: accepted without asking
C_28 s  Local list: invalid, and not accepted by the server
C_29 s  Local list: blocked
C_30 s  Local list: expired
C_31 s  Local list: invalid, but accepted by the server
C_32 s  The cache outlasts a boot
C_33 s  The cache follows the answer to Authorize
C_34 s  The cache follows the answer to TransactionEvent
C_36 s  The cache is not used where the server has to be asked
C_37 cs Clear the cache
C_38 cs Clear the cache: rejected
C_39 cs A token of the same group stops
C_40 cs A token of the same group in the local list
C_41 s  A token of the same group in the cache
C_42 s  A token of another group stops nothing
C_43 cs A token of the same group that the local list refuses
C_44 s  A token of the same group that the cache refuses
C_45 s  A master pass starts nothing, and has a group
C_46 s  Entries of the cache have their time
C_47 cs A master pass stops all transactions
C_48 cs A master pass stops chosen transactions
C_49 cs A master pass stops a transaction at a station without a display
C_50 cs Contract certificate, checked by the station: accepted
C_51 cs Contract certificate, checked by the station: rejected
C_52 cs Contract certificate, checked by the server: accepted
C_53 s  Contract certificate, checked by the server: rejected
C_54 s  Contract certificate while offline: accepted
C_55 s  Contract certificate while offline: not accepted
C_56 s  Start on site: a token of which nothing is known
C_57 s  Cache: a refused token is not asked about again
C_58 s  Local list: a refused token is not asked about again
C_100 s  Identified first, and never plugged in
C_103 cs Prepaid card with a balance
C_104 cs Prepaid card without a balance
C_105 s  Payment terminal: the server refuses
C_106 s  Payment terminal: it alone authorizes
C_107 s  Payment terminal: it and the server authorize
C_108 cs Payment terminal: a VAT number is checked
C_109 s  Payment terminal: never plugged in
C_110 s  Payment terminal: cancelled by the driver
C_111 s  Payment terminal alone: cancelled by the driver
C_112 s  Payment terminal and server: never plugged in
C_113 cs Payment terminal: cancelled after the start
C_114 s  Settled by the station, receipt by the station
C_115 s  Settled by the server
C_116 s  Settled by the station, receipt by the server
C_117 c  Settled by the server at the end, receipt by the server
C_118 c  Settled by the station at the end, receipt by the server
C_119 cs Settlement: failed
C_120 cs Settlement: rejected
C_121 s  The authorized amount is raised
C_122 s  The authorized amount cannot be raised
C_123 s  Payment terminal of its own, costs counted by the station
C_124 s  Payment terminal of its own, costs counted by the server
C_125 c  Payment terminal of its own: the server counts the cost
C_126 c  Payment terminal of its own: the station counts the cost
C_127 s  Payment by a QR code
C_128 s  Payment by a QR code with a limit of time
C_129 s  Payment by a QR code with a limit of cost
C_130 s  Payment by a QR code with a limit of energy
C_131 c  Payment by a QR code: success
C_132 c  Payment by a QR code with wrong parameters
C_133 c  Payment by a QR code with a wrong one-time password
"""

LISTS = """
D_01 cs Send the whole list
D_02 cs Send a change: an entry more
D_03 cs Send a change: an entry less
D_04 cs Send an empty list
D_05 s  Send a change that changes nothing
D_06 s  Send a change of another version
D_07 s  The list outlasts a boot
D_08 cs Version of the list
D_09 c  Version of the list where there is none
D_10 s  Version of the list where there may be none
"""

TRANSACTIONS = """
E_01 cs Start: the power path closes
E_02 cs Start: energy flows
E_03 cs Start on site: plugged in, then identified
E_04 cs Start on site: identified, then plugged in
E_05 s  Start on site: identified, and never plugged in
E_06 s  Stop on site
E_07 cs Stop: the power path opens, on site
E_08 cs Stop: energy stops, on site
E_09 cs Start: the vehicle is connected
E_10 cs Start: the driver is authorized on site
E_11 cs Start: signed data is there
E_12 cs Start: the parking bay is occupied
E_13 s  Start: the driver is authorized by the server
E_14 cs Stop: unplugged at the station
E_15 cs Stop: the driver stops on site
E_16 cs Stop: the token is refused
E_17 cs Stop: unplugged at the vehicle, not authorized any more
E_19 cs Stop: the parking bay is free
E_20 cs Stop: unplugged at the vehicle
E_21 cs Stop: the server stops
E_22 cs Stop: the vehicle takes no more energy
E_24 s  Unplugged at the vehicle: it ends, the connector unlocks
E_25 s  Unplugged at the vehicle: it ends, the connector stays locked
E_26 cs Unplugged at the vehicle: the transaction goes on
E_27 s  Unplugged at the vehicle with a fixed cable: it ends after a time
E_28 s  Status of a transaction that there is not
E_29 cs Status of a transaction that runs, with messages waiting
E_30 cs Status of a transaction that runs, with none waiting
E_31 cs Status of a transaction that has ended, with messages waiting
E_32 s  Status of a transaction that has ended, with none waiting
E_33 cs Status of all transactions, with messages waiting
E_34 cs Status of all transactions, with none waiting
E_35 s  Stop: the power path opens, by the server
E_37 s  Stop: the power path opens, unplugged at the vehicle
E_38 cs Start on site: the vehicle is not ready
E_39 cs Stop: nobody plugs in
E_40 s  The connection is lost during a transaction
E_41 s  Events are given up after the agreed attempts
E_42 s  Events arrive at a later attempt
E_43 s  A whole transaction while offline
E_44 s  Stopped while offline
E_45 s  Stopped while offline by a token of the same group
E_46 s  The vehicle ends the charging (ISO 15118)
E_50 s  Events are given up after the agreed refusals
E_51 s  Events are accepted after a refusal
E_52 s  Start on site where the server may not be asked
E_53 c  Numbers of events begin with 0 at the start
E_54 s  Stop: unplugged at a vehicle that only talks ISO 15118
E_100 s  Limit of energy by the server
E_101 s  Limit of cost by the server, which counts
E_102 cs Limits of both sides
E_103 s  Limit of cost by the server, counted by the station
E_104 s  Cost in the answers of the server
E_105 s  Limit of time by the server
E_106 cs Limit of energy by the station
E_107 cs Limit of time by the station
E_108 cs Limit of cost by the station, which counts
E_109 c  Limit of cost by the server: it counts
E_110 c  Limit of energy: the server says so
E_111 c  Limit of time: the server says so
E_112 s  Resumed after an interruption: energy stays off
E_113 cs Resumed after an interruption: energy flows again
E_114 s  Power failure: whether it is resumed is not said
E_115 s  Power failure: it is not resumed
E_116 s  Power failure: too long to be resumed
E_117 c  Resumed after an interruption, with a charging profile
"""

BLOCKS = {"C: Authorization": AUTHORIZATION, "D: Local lists": LISTS, "E: Transactions": TRANSACTIONS}
