"""Reservations: 2.1 makes them as 2.0.1, for more kinds of tokens."""

from __future__ import annotations

from stations.ocpp.reservation import Form
from stations.ocpp.v21.tokens import takes
from stations.ocpp.v201.reservation import write_reservation

FORM = Form(takes, write_reservation)
