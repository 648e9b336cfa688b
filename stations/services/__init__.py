"""Use-cases of stations: plain functions that run inside a unit of the writer.

Each takes the `Batch` first and everything else by keyword, changes the database, names what
browsers should see, and returns what the station is to be told.
"""
