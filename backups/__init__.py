"""How it is kept safe: backups of groups, their storage, exports, retention and overview.

Imports every other app; none imports it. Hears through `backups.receivers` that a group is about to change.
"""
