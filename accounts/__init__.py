"""Who: accounts (tenants), users, memberships, the audit trail, the tenant gate and row-level security.

The lowest app: it knows no other.
"""
