"""The local authorization list: 2.1 has it as 2.0.1, for more kinds of tokens."""

from __future__ import annotations

from stations.ocpp.local_list import Form
from stations.ocpp.v21.tokens import takes
from stations.ocpp.v201.local_list import named, write_list
from stations.ocpp.v201.tokens import write_info


def tag_of(value: str, type: str) -> str | None:
    return named(value, type) if takes(value, type) else None


FORM = Form(tag_of, write_info, write_list)
