"""A plug-in's day on a real server over HTTP: from its token to the last page, and everything that can be refused."""

from accounts.tenancy import account_scope
from backups.models import Backup
from tests.recipients.compatible.client import (
    GROUP,
    RECEIVER,
    STATS,
    TOKENS,
    WHOLE_RECEIVER,
    RestClient,
    check_shape,
    over_http,
)
from tests.recipients.compatible.shop import make_shop


def test_a_plug_in_does_its_work_by_another_base_address(live_url: str) -> None:
    shop = make_shop(send=over_http(live_url))
    client = RestClient(over_http(live_url))
    check_shape(client.authorise(shop.client_id, shop.secret, "multipart").content, TOKENS)

    check_shape(client.get("groups.json")[0], GROUP)
    group = client.call("POST", "groups", {"name": "Shop"})
    path = f"groups/{group['id']}/receivers"
    client.call("POST", f"groups/{group['id']}/attributes", {"name": "city", "type": "text"})

    rows = [{"email": f"kunde{number:03}@laden.example", "attributes": {"city": "Ulm"}} for number in range(120)]
    written = client.call("POST", f"{path}/upsertplus", rows)
    assert [one["status"] for one in written] == ["insert success"] * 120
    pages = list(client.pages(group["id"], 50))
    assert [len(page) for page in pages] == [50, 50, 20]
    for receiver in pages[2]:
        check_shape(receiver, RECEIVER)
        assert receiver["attributes"] == {"city": "Ulm"}

    one = client.call("POST", path, {"email": "neu@laden.example"})
    check_shape(one, WHOLE_RECEIVER)
    assert client.ask("POST", path, {"email": "neu@laden.example"}).error[0] == 409
    assert client.call("PUT", f"{path}/{one['id']}", {"attributes": {"city": "Bonn"}})["attributes"] == {"city": "Bonn"}
    assert client.call("PUT", f"{path}/neu@laden.example/deactivate", False) is True
    assert client.get(f"{path}/neu%40laden.example")["active"] is False
    assert client.call("PUT", f"{path}/{one['id']}/activate") is True
    assert client.call("POST", f"receivers/{one['id']}/tags", {"tags": ["shop.neu"]}) == ["shop.neu"]
    assert client.get("tags/count", tag="shop.neu", group_id=group["id"]) == 1

    stats = client.get(f"groups/{group['id']}/stats")
    check_shape(stats, STATS)
    assert (stats["total_count"], stats["active_count"]) == (121, 121)
    assert client.call("POST", f"{path}/delete", [row["email"] for row in rows[:100]]) == [{"status": "success"}] * 100
    assert client.call("DELETE", f"{path}/{one['id']}", []) is True
    assert client.call("DELETE", f"groups/{group['id']}/clear") is True
    assert client.get(path) == []
    assert client.call("DELETE", f"groups/{group['id']}") is True
    assert client.ask("GET", f"groups/{group['id']}").error == (404, "Not Found: invalid group")

    with account_scope(shop.account.pk):
        assert not Backup.objects.exists()


def test_each_refusal_over_http(live_url: str) -> None:
    shop = make_shop(send=over_http(live_url))
    client = shop.client
    many = [{"email": f"k{number}@laden.example"} for number in range(1_001)]
    refused = {
        "validation": client.ask("POST", "groups", {}),
        "no such call": client.ask("GET", "nichts"),
        "receiver": client.ask("GET", shop.receivers("/niemand@laden.example")),
        "duplicate": client.ask("POST", shop.receivers(), {"email": shop.email("anna")}),
        "too big": client.ask("POST", shop.receivers("/insert"), many),
        "not covered": client.ask("GET", "mailings"),
        "method": client.ask("PATCH", "groups"),
        "token": RestClient(client.send, "falsch").ask("GET", "groups"),
    }
    assert {name: answer.error for name, answer in refused.items()} == {
        "validation": (400, "Bad Request: invalid name"),
        "no such call": (404, "Not Found"),
        "receiver": (404, "Not Found: invalid receiver"),
        "duplicate": (409, "Conflict: duplicate address 'anna@laden.example'"),
        "too big": (413, "Request Entity Too Large: at most 1000 items in one batch"),
        "not covered": (501, "Not Implemented: Listkeep does not cover this call"),
        "method": (405, "Method Not Allowed"),
        "token": (401, "Unauthorized"),
    }
    assert {name: answer.status for name, answer in refused.items()} == {
        name: answer.error[0] for name, answer in refused.items()
    }
