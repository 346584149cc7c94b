"""The pages of backups, below `a/<account>/`."""

from django.urls import URLPattern, URLResolver, path

from backups.views import (
    closing,
    compare,
    download,
    erasures,
    exports,
    on_demand,
    overview,
    pins,
    restore,
    undo,
    verification,
    view,
)

app_name = "backups"
urlpatterns: list[URLPattern | URLResolver] = [
    path("my-account/backups/", overview.overview, name="overview"),
    path("my-account/closing/", closing.closing, name="closing"),
    path("my-account/closing/file/", closing.file, name="closing_file"),
    path("recipients/<int:group_id>/backups/", overview.group, name="group"),
    path("backups/<uuid:backup_id>/restore/", restore.restore, name="restore"),
    path("imports/<uuid:import_id>/undo/", undo.undo, name="undo"),
    path("recipients/<int:group_id>/backups/take/", on_demand.take, name="take"),
    path("backups/<uuid:backup_id>/row/", overview.row, name="row"),
    path("backups/<uuid:backup_id>/view/", view.view, name="view"),
    path("backups/<uuid:backup_id>/compare/", compare.compare, name="compare"),
    path("backups/<uuid:backup_id>/compare/file/", compare.file, name="compare_file"),
    path("backups/<uuid:backup_id>/pin/", pins.pin, name="pin"),
    path("backups/<uuid:backup_id>/unpin/", pins.unpin, name="unpin"),
    path("backups/<uuid:backup_id>/verify/", verification.verify, name="verify"),
    path("backups/<uuid:backup_id>/download/<str:format>/", download.download, name="download"),
    path("backups/<uuid:backup_id>/export/", exports.backup, name="export_options"),
    path("recipients/<int:group_id>/export/", exports.group, name="export_group"),
    path("recipients/erase/", erasures.erase, name="erase"),
    path("recipients/<int:group_id>/<int:recipient_id>/erase/", erasures.erase_recipient, name="erase_recipient"),
    path("exports/<uuid:export_id>/row/", exports.row, name="export_row"),
    path("exports/<uuid:export_id>/cancel/", exports.cancel, name="export_cancel"),
    path("exports/<uuid:export_id>/file/", exports.file, name="export_file"),
]
