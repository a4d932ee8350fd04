"""Each kind of fault, seen from a socket: what the client gets, and what became of its request."""

import selectors
import time
from base64 import b64encode
from collections import Counter

import pytest
import simplejson

from .raw import End, Line
from .servers import PATIENCE_S, SIDES, Servers


def faults(spec: str) -> pytest.MarkDecorator:
    """The plan of a test's servers, besides that every request is struck."""
    return pytest.mark.parametrize("hostile", [spec], indirect=True, ids=[""])


@faults("kinds=lost-request")
def test_a_lost_request_changes_nothing(hostile: Servers) -> None:
    """The connection is closed without a byte, and the server never saw the write."""
    for side in SIDES:
        record = hostile.record(side)
        row, writes = record.row, hostile.stats(side)["writes"]
        with hostile.struck():
            heard = record.edit("After", row["@odata.etag"])
            assert (heard.content, heard.end) == (b"", End.CLOSED)
            assert hostile.stats(side)["writes"] == writes
        assert record.row == row
        assert hostile.told(side)["struck"] == {"lost-request": 1}


@faults("kinds=lost-answer")
def test_a_lost_answer_hides_an_effect(hostile: Servers) -> None:
    """The connection is closed without a byte, and the write was carried out once."""
    for side in SIDES:
        record = hostile.record(side)
        row, writes = record.row, hostile.stats(side)["writes"]
        with hostile.struck():
            heard = record.edit("After", row["@odata.etag"])
            assert (heard.content, heard.end) == (b"", End.CLOSED)
        assert record.value == "After"
        assert hostile.stats(side)["writes"] == writes + 1


@faults("kinds=late-effect,late=3600")
def test_a_late_effect_lands_behind_later_requests(hostile: Servers) -> None:
    """The write is not there when the client looks, and is there after some more requests, a seeded number of them."""
    waited: list[int] = []
    for side in SIDES:
        for value in "ABCD":
            record = hostile.record(side)
            version = record.row["@odata.etag"]
            with hostile.struck():
                heard = record.edit(value, version)
                assert (heard.content, heard.end) == (b"", End.CLOSED)
                looks = 0
                while record.value != value:
                    looks += 1
                    assert looks <= 12
                assert hostile.told(side)["under_way"] == 0
            waited.append(looks)
    assert len(set(waited)) > 2
    assert max(waited) > 1


@faults("kinds=late-effect,late=0.3")
def test_a_late_effect_lands_by_itself(hostile: Servers) -> None:
    """Where no other request comes, the write lands after a time."""
    record = hostile.record("crm")
    version = record.row["@odata.etag"]
    writes = hostile.stats("crm")["writes"]
    with hostile.struck():
        record.edit("After", version)
        deadline = time.monotonic() + PATIENCE_S
        while hostile.told("crm")["under_way"] and time.monotonic() < deadline:
            pass
        assert hostile.stats("crm")["writes"] == writes + 1
    assert record.value == "After"


@faults("kinds=late-effect,late=3600")
def test_turning_the_faults_off_lands_what_is_late(hostile: Servers) -> None:
    """What is under way lands at once, before the answer to that; nothing is struck afterwards."""
    for side in SIDES:
        overtaken, other = hostile.record(side), hostile.record(side)
        versions = [one.row["@odata.etag"] for one in (overtaken, other)]
        with hostile.struck():
            overtaken.edit("Late", versions[0])
        assert overtaken.value == "Late"
        hostile.turn("on")
        late = [overtaken.edit("Later", overtaken.row["@odata.etag"]), other.edit("Late", versions[1])]
        assert [one.end for one in late] == [End.CLOSED, End.CLOSED]
        assert hostile.told(side)["under_way"] >= 1
        hostile.turn("off")
        assert (overtaken.value, other.value) == ("Later", "Late")
        assert hostile.told(side)["under_way"] == 0


@faults("kinds=late-effect,late=3600,seed=3")
def test_a_late_effect_that_was_overtaken_is_refused(hostile: Servers) -> None:
    """The same version sent twice, the first one late: whichever lands second is stale and changes nothing."""
    record = hostile.record("erp")
    version = record.row["@odata.etag"]
    with hostile.struck():
        record.edit("First", version)
        record.edit("Second", version)
        heard = record.edit("Second", version)
    assert heard.content == b""
    landed = record.row
    assert landed["displayName"] in {"First", "Second"}
    assert hostile.stats("erp")["writes"] == 4  # the create, and three attempts
    assert [record.edit("Third", stale).status for stale in (version, landed["@odata.etag"])] == [409, 200]


