"""Emulated charge points: complete in OCPP 1.6 with its security extension, reporting in 2.0.1 and 2.1.

A station has two halves. The model (`model.py` and all that it imports) is pure: it knows no socket and no
clock. The client (`client.py`) gives it both. `manage.py emulate_stations` runs a fleet of them.

To script one, make it with `manual=True`: nobody comes by itself, only the timers of the protocol run.

    model = ChargePointModel("CP1", "1.6", started=datetime.now(UTC), manual=True, keys=StationKeys())
    client = StationClient(model, Plan(url="ws://…/ocpp/", password="…"), Statistics(), Pace(50))
    task = client.start()                        # `client.stop()` ends it in an orderly way, `task.cancel()` at once
    client.do(lambda model, now: model.outlet(1).plug_in(now))      # now, at the station; returns what it returns

What can be done to an outlet, and to a station; `now` comes last or first as written here:

    outlet.plug_in(now, vehicle=None)     outlet.unplug(now)               a cable, a driver's side
    outlet.present(token, now)                                             starts, stops, or takes back
    outlet.stop(now, Reason.LOCAL)        outlet.emergency_stop(now)       a button
    outlet.fault(now, "GroundFailure")    outlet.clear_fault(now)
    outlet.lock = Lock.JAMMED             outlet.vehicle.soc = 1.0
    outlet.status, .charge, .vehicle, .running, .limit, .reading(now)      to look at
    model.power_loss(now, seconds=5.0)    model.reset("Soft" | "Hard", now)
    model.settings.put(name, value)       model.tell(action, payload, now)  any call of its own
    model.firmware.fails = True                                            the next installation fails
    model.charging.announce(watts, now)   model.charging.withdraw(now)     2.x: limits of the grid (or `source`)
    model.charging.prioritise(outlet, True, now)                           2.1: a driver's button
    outlet.plug_in(now, Vehicle.talking(feed_w=…))                         2.x: ISO 15118, and back into the grid
    client.drop(seconds=inf)              client.come_back()               the network, in real seconds

The model alone, without a socket: `connected(now)`, then `step(now)` at `due`, `next_message()` and one of
`answered`, `refused` and `unanswered`; `calls.answer(model, action, payload, now)` for what a server asks;
`take_effects()` for reconnections and transfers, and `downloaded` or `uploaded` with what became of them.
"""
