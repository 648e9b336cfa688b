"""Blocks N to P, R and S: diagnostics, displays, data of vendors, control of energy resources, battery swapping."""

from __future__ import annotations

DIAGNOSTICS = """
N_01 cs Report of monitors by kind
N_02 cs Report of monitors of named variables
N_03 cs Report of monitors of named variables by kind
N_04 s  Report of monitors where there are none
N_05 cs Choose the base of monitors
N_06 s  Another base removes monitors
N_07 s  An unknown base of monitors
N_08 cs Set one monitor
N_09 cs Set several monitors
N_10 s  Set several monitors of one variable
N_11 s  Set a monitor of an unknown component
N_12 s  Set a monitor out of range: delta
N_13 s  Set a monitor out of range: threshold
N_15 s  Set a monitor that there is already
N_16 cs Choose the level of monitoring
N_17 cs Choose the level of monitoring: out of range
N_18 cs Clear monitors
N_19 s  Clear monitors that there are not
N_20 s  A threshold is passed
N_21 cs A hard-wired monitor fires
N_22 s  Events of high severity are kept while offline
N_23 s  Events of low severity are dropped while offline
N_24 cs Set a periodic monitor
N_25 cs Diagnostics log
N_26 s  Diagnostics log that cannot be delivered
N_27 cs What is known of a customer
N_28 cs What is known of a customer: nothing
N_29 cs What is known of a customer: not told
N_30 cs Forget a customer, and tell what was known
N_31 cs Forget a customer of whom nothing is known
N_32 cs Forget a customer without telling
N_33 s  Forget a customer who is not named
N_34 cs Log: rejected
N_35 cs Security log
N_36 cs A second log takes the place of the first
N_37 s  Set a monitor of an unknown variable
N_38 s  Set a monitor of a kind that there is not
N_39 s  Set a monitor of a variable of another component
N_40 s  Replace a monitor
N_41 s  Back to the monitors as delivered
N_43 s  One of three monitors is out of range
N_44 cs Clear a monitor that stays
N_45 s  A number changes by more than a delta
N_46 c  Forget a customer, and take him out of the local list
N_47 cs Report of all monitors
N_48 cs A monitor of what can only be written
N_49 c  A threshold is cleared after a boot
N_50 c  A periodic monitor reports
N_51 s  Change a monitor, and see it fire
N_52 s  A monitor that is removed does not fire
N_53 s  Monitors outlast a boot
N_56 s  A word changes
N_60 c  Report of monitors of several named variables by kind
N_61 s  A monitor of a number
N_62 cs Forget a customer by an identifier
N_63 cs Forget a customer by a certificate
N_100 cs Log of the data collector
N_101 s  Log: a redirection is not followed
N_102 cs Log with a user and a password
N_103 s  Log with a user and a password over TLS
N_104 cs Report of monitors of a target
N_105 cs A periodic monitor that streams
N_106 s  A stream that the server refuses
N_107 c  What streams there are
N_108 s  A stream is closed
N_109 s  A stream is adjusted
"""

DISPLAYS = """
O_01 cs Show a message
O_02 cs List all messages
O_03 cs List all messages where there are none
O_04 cs Clear a message
O_05 cs Clear a message that there is not
O_06 cs Show a message during a transaction
O_07 cs List messages by number
O_08 cs List messages by priority
O_09 cs List messages by state
O_10 cs Show a message during a transaction that there is not
O_11 cs List messages that there are not
O_12 cs Replace a message
O_13 cs Show a message from a time on
O_14 cs Show a message until a time
O_17 cs A priority that cannot be shown
O_18 cs A state that there is not
O_19 cs A format that cannot be shown
O_20 s  Messages outlast a boot
O_22 s  Several messages in front
O_24 s  A second message that is always in front
O_25 c  Show a message in a state
O_26 c  Show a message: rejected
O_27 cs Show a message during a transaction, from a time on
O_28 cs Show a message during a transaction, until a time
O_30 s  Several messages in front during a transaction
O_32 s  A second message that is always in front during a transaction
O_33 s  List messages by number where there are none
O_34 s  List messages by a state that does not fit
O_35 s  List messages by a priority that does not fit
O_36 s  Show a message while charging
O_37 s  Show a message while idle
O_38 s  Show a message while out of service
O_39 s  Show a message while faulted
O_100 cs A language that cannot be shown
O_101 cs The language of the driver
"""

DATA = """
P_01 s  Data of a vendor to the station: refused
P_02 c  Data of a vendor to the server: refused
P_03 cs Custom data goes along
P_04 s  Custom data goes along with a charging profile
"""

DER = """
R_100 s  Controls outlast a boot
R_101 s  Controls are in the device model
R_102 s  Clear controls of a type
R_103 s  Controls that make no sense
R_104 s  A control supersedes one that is to come
R_105 s  A control supersedes one in force
R_106 s  A control in force supersedes a new one
R_107 c  Configure controls
R_108 cs The station reports an alarm of the grid
"""

BATTERIES = """
S_102 cs Swap at the server's request: too few batteries
S_103 c  Swap at the server's request
S_104 s  Variables of the slots
S_105 s  Batteries are charged in their slots
"""

BLOCKS = {
    "N: Diagnostics": DIAGNOSTICS,
    "O: Messages on displays": DISPLAYS,
    "P: Data of vendors": DATA,
    "R: Control of distributed energy resources": DER,
    "S: Battery swapping": BATTERIES,
}
