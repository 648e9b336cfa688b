"""Swaps of batteries, from the request or the first half to the end (2.1 use cases S01 to S03).

`requested` or `refused` is a station's answer to RequestBatterySwap. Then batteries come in and go out, in either order
(BatterySwapCtrlr.SwapOrder): `half`, `complete`; or nobody takes what was offered: `timed_out`. A swap cannot be
refused any more when it is reported, so the verdict on its token is kept and told, and nothing else follows from it.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from smartserver.core import clock
from smartserver.core.batch import Batch
from smartserver.core.errors import Conflict
from smartserver.core.events import BATTERY_SWAP_CHANGED
from stations.models import BatterySwap, Station, SwappedBattery
from stations.ocpp.batteries import Battery, BatterySwapped, SwapEvent, SwapRequested
from stations.ocpp.facts import Acknowledged, Token
from stations.ocpp.frames import Payload
from stations.ocpp.reading import MAX_NUMBER
from stations.services.authorization import tokens
from stations.services.context import Context
from stations.services.settled import Settled
from stations.services.smart_charging.profile_rules import refuse

State = BatterySwap.State
Way = SwappedBattery.Way

OVER = (State.REFUSED, State.COMPLETE, State.TIMED_OUT)

_WAYS = {SwapEvent.IN: Way.IN, SwapEvent.OUT: Way.OUT, SwapEvent.OUT_TIMEOUT: Way.LEFT}


def check_request(station_id: int, payload: Payload) -> None:
    """RequestBatterySwap: `Conflict` where the token may not, or the id belongs to a swap that is under way (S02)."""
    if abs(payload["requestId"]) > MAX_NUMBER:
        refuse([("requestId", "It is a whole number of 32 bits.")])
    if BatterySwap.objects.filter(station=station_id, request=payload["requestId"]).exclude(state__in=OVER).exists():
        raise Conflict("This request id belongs to a swap that is under way.")
    token = Token(payload["idToken"]["idToken"], payload["idToken"]["type"])
    accept_unknown = settings.OCPP_ACCEPT_UNKNOWN_TOKENS
    judged, _ = tokens.judge_token(token=token, station_id=station_id, accept_unknown=accept_unknown, now=clock.now())
    if judged.status != "Accepted":
        raise Conflict("This id token may not swap batteries at this station.", status=judged.status)


def keep_request(batch: Batch, settled: Settled, fact: SwapRequested) -> None:
    """The station's answer to RequestBatterySwap; a driver may have been faster than it."""
    station = Station.objects.select_for_update().only("identity").get(pk=settled.station_id)
    newest = _newest(station, fact.request)
    if newest is not None and newest.created_at >= (settled.command.sent_at or settled.at):
        return
    state = State.REQUESTED if fact.status == "Accepted" else State.REFUSED
    swap = BatterySwap.objects.create(
        station=station,
        request=fact.request,
        id_token=tokens.find_token(fact.token.value),
        state=state,
        reason=fact.reason[:20],
        created_at=settled.at,
        ended_at=settled.at if state == State.REFUSED else None,
    )
    _tell(batch, station, swap)


def keep_swap(batch: Batch, context: Context, fact: BatterySwapped) -> Acknowledged:
    """Half of a swap, or that its second half will not come. The same again changes nothing."""
    station = Station.objects.select_for_update().only("identity", "registration", "strict").get(pk=context.station_id)
    swap = _newest(station, fact.request)
    if swap is None or _is_another(swap, fact):
        swap = BatterySwap(station=station, request=fact.request, state=State.HALF, created_at=context.received_at)
    before = (swap.pk, swap.state)
    if not swap.token_status:
        _judge(batch, context, station, swap, fact.token)
    swap.save()
    for battery in fact.batteries:
        _keep(swap, _WAYS[fact.event], battery, context.received_at)
    _go_on(swap, context.received_at)
    if before != (swap.pk, swap.state):
        _tell(batch, station, swap)
    return Acknowledged()


def _newest(station: Station, request: int) -> BatterySwap | None:
    return BatterySwap.objects.filter(station=station, request=request).order_by("-pk").first()


def _is_another(swap: BatterySwap, fact: BatterySwapped) -> bool:
    """Whether the station uses a request id again: stations count anew after a reset."""
    if swap.state not in (State.COMPLETE, State.TIMED_OUT):
        return False
    if fact.event is SwapEvent.OUT_TIMEOUT or (swap.state == State.TIMED_OUT and fact.event is SwapEvent.OUT):
        return False  # it is heard late, or the battery was taken late
    known = set(swap.batteries.filter(way=_WAYS[fact.event]).values_list("serial_number", flat=True))
    return not known >= {battery.serial_number for battery in fact.batteries}


def _judge(batch: Batch, context: Context, station: Station, swap: BatterySwap, token: Token) -> None:
    judged, row = tokens.judge_at(batch, context, station, token)
    swap.token_status, swap.id_token = judged.status, row
    tokens.announce_refusal(batch, context, station, token, judged)


def _keep(swap: BatterySwap, way: Way, battery: Battery, at: datetime) -> None:
    SwappedBattery.objects.get_or_create(
        swap=swap,
        way=way,
        slot=battery.slot,
        serial_number=battery.serial_number[:50],
        defaults={
            "soc": battery.soc,
            "soh": battery.soh,
            "produced_at": battery.produced,
            "vendor_info": battery.vendor_info[:500],
            "received_at": at,
        },
    )


def _go_on(swap: BatterySwap, at: datetime) -> None:
    """The state that follows from what went which way."""
    ways = set(swap.batteries.values_list("way", flat=True))
    if {Way.IN, Way.OUT} <= ways:
        state = State.COMPLETE
    else:
        state = State.TIMED_OUT if Way.LEFT in ways else State.HALF
    if swap.state != state:
        swap.state, swap.ended_at = state, None if state == State.HALF else at
        swap.save(update_fields=("state", "ended_at"))


def _tell(batch: Batch, station: Station, swap: BatterySwap) -> None:
    batch.publish(
        BATTERY_SWAP_CHANGED,
        {
            "swap": swap.pk,
            "station": station.identity,
            "request": swap.request,
            "id_token": swap.id_token.value if swap.id_token else None,
            "token_status": swap.token_status,
            "state": str(swap.state),
        },
    )
