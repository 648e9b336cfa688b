"""Stations over REST. Views check input, ask the use-cases of `stations/services`, and show what came of it.

equipment.py       stations, connectors, who knocks
charging.py        transactions, meter values
tokens.py          id tokens and their groups
commands.py waiting.py actions.py
control.py         configuration, local lists, reservations, charging profiles
files.py           firmware, jobs
certificates.py
records.py         messages, security events
rows.py            how each row is shown
"""
