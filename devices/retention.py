"""Which records of devices are deleted when they are old."""

from __future__ import annotations

from devices.models import DeviceHour, DeviceSample
from devices.selectors import SERIES
from smartserver.retention.kinds import Kind, before, register, summed_up


def register_kinds() -> None:
    register(
        # The newest two days of a chart are drawn from the samples themselves.
        Kind("device_samples", "DEVICE_SAMPLE_KEEP_DAYS", DeviceSample, "received_at", summed_up(SERIES), least=3),
        Kind(
            "device_hours",
            "DEVICE_HOUR_KEEP_DAYS",
            DeviceHour,
            "hour",
            before("hour", DeviceHour.objects.all),
            least=3,
            outlives="device_samples",
        ),
    )
