"""Who a station is, and what it is like: connecting, booting, enrolment, its configuration, its security events."""
