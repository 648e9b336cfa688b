"""The NOC bridge: joins a charger's hardware API to a CMS.

Each charger has these tasks, each in a thread of its own (`charger.py`), which share a `Context`, ring each other's
bells, and begin anew after a fault (`tasks.py`):

| Task | Module | What it does |
|---|---|---|
| stream | stream.py | hardware events into the spool, whatever the CMS does |
| witness | stream.py | the text of /state beside events |
| forwarder | forwarder.py | events and states out of the spool to the CMS, in order |
| uploader | uploader.py | logs beside events, behind them |
| poller | poller.py | /state to the CMS, the next command back |
| commands, files | commander.py | one lane for quick commands, one for text files: executed, answered, reported |
| push | pushing.py | the push channel: events, states, commands, answers |
| health | watch.py | whether the CMS is there, while nobody else hears of it |

What survives a crash: spool.py (events) and journal.py (commands), in one SQLite file a charger (store.py). How it
talks: hardware.py and cms.py over transport.py (HTTP), connection.py (WebSockets). supervisor.py runs all chargers.
"""
