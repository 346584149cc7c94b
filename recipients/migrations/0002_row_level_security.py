from django.db import migrations

from accounts.row_level_security import protect, tenant_reference


class Migration(migrations.Migration):
    dependencies = [("recipients", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE recipients_recipient
            ADD CONSTRAINT recipients_recipient_text_is_not_empty CHECK (email <> '' AND source <> ''),
            ADD CONSTRAINT recipients_recipient_tags_are_plain CHECK (
                '' <> ALL (tags) AND array_position(tags, NULL) IS NULL AND position(',' IN array_to_string(tags, '')) = 0
            )
            """,
            """
            ALTER TABLE recipients_recipient
            DROP CONSTRAINT recipients_recipient_text_is_not_empty,
            DROP CONSTRAINT recipients_recipient_tags_are_plain
            """,
        ),
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
