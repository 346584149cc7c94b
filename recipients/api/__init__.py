"""Lists, fields, recipients, block lists and activities in the REST interface: parse, one call of a service, answer."""