@faults("kinds=throttle,retry-after=7")
def test_a_throttled_request_changes_nothing(hostile: Servers) -> None:
    """429 with Retry-After and the vendor's own code and words; nothing is done."""
    codes: dict[str, set[str]] = {side: set() for side in SIDES}
    for side in SIDES:
        record = hostile.record(side)
        row = record.row
        with hostile.struck():
            for _ in range(20):
                heard = record.edit("After", row["@odata.etag"])
                assert (heard.status, heard.headers["retry-after"], heard.end) == (429, "7", End.COMPLETE)
                codes[side].add(heard.json["error"]["code"])
        assert record.row == row
    assert codes == {"crm": {"0x80072321", "0x80072322", "0x80072326"}, "erp": {"Application_TooManyRequests"}}


@faults("kinds=unavailable,retry-after=3")
def test_an_unavailable_server_may_have_done_it(hostile: Servers) -> None:
    """503 with Retry-After from a gateway that passed nothing on, or 504 from one that did: neither speaks JSON."""
    met: Counter[int] = Counter()
    for side in SIDES:
        record = hostile.record(side)
        for number in range(10):
            row = record.row
            with hostile.struck():
                heard = record.edit(f"After {number}", row["@odata.etag"])
                assert heard.headers["content-type"].startswith("text/html")
            met[heard.status] += 1
            assert record.value == (f"After {number}" if heard.status == 504 else row[record.column])
            assert heard.headers.get("retry-after") == ("3" if heard.status == 503 else None)
    assert set(met) == {503, 504}


@faults("kinds=slow-body,slow=0.3")
def test_a_slow_body_trickles(hostile: Servers) -> None:
    """The whole answer comes, in pieces and not at once."""
    for side in SIDES:
        record = hostile.record(side)
        calm = record.send("GET")
        with hostile.struck():
            slow = [record.send("GET") for _ in range(3)]
        assert [(one.end, one.json) for one in slow] == [(End.COMPLETE, calm.json)] * 3
        assert max(one.seconds for one in slow) > 0.05


@pytest.mark.parametrize(
    ("hostile", "end"), [("kinds=truncated", End.CLOSED), ("kinds=reset", End.RESET)], indirect=["hostile"]
)
def test_an_answer_is_cut(hostile: Servers, end: End) -> None:
    """The head promises more than comes before the connection ends; the write was carried out."""
    missing = 0
    for side in SIDES:
        record = hostile.record(side)
        for number in range(4):
            version = record.row["@odata.etag"]
            with hostile.struck():
                heard = record.edit(f"After {number}", version)
            assert heard.end is end
            assert heard.status == 200
            assert heard.missing > 0
            missing += len(heard.body) > 0
            assert record.value == f"After {number}"
    assert missing > 4, "hardly any answer was cut in its middle"


@faults("kinds=truncated+reset")
def test_an_answer_without_a_body_is_cut_before_its_head(hostile: Servers) -> None:
    """What has no middle ends without a byte; the write was carried out."""
    record = hostile.record("crm")
    version = record.row["@odata.etag"]
    with hostile.struck():
        heard = record.send("PATCH", {"name": "After"}, If_Match=version)
        assert heard.content == b""
        assert heard.end is not End.COMPLETE
    assert record.value == "After"


@faults("kinds=wrong-json")
def test_a_wrong_answer_says_nothing(hostile: Servers) -> None:
    """200 with a web page or foreign JSON for a write that was not done, with broken JSON for one that was."""
    met: Counter[str] = Counter()
    for side in SIDES:
        record = hostile.record(side)
        for number in range(16):
            row = record.row
            with hostile.struck():
                heard = record.edit(f"After {number}", row["@odata.etag"])
            assert (heard.status, heard.end) == (200, End.COMPLETE)
            is_page = heard.headers["content-type"].startswith("text/html")
            try:
                what = "page" if is_page else type(heard.json).__name__
            except simplejson.JSONDecodeError:
                what = "broken"
            met[what] += 1
            assert record.value == (f"After {number}" if what == "broken" else row[record.column])
    assert set(met) == {"page", "dict", "list", "broken"}


@faults("kinds=duplicate")
def test_a_duplicate_repeats_only_what_may_be_repeated(hostile: Servers) -> None:
    """A read is served twice; a write with a version is delivered twice and lands once; a bare create is left alone."""
    for side in SIDES:
        record = hostile.record(side)
        row, before = record.row, hostile.stats(side)
        with hostile.struck():
            assert record.row == row
            assert hostile.stats(side)["operations"] == before["operations"] + 2
            heard = record.edit("After", row["@odata.etag"])
            assert heard.status == 200
            assert hostile.stats(side)["operations"] == before["operations"] + 4
            record.create("Only one")
        assert record.row["@odata.etag"] == heard.json["@odata.etag"]
        assert record.names().count("Only one") == 1
        assert hostile.told(side)["struck"] == {"duplicate": 2}


