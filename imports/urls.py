"""The pages of the imports, below `a/<account>/`."""

from django.urls import URLPattern, URLResolver, path

from imports.views import drafts, history, previews, rejects, restores, runs

app_name = "imports"
urlpatterns: list[URLPattern | URLResolver] = [
    path("recipients/new/", drafts.new_list, name="new_list"),
    path("recipients/<int:group_id>/add/", drafts.upload, name="upload"),
    path("recipients/<int:group_id>/imports/", history.group_history, name="group_history"),
    path("imports/", history.history, name="history"),
    path("imports/<uuid:import_id>/", runs.run, name="run"),
    path("imports/<uuid:import_id>/mapping/", drafts.mapping, name="mapping"),
    path("imports/<uuid:import_id>/preview/", previews.preview, name="preview"),
    path("imports/<uuid:import_id>/preview/again/", previews.again, name="preview_again"),
    path("imports/<uuid:import_id>/preview/readmit/", previews.readmit, name="readmit"),
    path("imports/<uuid:import_id>/preview/back/", previews.back, name="back_to_mapping"),
    path("imports/<uuid:import_id>/preview/confirm/", previews.confirm, name="confirm"),
    path("imports/<uuid:import_id>/preview/choose/", restores.choose, name="choose"),
    path("imports/<uuid:import_id>/kept/", restores.kept, name="kept"),
    path("imports/<uuid:import_id>/cancel/", runs.cancel, name="cancel"),
    path("imports/<uuid:import_id>/rejected/", rejects.rejected, name="rejected"),
]
