"""The emulated 2.x station, as the server and its drivers see it."""