@faults("kinds=duplicate")
def test_a_batch_is_repeated_only_if_all_of_it_may_be(hostile: Servers) -> None:
    """One bare create among conditional writes keeps a batch from being delivered twice, in both batch formats."""
    erp, crm = hostile.record("erp"), hostile.record("crm")
    place = erp.place.removeprefix("/api/v2.0/")
    patch = {"method": "PATCH", "id": "1", "url": f"{place}({erp.id})", "body": {"displayName": "After"}}
    create = {"method": "POST", "id": "2", "url": place, "body": {"displayName": "Only one"}}
    types = {"Content-Type": "application/json"}
    for requests, struck in (([patch, create], 0), ([patch], 1)):
        patch["headers"] = {**types, "If-Match": erp.row["@odata.etag"]}
        create["headers"] = types
        with hostile.struck():
            heard = hostile.send(
                "erp", "POST", "/api/v2.0/$batch", {"requests": requests}, Authorization=erp.authorization
            )
        assert {one["status"] for one in heard.json["responses"]} <= {200, 201}
        assert hostile.told("erp")["struck"]["duplicate"] == struck
    assert erp.names().count("Only one") == 1

    for parts, struck in ((("PATCH", "POST"), 0), (("PATCH",), 1)):
        body = _multipart(parts, crm.id, crm.row["@odata.etag"])
        line = Line(hostile.port("crm"))
        with hostile.struck():
            line.send(
                "POST",
                "/api/data/v9.2/$batch",
                body,
                Content_Type="multipart/mixed; boundary=b",
                Authorization=crm.authorization,
            )
            assert b"HTTP/1.1 412" not in line.hear().body
        assert hostile.told("crm")["struck"]["duplicate"] == struck
    assert crm.names().count("Only one") == 1


def _multipart(methods: tuple[str, ...], account: str, version: str) -> bytes:
    parts = {
        "PATCH": (f"accounts({account})", f"If-Match: {version}\r\n", '{"name":"After"}'),
        "POST": ("accounts", "", '{"name":"Only one"}'),
    }
    text = ""
    for method in methods:
        path, headers, body = parts[method]
        text += (
            "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            f"{method} /api/data/v9.2/{path} HTTP/1.1\r\n{headers}Content-Type: application/json\r\n\r\n{body}\r\n"
        )
    return f"{text}--b--\r\n".encode()


@faults("kinds=reorder+delay,slow=0.5,seed=2")
def test_held_answers_leave_in_another_order(hostile: Servers) -> None:
    """Requests that are under way together are all answered rightly, and not in the order in which they came."""
    for side in SIDES:
        records = [hostile.record(side) for _ in range(6)]
        lines = [Line(hostile.port(side)) for _ in records]
        with hostile.struck():
            for record, line in zip(records, lines, strict=True):
                line.send("GET", f"{record.place}({record.id})", Authorization=record.authorization)
            answered = _answered(lines)
        asked = [record.id for record in records]
        assert answered != asked
        assert sorted(answered) == sorted(asked)


def _answered(lines: list[Line]) -> list[str]:
    """The ids of the records in the answers, in the order in which they come."""
    ids: list[str] = []
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.socket, selectors.EVENT_READ, line)
        while selector.get_map():
            for key, _ in selector.select(PATIENCE_S):
                selector.unregister(key.fileobj)
                row = key.data.hear().json
                ids.append(row.get("accountid") or row["id"])
    return ids


@faults("kinds=expired-token")
def test_a_token_expires_once(hostile: Servers) -> None:
    """One request gets 401 and does nothing, the next one goes through; an access key never expires."""
    for side in SIDES:
        record = hostile.record(side)
        row = record.row
        with hostile.struck():
            if side == "erp":
                server = hostile.details["erp"]
                key = b64encode(f"{server['user']}:{server['web_service_access_key']}".encode()).decode()
                assert hostile.send("erp", "GET", record.place, Authorization=f"Basic {key}").status == 200
            heard = record.edit("After", row["@odata.etag"])
            assert heard.status == 401
            assert heard.headers["www-authenticate"].startswith("Bearer")
            assert record.row == row
            assert record.edit("After", row["@odata.etag"]).status == 200
        assert record.value == "After"


@faults("kinds=all,retry-after=2")
def test_signing_in_is_throttled_or_unavailable_at_worst(hostile: Servers) -> None:
    """The token endpoint is reached, whatever strikes: it gives a token, or answers 429, 503 or 504."""
    met: Counter[int] = Counter()
    for side in SIDES:
        with hostile.struck():
            met.update(hostile.sign_in(side).status for _ in range(25))
    assert set(met) == {429, 503, 504}
