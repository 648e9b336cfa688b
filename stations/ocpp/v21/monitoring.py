"""Periodic event streams (use cases N11 to N15)."""

from __future__ import annotations

from stations.ocpp.facts import Decided
from stations.ocpp.frames import Payload
from stations.ocpp.monitoring import (
    Stream,
    StreamAdjusted,
    StreamClosed,
    StreamDelivered,
    StreamOpened,
    StreamsListed,
    StreamValue,
    optional,
)
from stations.ocpp.reading import long_text, stamp, whole

# -- from stations -------------------------------------------------------------------------------


def read_opened(payload: Payload) -> StreamOpened:
    return StreamOpened(*_stream(payload["constantStreamData"]))


def write_opened(answer: Decided) -> Payload:
    return {"status": answer.status}


def read_closed(payload: Payload) -> StreamClosed:
    return StreamClosed(whole(payload, "id"))


def read_delivered(payload: Payload) -> StreamDelivered:
    """A SEND: nobody is told when it cannot be read."""
    return StreamDelivered(
        whole(payload, "id"),
        whole(payload, "pending"),
        stamp(payload["basetime"]),
        tuple(StreamValue(float(each["t"]), long_text(each, "v")) for each in payload["data"]),
    )


# -- answers to the server's calls -----------------------------------------------------------------


def read_adjusted(request: Payload, answer: Payload) -> StreamAdjusted:
    params = request["params"]
    return StreamAdjusted(request["id"], optional(params, "interval"), optional(params, "values"), answer["status"])


def read_listed(_: Payload, answer: Payload) -> StreamsListed:
    return StreamsListed(tuple(_stream(each) for each in answer.get("constantStreamData") or ()))


def _stream(data: Payload) -> Stream:
    params = data["params"]
    return Stream(
        whole(data, "id"),
        whole(data, "variableMonitoringId"),
        optional(params, "interval"),
        optional(params, "values"),
    )
