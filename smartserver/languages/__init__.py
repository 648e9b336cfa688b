"""The languages of the page: found in `locale/`, compiled when they changed, given to the browser.

A language is a folder `locale/<name>/LC_MESSAGES` with two lists of texts: `django.po` for what the
server writes into pages, `djangojs.po` for what the browser writes. English needs none: it is what
stands in the code. How to add one: `locale/README.md`.
"""
