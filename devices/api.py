"""Devices and their history over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from devices.models import DeviceMessage, DeviceSample, DeviceState, SolMate
from devices.selectors import MAX_MINUTES, history, newest_messages
from devices.storage import KEPT_MESSAGES
from smartserver.accounts.roles import Role
from smartserver.api.fields import InputSerializer, Moment, Whole
from smartserver.api.operations import operation
from smartserver.api.pages import PageQuery, SliceQuery, in_order, page, page_of, slice_, slice_of
from smartserver.api.paths import route
from smartserver.api.views import ApiView
from smartserver.core.errors import NotFound

_SORTABLE = (
    *("serial_number", "state", "power_income", "power_inject", "power_consumption", "battery"),
    "last_status_update",
)
ORDERS = tuple((name, name) for each in _SORTABLE for name in (each, f"-{each}"))


class DeviceOut(serializers.ModelSerializer[SolMate]):
    owner = serializers.CharField(source="owner.username", read_only=True, allow_null=True, default=None)
    has_key = serializers.SerializerMethodField()

    class Meta:
        model = SolMate
        fields = (
            *("serial_number", "state", "solmate_version", "software_version", "country", "postcode", "owner"),
            *("power_income", "power_inject", "power_consumption", "battery", "pv_connectors", "capacity"),
            *("local_time", "manufacturing_date", "connected_at", "last_status_update", "has_key"),
        )

    def get_has_key(self, device: SolMate) -> bool:
        return bool(device.key_hash)


class SampleOut(serializers.ModelSerializer[DeviceSample]):
    class Meta:
        model = DeviceSample
        fields = ("id", "received_at", "message_id", "power_income", "power_inject", "power_consumption", "battery")


class DeviceMessageOut(serializers.ModelSerializer[DeviceMessage]):
    class Meta:
        model = DeviceMessage
        fields = ("number", "received_at", "outcome", "reason", "text")


class DeviceMessagesOut(serializers.Serializer[Any]):
    results = DeviceMessageOut(many=True)


class SeriesColumn(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField(required=False)  # type: ignore[assignment]
    unit = serializers.CharField()


class Series(serializers.Serializer[Any]):
    columns = SeriesColumn(many=True, help_text="The first is the time, in seconds since 1970.")
    series = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(allow_null=True)), help_text="A list for each column."
    )


class DeviceQuery(PageQuery):
    search = serializers.CharField(
        required=False, max_length=100, help_text="Part of serial number, owner or postcode."
    )
    state = serializers.ChoiceField(DeviceState.choices, required=False)
    order = serializers.ChoiceField(ORDERS, default="serial_number", help_text="With `-` the other way round.")


class HistoryQuery(InputSerializer):
    minutes = Whole(min_value=1, max_value=MAX_MINUTES, default=60, help_text="How far back.")


class MessagesQuery(InputSerializer):
    limit = Whole(min_value=1, max_value=KEPT_MESSAGES, default=KEPT_MESSAGES, help_text="At most so many.")


class SampleQuery(SliceQuery):
    since = Moment(required=False)
    until = Moment(required=False)


def _device(serial: str) -> SolMate:
    found = SolMate.objects.select_related("owner").filter(serial_number=serial).first()
    if found is None:
        raise NotFound("There is no such device.")
    return found


class DevicesView(ApiView):
    @operation("listDevices", tag="devices", role=Role.VIEWER, query=DeviceQuery, answers=page_of(DeviceOut))
    def list(self, request: Request) -> Response:
        """Solar devices and their present values."""
        query = self.query()
        rows = in_order(SolMate.objects.select_related("owner"), query["order"])
        if "state" in query:
            rows = rows.filter(state=query["state"])
        if text := query.get("search"):
            rows = rows.filter(
                Q(serial_number__icontains=text) | Q(owner__username__icontains=text) | Q(postcode__icontains=text)
            )
        return Response(page(request, rows, query, lambda found: DeviceOut(found, many=True).data))

    @operation("getDevice", tag="devices", role=Role.VIEWER, answers=DeviceOut)
    def retrieve(self, request: Request, serial: str) -> Response:
        """One device."""
        return Response(DeviceOut(_device(serial)).data)

    @operation("getDeviceHistory", tag="devices", role=Role.VIEWER, query=HistoryQuery, answers=Series)
    def history(self, request: Request, serial: str) -> Response:
        """The values of a device over time, for a chart.

        Every change, or means when those are too many.
        """
        return Response(history(_device(serial).pk, self.query()["minutes"]))

    @operation("listSamples", tag="devices", role=Role.VIEWER, query=SampleQuery, answers=slice_of(SampleOut))
    def samples(self, request: Request, serial: str) -> Response:
        """The samples of a device, newest first."""
        query = self.query()
        rows = DeviceSample.objects.filter(device=_device(serial))
        if "since" in query:
            rows = rows.filter(received_at__gte=query["since"])
        if "until" in query:
            rows = rows.filter(received_at__lt=query["until"])
        return Response(slice_(request, rows, query, lambda found: SampleOut(found, many=True).data, by="received_at"))

    @operation("listDeviceMessages", tag="devices", role=Role.VIEWER, query=MessagesQuery, answers=DeviceMessagesOut)
    def messages(self, request: Request, serial: str) -> Response:
        """The newest messages of a device as it sent them, newest first.

        Only the newest hundred are kept. `outcome` is `stored`, `repeated` (it was known already) or `refused`, with
        the reason. What is very long is cut off.
        """
        found = newest_messages(_device(serial).pk, self.query()["limit"])
        return Response({"results": DeviceMessageOut(found, many=True).data})


DEVICE = "devices/<identity:serial>"

urlpatterns = [
    *route("devices", DevicesView, get="list"),
    *route(DEVICE, DevicesView, get="retrieve"),
    *route(f"{DEVICE}/history", DevicesView, get="history"),
    *route(f"{DEVICE}/samples", DevicesView, get="samples"),
    *route(f"{DEVICE}/messages", DevicesView, get="messages"),
]
