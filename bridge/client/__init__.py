"""The NOC bridge: joins a charger's hardware API to a CMS."""
