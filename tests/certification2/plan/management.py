"""Blocks A, B, L and M: security, provisioning, firmware, certificates."""

from __future__ import annotations

SECURITY = """
A_01 cs Basic authentication: the right password
A_02 c  Basic authentication: the user is not the station
A_03 c  Basic authentication: a wrong password
A_04 cs TLS: the server shows a valid certificate
A_05 s  TLS: the server shows an invalid certificate
A_06 cs TLS: an outdated version is refused
A_07 cs TLS: the station shows a valid certificate
A_08 c  TLS: the station shows an invalid certificate
A_09 cs Change the password: accepted
A_10 cs Change the password: rejected
A_11 cs Renew the station's certificate
A_12 cs Renew the station's certificate for vehicles
A_14 cs Renew a certificate: what comes back is invalid
A_15 s  Renew a certificate: the request is rejected
A_19 cs Raise the security profile
A_20 s  Raise the security profile: no root of the central system
A_21 s  Raise the security profile: no certificate of the station
A_22 s  Lower the security profile: rejected
A_23 s  Renew a certificate: the answer does not come in time
"""

PROVISIONING = """
B_01 cs Cold boot: accepted
B_02 cs Cold boot: pending
B_03 s  Cold boot: rejected
B_06 cs Read one variable
B_07 cs Read several variables
B_08 c  Read more variables than fit into one message
B_09 cs Set one variable
B_10 cs Set several variables
B_11 s  Set a variable to a value that it cannot take
B_12 cs Base report: what can be configured
B_13 cs Base report: all there is
B_14 cs Base report: the summary
B_15 s  Base report of a kind that the station does not have
B_16 s  Report by criteria
B_17 s  Report of named variables
B_18 cs Report of named variables by criteria
B_19 s  Report by criteria that nothing meets
B_20 cs Reset when idle, without a transaction
B_21 cs Reset when idle, with a transaction
B_22 cs Reset at once, with a transaction
B_23 s  What is out of service stays so after a reset
B_24 s  What is reserved stays so after a reset
B_25 cs Reset of an EVSE, without a transaction
B_26 cs Reset of an EVSE when idle, with a transaction
B_27 cs Reset of an EVSE at once, with a transaction
B_28 s  Reset of an EVSE where that cannot be done
B_29 s  Reset of an EVSE where that cannot be done, with a transaction
B_30 cs Not accepted yet: what is said too early is refused
B_31 c  Not accepted yet: the server may trigger a boot
B_32 s  Read a variable of an unknown component
B_33 s  Read an unknown variable
B_34 s  Read an attribute that there is not
B_35 s  Set a variable of an unknown component
B_36 s  Set an unknown variable
B_37 s  Set an attribute that there is not
B_39 s  Set what can only be read
B_41 s  Reset when idle, with several transactions
B_42 c  New network profile: accepted
B_43 s  New network profile: rejected
B_44 c  New network profile: failed
B_45 s  Move to a new network profile
B_46 s  Move to a new network profile that does not work, and back
B_47 s  Move to a network profile with a new root, and back
B_49 s  Move to a network profile: back after the agreed attempts
B_50 s  Move to another central system with a new root
B_51 s  A status changed while offline for long
B_52 s  A status changed while offline for a moment
B_53 s  All variables that have to be there are reported
B_54 s  Report of a variable without its instance
B_55 s  Report of a variable with its instance
B_56 s  Report of a variable of all EVSEs
B_57 s  The station comes back after a lost connection
B_58 c  The version is agreed upon in the handshake
B_100 cs New network profile with identity and password
B_101 s  Reset and resume: the transaction is not resumed
B_102 s  Reset and resume: energy stays off
B_103 cs Reset and resume: energy flows again
B_104 cs Reset and resume, without a transaction
B_105 cs New network profile by variables
B_107 s  Slots enter and leave the order of network profiles
B_108 s  The network profile in use is not overwritten
B_109 s  Identity and password follow the network profile
B_110 s  No network profile lowers the security to profile 1
B_111 s  No variable lowers the security to profile 1
B_112 s  No network profile lowers the security
B_113 s  No variable lowers the security
B_116 c  Reset and resume, with a charging profile
"""

FIRMWARE = """
L_01 cs Secure update: installed
L_02 cs Secure update: installed at a later time
L_03 cs Secure update: fetched at a later time
L_04 c  Secure update: the certificate is revoked
L_05 cs Secure update: the certificate is invalid
L_06 cs Secure update: the signature is wrong
L_07 cs Secure update: it cannot be fetched
L_08 cs Secure update: it cannot be verified after the installation
L_09 c  Secure update: the installation fails
L_10 cs Secure update: another one takes its place
L_11 cs Secure update: it cannot be given up any more
L_12 s  Secure update waits for a transaction; others may begin
L_13 cs Secure update waits for a transaction; no other begins
L_14 s  Installation waits for a transaction; others may begin
L_15 s  Installation waits for a transaction; no other begins
L_16 s  Secure update while a transaction runs
L_17 c  Publish firmware: published
L_18 s  Secure update without certificate and signature
L_19 c  Publish firmware: a wrong checksum
L_20 c  Publish firmware: publishing fails
L_21 c  Withdraw firmware
L_22 c  Withdraw firmware that there is not
L_23 c  Withdraw firmware that is being fetched
L_24 c  Publish firmware: it cannot be fetched
"""

CERTIFICATES = """
M_01 cs Install a root of the central system
M_02 cs Install a root of the manufacturer
M_03 cs Install a root of V2G
M_04 cs Install a root of a mobility operator
M_05 c  Install a root: failed
M_07 s  Install a root: it is none
M_09 s  Install a second root where it has to be signed by the first
M_12 cs List roots of the central system
M_13 cs List roots of the manufacturer
M_14 cs List roots of V2G
M_15 cs List chains of V2G
M_16 cs List roots of mobility operators
M_17 cs List roots of two kinds
M_18 cs List all certificates
M_19 cs List certificates where there are none
M_20 cs Delete a certificate
M_21 c  Delete a certificate: failed
M_22 s  Delete a certificate that there is not
M_23 s  The station's own certificate cannot be deleted
M_24 cs Status of a certificate
M_25 s  Status of a certificate: failed
M_26 cs A vehicle gets a contract certificate
M_27 s  A vehicle gets no contract certificate
M_28 cs A vehicle's contract certificate is renewed
M_29 s  A vehicle's contract certificate is not renewed
M_30 s  A new root of the central system is used
M_31 s  A new root of the central system does not work
M_100 cs A vehicle of ISO 15118-20 gets a contract certificate
M_101 cs Install a root of a vehicle's manufacturer
"""

BLOCKS = {
    "A: Security": SECURITY,
    "B: Provisioning": PROVISIONING,
    "L: Firmware": FIRMWARE,
    "M: Certificates": CERTIFICATES,
}
