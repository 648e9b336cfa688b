"""Stations over REST. Views check input, ask the use-cases of `stations/services`, and show what came of it.

equipment.py       stations, connectors, who knocks
charging.py        transactions, meter values
tokens.py          id tokens and their groups
commands.py        any call of the server; waiting.py: for its reply; authority.py: who may make which
configuration.py local_lists.py reservations.py profiles.py
files.py           firmware, jobs
certificates.py
energy.py          DER controls and alarms, battery swaps
monitoring.py      monitors, their events, event streams (2.x)
records.py         messages, security events
rows.py            how each row is shown
"""
