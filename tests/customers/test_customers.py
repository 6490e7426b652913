"""Customers as the office takes them down and finds them again."""

from tests.cast import Cast

SITE = {"code": "S1", "name": "Home", "address": "1 High Street", "city": "Town", "country": "GB"}


async def test_the_office_takes_down_a_customer_with_contact_and_site(cast: Cast) -> None:
    customer_id = (await cast.dora.done("/customers", {"number": "C1", "name": "Laundry Lindgren"}))["id"]
    await cast.dora.done("/contacts", {"customer_id": customer_id, "name": "Eva", "phone": "+49 (30) 90 18-20"})
    await cast.dora.done("/sites", SITE | {"customer_id": customer_id, "time_zone": "Europe/London"})
    sheet = (await cast.dora.get(f"/customers/{customer_id}")).json()
    assert sheet["customer"]["name"] == "Laundry Lindgren"
    assert [contact["name"] for contact in sheet["contacts"]] == ["Eva"]
    assert [site["time_zone"] for site in sheet["sites"]] == ["Europe/London"]
    assert sheet["units"] == 0
    for query in ({"search": "lindgren"}, {"search": "C"}, {"phone": "030/901820"}):
        items = (await cast.dora.get("/customers", **query)).json()["items"]
        assert [line["number"] for line in items] == ["C1"], query
    assert (await cast.dora.get("/customers", search="100%")).json()["items"] == []


async def test_numbers_and_codes_are_given_once(cast: Cast) -> None:
    customer_id = (await cast.dora.done("/customers", {"number": "C1", "name": "One"}))["id"]
    taken = await cast.dora.post("/customers", {"number": "C1", "name": "Two"})
    assert (taken.status_code, taken.json()["code"]) == (409, "customer-number-taken")
    site = SITE | {"customer_id": customer_id, "time_zone": "Europe/London"}
    await cast.dora.done("/sites", site)
    taken = await cast.dora.post("/sites", site)
    assert (taken.status_code, taken.json()["code"]) == (409, "site-code-taken")


async def test_what_cannot_be_is_refused(cast: Cast) -> None:
    customer_id = (await cast.dora.done("/customers", {"number": "C1", "name": "One"}))["id"]
    for path, body, status in (
        ("/sites", SITE | {"customer_id": customer_id, "time_zone": "Mars/Base"}, 422),
        ("/sites", SITE | {"customer_id": str(cast.north), "time_zone": "Europe/London"}, 404),
        ("/contacts", {"customer_id": customer_id, "name": "Eva", "phone": "()"}, 422),
        ("/customers", {"number": "C2", "name": "Two", "customer_class": "gold"}, 422),
    ):
        assert (await cast.dora.post(path, body)).status_code == status, (path, body)
    assert (await cast.dora.get(f"/customers/{cast.north}")).status_code == 404
    for caller in (cast.ann, cast.pam, cast.otto):
        assert (await caller.post("/customers", {"number": "C3", "name": "Three"})).status_code == 403
