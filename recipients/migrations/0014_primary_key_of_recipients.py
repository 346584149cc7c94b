from django.db import migrations

DROP_REFERENCE = "ALTER TABLE recipients_activity DROP CONSTRAINT recipients_activity_recipient_id_in_account"
ADD_REFERENCE = """
ALTER TABLE recipients_activity ADD CONSTRAINT recipients_activity_recipient_id_in_account
FOREIGN KEY (account_id, recipient_id) REFERENCES recipients_recipient (account_id, id)
ON DELETE CASCADE DEFERRABLE INITIALLY IMMEDIATE NOT VALID
"""
DROP_KEY = "ALTER TABLE recipients_recipient DROP CONSTRAINT recipients_recipient_pkey"
ADD_KEY = "ALTER TABLE recipients_recipient ADD CONSTRAINT recipients_recipient_pkey PRIMARY KEY"


class Migration(migrations.Migration):
    """The index becomes the primary key: a change of the catalogue, for which no row is read."""

    dependencies = [("recipients", "0013_recipients_by_id")]

    operations = [
        migrations.RunSQL(
            [DROP_REFERENCE, DROP_KEY, f"{ADD_KEY} USING INDEX recipients_recipient_by_id", ADD_REFERENCE],
            [DROP_REFERENCE, DROP_KEY, f"{ADD_KEY} (account_id, id)", ADD_REFERENCE],
        )
    ]
