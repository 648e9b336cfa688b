"""Which tariffs stations have, as they confirm and tell it (2.1 use cases I07 to I10)."""

from __future__ import annotations

from smartserver.core.batch import Batch
from smartserver.core.events import TOPIC_STATIONS
from stations.models import EVSE, Station, StationTariff
from stations.ocpp.tariffs.messages import DefaultTariffSet, TariffAssigned, TariffsCleared, TariffsRead
from stations.ocpp.tariffs.tariff import read_tariff
from stations.services.settled import Settled

DEFAULT = "DefaultTariff"


def keep_default(batch: Batch, settled: Settled, fact: DefaultTariffSet) -> None:
    """The default tariff of an EVSE, of all of them for 0, takes the place of the one before."""
    if fact.status != "Accepted":
        return
    _lock(settled)
    mine = StationTariff.objects.filter(station_id=settled.station_id, kind=DEFAULT)
    evses = [fact.evse] if fact.evse else _evses(settled.station_id)
    (mine.filter(evse=fact.evse) if fact.evse else mine).delete()
    tariff = read_tariff(fact.tariff)
    for evse in evses:
        StationTariff.objects.create(
            station_id=settled.station_id,
            evse=evse,
            tariff_id=tariff.id,
            kind=DEFAULT,
            valid_from=tariff.valid_from,
            body=fact.tariff,
            confirmed_at=settled.at,
        )
    batch.changed(TOPIC_STATIONS, settled.station_id)


def _evses(station_id: int) -> list[int]:
    """Each EVSE by itself, because tariffs can be cleared one by one; before any of them is known, the station."""
    known = EVSE.objects.filter(station=station_id, number__gt=0).order_by("number")
    return list(known.values_list("number", flat=True)) or [0]


def keep_tariffs(batch: Batch, settled: Settled, fact: TariffsRead) -> None:
    """What the station says is all that it has there. What was sent is kept where the tariff is the same."""
    if fact.status == "Rejected":
        return
    _lock(settled)
    mine = StationTariff.objects.filter(station_id=settled.station_id)
    sent = {each.tariff_id: each.body for each in mine if each.body is not None}
    (mine.filter(evse__in=(0, fact.evse)) if fact.evse else mine).delete()
    rows = {}
    for each in fact.tariffs:
        for evse in each.evses or (fact.evse,):
            rows[evse, each.kind, each.tariff_id] = _row(settled, evse, each, sent.get(each.tariff_id))
    StationTariff.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=("station", "evse", "kind", "tariff_id"),
        update_fields=("valid_from", "id_tokens", "confirmed_at"),
    )
    batch.changed(TOPIC_STATIONS, settled.station_id)


def _row(settled: Settled, evse: int, told: TariffAssigned, body: dict[str, object] | None) -> StationTariff:
    return StationTariff(
        station_id=settled.station_id,
        evse=evse,
        tariff_id=told.tariff_id,
        kind=told.kind,
        valid_from=told.valid_from.moment,
        id_tokens=list(told.id_tokens),
        body=body,
        confirmed_at=settled.at,
    )


def forget_tariffs(batch: Batch, settled: Settled, fact: TariffsCleared) -> None:
    _lock(settled)
    gone = StationTariff.objects.filter(station_id=settled.station_id)
    if not fact.everything:
        gone = gone.filter(tariff_id__in=fact.tariffs)
    if fact.evse:
        gone = gone.filter(evse=fact.evse)
    gone.delete()
    batch.changed(TOPIC_STATIONS, settled.station_id)


def _lock(settled: Settled) -> None:
    Station.objects.select_for_update().only("pk").get(pk=settled.station_id)
