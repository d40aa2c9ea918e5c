"""The JSON endpoints, called as a program calls them."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError


@pytest.fixture(scope="module")
def client(shop: str) -> Client:
    return Client(shop, verbose=False)


def test_only_the_typed_endpoints_are_public(client: Client) -> None:
    described: dict[str, Any] = client.view_api(return_format="dict", print_info=False)  # type: ignore[assignment]
    assert set(described["named_endpoints"]) == {"/recommend", "/conversation", "/shoppers"}
    assert not described["unnamed_endpoints"]
    properties = described["named_endpoints"]["/recommend"]["returns"][0]["type"]["properties"]
    assert properties["conversation_id"] == {"type": "string"}
    assert properties["parts"]["type"] == "array"


def test_a_message_is_answered_and_the_conversation_goes_on(client: Client) -> None:
    first = client.predict("17", "a refillable pen", api_name="/recommend")
    shown = [part for part in first["parts"] if part["type"] == "item"]
    assert [part["title"] for part in shown] == ["Tarn Glide Gel Pen"]
    assert shown[0]["facts"]["price"] == "$9.80"
    assert [c["facet"] for c in first["reading"]["constraints"]] == ["refillable", "category"]
    second = client.predict("17", "others", first["conversation_id"], first["owner"], api_name="/recommend")
    assert second["conversation_id"] == first["conversation_id"]
    found = client.predict(first["owner"], first["conversation_id"], api_name="/conversation")
    assert [turn["role"] for turn in found["turns"]] == ["user", "assistant"] * 2
    assert found["shopper_id"] == "17"
    assert found["turns"][1]["parts"] == first["parts"]


def test_a_conversation_of_someone_else_is_not_there(client: Client) -> None:
    mine = client.predict("", "a pen", api_name="/recommend")
    with pytest.raises(AppError, match="no conversation"):
        client.predict("o" * 43, mine["conversation_id"], api_name="/conversation")
    with pytest.raises(AppError, match="no conversation"):
        client.predict("", "a pen", mine["conversation_id"], "o" * 43, api_name="/recommend")


def test_what_is_refused_is_said_in_words(client: Client) -> None:
    with pytest.raises(AppError, match="no shopper 'nobody'"):
        client.predict("nobody", "a pen", api_name="/recommend")
    with pytest.raises(AppError, match="empty"):
        client.predict("17", "   ", api_name="/recommend")


def test_shoppers_are_found_by_a_part_of_their_id(client: Client) -> None:
    assert client.predict(api_name="/shoppers") == [
        {"shopper_id": "17", "purchases": 2},
        {"shopper_id": "18", "purchases": 1},
    ]
    assert [s["shopper_id"] for s in client.predict("8", api_name="/shoppers")] == ["18"]


@pytest.mark.parametrize("path", ["/etc/passwd", "README.md", str(Path(__file__))])
def test_no_file_of_the_machine_is_served(shop: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{shop}/gradio_api/file={path}", timeout=30)
    assert refused.value.code in (403, 404)
    refused.value.close()


def test_nothing_can_be_uploaded(shop: str) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nmany bytes\r\n--x--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    request = urllib.request.Request(f"{shop}/gradio_api/upload", form, headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 413
    refused.value.close()
