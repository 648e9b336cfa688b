"""The reference: a central system as the `ocpp` package's documentation suggests it, which stores nothing."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.enums import Action, RegistrationStatus


class CentralSystem(ChargePoint):  # type: ignore[misc]
    @on(Action.boot_notification)  # type: ignore[untyped-decorator]
    def on_boot(self, **_: Any) -> Any:
        now = datetime.now(UTC).isoformat()
        return call_result.BootNotification(current_time=now, interval=300, status=RegistrationStatus.accepted)

    @on(Action.heartbeat)  # type: ignore[untyped-decorator]
    def on_heartbeat(self) -> Any:
        return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

    @on(Action.meter_values)  # type: ignore[untyped-decorator]
    def on_meter_values(self, **_: Any) -> Any:
        return call_result.MeterValues()


async def serve(port: int) -> None:
    async def accept(connection: Any) -> None:
        identity = connection.request.path.rsplit("/", 1)[1]
        try:
            await CentralSystem(identity, connection).start()
        except websockets.ConnectionClosed:
            pass

    server = await websockets.serve(
        accept, "127.0.0.1", port, subprotocols=[websockets.Subprotocol("ocpp1.6")], compression=None
    )
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import logging

    logging.getLogger("ocpp").setLevel(logging.WARNING)
    asyncio.run(serve(int(sys.argv[1])))
