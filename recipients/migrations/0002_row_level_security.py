from django.db import migrations

from accounts.row_level_security import protect, tenant_reference


class Migration(migrations.Migration):
    dependencies = [("recipients", "0001_initial")]

    operations = [
        protect("recipients_group"),
        protect("recipients_field"),
        protect("recipients_recipient"),
        protect("recipients_contact"),
        protect("recipients_activity"),
        protect("recipients_deletion"),
        tenant_reference("recipients_field", "group_id", "recipients_group", on_delete="CASCADE"),
        tenant_reference("recipients_recipient", "group_id", "recipients_group", on_delete="CASCADE"),
        tenant_reference("recipients_deletion", "group_id", "recipients_group", on_delete="CASCADE"),
        tenant_reference("recipients_activity", "recipient_id", "recipients_recipient", on_delete="CASCADE"),
    ]
