"""The master-data engine: one format (`file`), one way out of a group (`take`), one way in (`plan`, `apply`).

`file` and `address` import no Django. Everything that changes a group in bulk goes through here.
"""
