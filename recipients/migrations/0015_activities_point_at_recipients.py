from django.db import migrations


class Migration(migrations.Migration):
    """The reference that the new primary key had made anew is looked through while both tables are written."""

    dependencies = [("recipients", "0014_primary_key_of_recipients")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE recipients_activity VALIDATE CONSTRAINT recipients_activity_recipient_id_in_account",
            migrations.RunSQL.noop,
        )
    ]
