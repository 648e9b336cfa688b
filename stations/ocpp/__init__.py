"""OCPP-J without I/O: no Django, no Channels, no asyncio; time is passed in.

frames.py    text ⇄ frame          session.py   pairing, order, time-outs (both roles)
schemas.py   what a payload may be  repairs.py rules.py   the named rules that tolerate what it should not be
facts.py     what a message means, whatever its version
v16/ v201/ v21/   one route table a version: action → fact, and answer → payload
"""
