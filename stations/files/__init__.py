"""Files over HTTP: stations fetch firmware and deliver diagnostics and logs, each at an address of its own.

In front of Django, which would hold whole bodies in memory or in files of its own before a view sees them.
"""
