"""An example of every call that the compatible interface covers: its path and body, for a shop."""

from typing import Any

from tests.recipients.compatible.shop import Shop


def example(name: str, shop: Shop) -> tuple[str, str, Any]:
    """The method, path and body of the call with this name ("POST groups")."""
    method, _space, pattern = name.partition(" ")
    path = pattern.format(
        group=shop.group.pk,
        receiver=shop.anna.id if pattern.startswith("groups") else shop.email("anna"),
        attribute=shop.city.pk if pattern.startswith("groups") else shop.points.pk,
        email=f"*@spam.{shop.word}.example",
    )
    if path == "tags/count":
        path += f"?tag=shop.{shop.word}"
    return method, path, _bodies(shop).get(name)


def _bodies(shop: Shop) -> dict[str, Any]:
    anna, neu = shop.email("anna"), shop.email("neu")
    receivers, receiver = "groups/{group}/receivers", "groups/{group}/receivers/{receiver}"
    return {
        "POST groups": {"name": "Neue"},
        "PUT groups/{group}": {"name": "Andere"},
        "POST groups/{group}/attributes": {"name": "farbe", "type": "text"},
        f"POST {receivers}": {"email": neu},
        f"POST {receivers}/insert": [{"email": neu}],
        f"POST {receivers}/upsert": [{"email": anna, "source": "x"}],
        f"POST {receivers}/upsertplus": [{"email": anna, "tags": ["neu.es"]}],
        f"PUT {receivers}/update": [{"email": anna, "source": "x"}],
        f"PUT {receivers}/updateplus": [{"email": anna, "source": "x"}],
        f"POST {receivers}/delete": [anna],
        f"PUT {receiver}": {"source": "x"},
        f"PUT {receiver}/attributes/{{attribute}}": {"value": "Ulm"},
        f"POST {receiver}/tags": {"tags": ["neu"]},
        f"POST {receiver}/events": {"type_id": "clicked", "value": "https://example.org"},
        "POST receivers/delete": {"receivers": [anna]},
        "POST receivers/isvalid": {"emails": [anna]},
        "PUT receivers/{receiver}/attributes/{attribute}": {"value": "8"},
        "POST receivers/{receiver}/tags": {"tags": ["neu"]},
        "POST attributes": {"name": "vorname", "type": "text"},
        "PUT attributes/{attribute}": {"description": "Treuepunkte"},
        "POST blacklist": {"email": neu},
        "PUT blacklist": {"email": neu},
        "PUT blacklist/{email}": {"email": neu},
        "POST blacklist/validate": {"emails": [anna]},
    }
