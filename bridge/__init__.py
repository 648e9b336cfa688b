"""Charger hardware behind a NOC bridge: the bridge itself, the CMS that it reports to, an emulated charger.

wire.py outlets.py vendor.py push.py paths.py   PURE: what both ends of each wire agree on
client/      the bridge: a program beside the charger, without the server's settings and database
cms/         the server's half of the same wire
emulator/    a charger's hardware API
"""
