"""Blocks I to K and Q: tariffs and costs, meter values, smart charging, energy that comes back."""

from __future__ import annotations

TARIFFS = """
I_01 cs The running cost is shown
I_02 cs The final cost is shown
I_07 s  The running cost is shown from answers to events
I_100 s  Default tariff: valid from a time on
I_101 cs Default tariff: with times of day
I_102 cs Default tariff: too many elements
I_103 s  Default tariff: the station counts no costs
I_104 s  Default tariff: a transaction under it
I_105 cs Default tariff: conditions are not supported
I_106 cs Default tariff: what cannot be
I_107 s  Tariff of a driver that cannot be used: the default one
I_108 s  Tariff of a driver that cannot be used: refused
I_109 cs Tariff of a driver
I_110 cs Clear the default tariff
I_111 s  Clear a tariff in use
I_112 s  Change the tariff of a transaction: no costs are counted
I_113 cs Change the tariff of a transaction: too many elements
I_114 cs Change the tariff of a transaction: conditions are not supported
I_115 cs Change the tariff of a transaction: with conditions
I_116 s  Change the tariff of a transaction
I_117 s  Change the tariff of a transaction: what cannot be
I_118 s  Details of costs
I_119 s  Details of costs: with conditions
I_120 s  Details of costs: a reservation
I_121 s  Details of costs: least and most
I_122 c  Details of costs are kept
"""

METERS = """
J_01 cs At round times, without a transaction
J_02 cs At round times, during a transaction
J_03 cs At round times, with the end of a transaction
J_04 cs At round times, signed
J_06 s  At round times, not during a transaction
J_07 cs With the start of a transaction
J_08 cs With the start of a transaction, the EVSE not known yet
J_09 cs At intervals of a transaction
J_10 cs With the end of a transaction
J_11 cs At intervals, signed
"""

CHARGING = """
K_01 cs Default profile of an EVSE
K_02 cs Profile of a transaction where none runs
K_03 cs Profile of the station
K_04 cs Replace a profile
K_05 cs Clear a profile by its number
K_06 cs Clear a profile by level and purpose
K_07 s  Clear a profile by level and purpose that there are not
K_08 cs Clear profiles where there are none
K_09 s  Clear a default profile during a transaction
K_10 cs Default profile of all EVSEs
K_11 s  Profile of a transaction for all EVSEs
K_12 s  Profile in a unit that the station does not know
K_13 s  Profiles outlast a boot
K_14 s  Profile of an EVSE that there is not
K_15 cs Profiles are not supported
K_16 s  Profile of a transaction that there is not
K_19 cs Recurring profile
K_21 s  Profile that is valid from a time on
K_22 s  Profile that is valid until a time
K_23 s  Profile with a start in the future
K_24 s  Clear several profiles by level and purpose
K_28 s  Default profile during a transaction
K_29 cs List profiles of the station itself
K_30 cs List profiles of an EVSE
K_31 cs List all profiles
K_32 cs List a profile by its number
K_33 cs List profiles of an EVSE by level
K_34 cs List profiles of an EVSE by source
K_35 cs List profiles of an EVSE by purpose
K_36 cs List profiles of an EVSE by purpose and level
K_37 cs Remote start with a profile
K_38 s  Remote start with a profile that is left aside
K_39 s  Composite schedule without profiles
K_40 s  Composite schedule of stacked profiles
K_41 s  Composite schedule of several purposes
K_42 s  Composite schedule in a unit that the station does not know
K_43 cs Composite schedule of an EVSE
K_44 cs Composite schedule of the station
K_47 s  Composite schedule of an EVSE that there is not
K_48 c  Limit of others, not on a transaction
K_50 c  Limit of others is released, without a transaction
K_51 c  Limit of others is released, with a transaction
K_52 cs Limit of others is among the profiles
K_53 cs A vehicle says what it needs, and gets a plan
K_54 s  A vehicle says what it needs: no plan
K_55 c  A vehicle's plan exceeds the limits
K_56 s  A vehicle says what it needs while offline
K_57 cs A vehicle wants another plan
K_58 cs The server wants another plan
K_59 c  The server wants another plan, and the vehicle says its needs again
K_60 cs Profile of a transaction
K_70 c  Several profiles
K_100 cs Profile that ends some time after the connection
K_101 cs Profile with another mode of operation
K_102 cs Profile that changes at a state of charge
K_103 s  Profile in local time, by an offset
K_104 cs Profile of priority charging
K_105 s  The station's profile outlasts a boot
K_106 cs Profile with a random delay
K_107 s  Profile with a random delay that makes no sense
K_108 s  Profile with a random delay, another for each transaction
K_109 cs Numbers of profiles that others may use
K_110 s  Numbers of profiles that others use are refused
K_112 s  Composite schedule with a random delay
K_113 cs ISO 15118-20: the server wants another plan
K_114 cs ISO 15118-20: the vehicle wants another plan
K_115 cs ISO 15118-20: the server leads
K_116 s  ISO 15118-20: the plan follows what the vehicle needs
K_117 c  ISO 15118-20: the server changes what it leads by
K_118 cs Priority charging, asked by the server
K_119 s  Priority charging, asked on site
K_120 s  Limit of others and generation on site
K_121 cs Dynamic profile, pulled
K_122 s  Dynamic profile, pushed
K_123 s  Dynamic profile that makes no sense
K_124 s  Dynamic limit of others, without a dynamic profile
K_125 s  Dynamic limit of others, with a dynamic profile
K_126 c  ISO 15118-20: the server leads, and sets nothing
K_129 s  Profile of priority charging outlasts a boot
K_130 s  Priority charging is not supported
K_131 s  Generation on site is not supported
K_132 s  Local time is not supported
K_133 s  A random delay is not supported
K_134 s  A limit at a state of charge is not supported
K_135 s  Sleep is not supported
K_136 s  Profile in local time, by a time zone
"""

V2X = """
Q_100 s  Readings of both directions
Q_101 s  A vehicle says what it needs
Q_102 cs Nothing is said of what is allowed: only charging
Q_103 cs A vehicle's needs are rejected, and its session ends
Q_104 s  By a plan
Q_107 cs Only charging at first
Q_108 c  A plan of the server
Q_109 cs A setpoint of the server, pushed
Q_110 cs A setpoint of the server, pulled
Q_111 cs A setpoint of others
Q_112 cs A limit of others
Q_113 s  A limit of others for a time
Q_114 s  A dynamic limit of others
Q_115 s  A dynamic setpoint of others
Q_116 s  A planned limit of others
Q_117 cs Frequency support: setpoints are pushed
Q_118 s  Frequency support: for a time
Q_119 s  Frequency support on site: profiles that make no sense
Q_120 cs Frequency support: signals of the grid
Q_121 c  Frequency support on site
Q_122 s  Load balancing: thresholds that make no sense
Q_123 s  Load balancing is not supported
Q_124 c  Load balancing on site
Q_125 s  Idle, and asleep
Q_126 s  Idle, and sleep is not supported
Q_127 s  Idle: profiles that make no sense
Q_128 s  A profile ends while offline
Q_130 s  A vehicle's needs are rejected, and it negotiates again
"""

BLOCKS = {
    "I: Tariffs and costs": TARIFFS,
    "J: Meter values": METERS,
    "K: Smart charging": CHARGING,
    "Q: Bidirectional power transfer": V2X,
}
