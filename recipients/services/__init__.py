"""What changes groups, fields and single recipients. Many at once: `masterdata.apply` and `deletion`."""

from recipients.revision import lock_fields
from recipients.services.blocking import TooManyOtherPatterns, block_addresses, unblock_addresses
from recipients.services.fields import (
    FieldKeyTaken,
    FieldLabelTaken,
    FieldRefused,
    TooManyFields,
    create_field,
    rename_field,
)
from recipients.services.groups import create_group, lock_to_change, set_group_backups, update_group
from recipients.services.recipients import (
    AddressBlocked,
    AddressErased,
    AddressTaken,
    ChangedMeanwhile,
    InvalidAddress,
    MasterData,
    activate_recipient,
    deactivate_recipient,
    edit_recipient,
    read_master_data,
)

__all__ = [
    "AddressBlocked",
    "AddressErased",
    "AddressTaken",
    "ChangedMeanwhile",
    "FieldKeyTaken",
    "FieldLabelTaken",
    "FieldRefused",
    "InvalidAddress",
    "MasterData",
    "TooManyFields",
    "TooManyOtherPatterns",
    "activate_recipient",
    "block_addresses",
    "create_field",
    "create_group",
    "deactivate_recipient",
    "edit_recipient",
    "lock_fields",
    "lock_to_change",
    "read_master_data",
    "rename_field",
    "set_group_backups",
    "unblock_addresses",
    "update_group",
]
