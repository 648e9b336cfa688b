"""What every part of the REST API has in common; knows no app. The parts: `stations/api`, `devices/api.py`, ….

operations.py      an operation: its name, its role, what it takes and gives; what the others read off it
views.py           the base of all views: input checked, changes stored by the writer with their audit row
authentication.py permissions.py throttles.py
problems.py        errors as application/problem+json
content.py         JSON in and out, streams
pages.py           lists in pages (small tables) and slices (large ones)
fields.py          input that is refused rather than stored half
paths.py           identities in addresses
schema.py docs.py  the OpenAPI document, and Swagger UI without foreign servers
account.py users.py retention.py webhooks.py   operations of the server itself
"""
