from django.db import migrations

from accounts.row_level_security import tenant_reference, tenant_reference_of_sets


class Migration(migrations.Migration):
    """An import looks the group of its rows up once, and not once per row: a fifth of its time."""

    dependencies = [("recipients", "0005_held_back")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE recipients_recipient DROP CONSTRAINT recipients_recipient_group_id_in_account",
            tenant_reference("recipients_recipient", "group_id", "recipients_group", on_delete="CASCADE").sql,
        ),
        tenant_reference_of_sets("recipients_recipient", "group_id", "recipients_group"),
    ]
