"""The CMS that bridges report to: the server's half of the wire."""
