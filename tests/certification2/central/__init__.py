"""The server, as a scripted 2.x station sees it."""
