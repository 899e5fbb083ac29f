"""Filters, order and pages, as tables of what is asked and what is found."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusapi.dialects.tastypie import LOOKUPS, MOST, Fields, Kind, Object, Row, listed, ordered
from statusapi.problems import Problem

FIELDS = Fields(
    known=frozenset({"name", "start", "end", "auto", "status", "parts", "note"}),
    filters={
        "name": Kind.TEXT,
        "start": Kind.MOMENT,
        "end": Kind.MOMENT,
        "auto": Kind.BOOL,
        "status": Kind.RELATED,
        "status__word": Kind.TEXT,
        "parts__of": Kind.RELATED,
    },
    orders=frozenset({"name", "start", "end", "auto", "status"}),
)


def row(num: int, name: str, end: str | None, status: int, parts: list[int]) -> Row:
    said = {
        "name": name,
        "start": f"2015-08-{10 + num}T16:25:00",
        "end": end,
        "auto": num == 1,
        "status": {"resource_uri": f"/api/v1/status/{status}/", "word": f"word {status}"},
        "parts": [{"of": f"/api/v1/service/{part}/"} for part in parts],
        "note": "",
    }
    return Row(num, said)


ROWS = [
    row(1, "Shop", "2015-09-01T00:00:00", 2, [7]),
    row(2, "blog", None, 10, [7, 8]),
    row(3, "/api/v1/status/2/", "2015-08-20T12:00:00", 2, []),
]


def ask(query: str, limit: int = 10) -> Object:
    return listed(ROWS, parse_qsl(query, keep_blank_values=True), FIELDS, "/api/v1/x/", limit)


def found(query: str) -> list[int]:
    by_name = {one.said["name"]: one.num for one in ROWS}
    return [by_name[said["name"]] for said in ask(query)["objects"]]


@pytest.mark.parametrize(
    ("query", "nums"),
    [
        ("", [1, 2, 3]),
        ("unknown=1&other__gt=x", [1, 2, 3]),
        ("name=Shop", [1]),
        ("name=shop", []),
        ("name__iexact=SHOP", [1]),
        ("name__in=Shop,blog", [1, 2]),
        ("name__in=Shop&name__in=blog", [1, 2]),
        ("name__contains=o", [1, 2]),
        ("name__icontains=BLO", [2]),
        ("name__startswith=S", [1]),
        ("name__istartswith=s", [1]),
        ("name__endswith=og", [2]),
        ("name__iendswith=OG", [2]),
        ("name__gt=Z", [2]),
        ("name=x&name=Shop", [1]),
        ("start=2015-08-11T16:25:00", [1]),
        ("start=2015-08-11T18:25:00%2B02:00", [1]),
        ("start__gt=2015-08-12", [2, 3]),
        ("start__lte=2015-08-12T16:25", [1, 2]),
        ("start__lt=2015-08-12T16:25:00", [1]),
        ("start__gte=2015-08-13", [3]),
        ("start__range=2015-08-12,2015-08-13", [2]),
        ("start__startswith=2015-08-1", [1, 2, 3]),
        ("end__isnull=true", [2]),
        ("end__isnull=False", [1, 3]),
        ("end=None", [2]),
        ("end=nil", [2]),
        ("end__gt=2000-01-01", [1, 3]),
        ("auto=true", [1]),
        ("auto=False", [2, 3]),
        ("auto=1", [1]),
        ("status=2", [1, 3]),
        ("status=/api/v1/status/10/", [2]),
        ("status__in=10,3", [2]),
        ("status__gt=2", [2]),
        ("status__word=word 10", [2]),
        ("status__word__startswith=word 2", [1, 3]),
        ("parts__of=8", [2]),
        ("parts__of=7", [1, 2]),
        ("parts__of__isnull=true", [3]),
        ("status=2&auto=true", [1]),
        ("order_by=name", [3, 1, 2]),
        ("order_by=-name", [2, 1, 3]),
        ("sort_by=-start", [3, 2, 1]),
        ("order_by=end", [2, 3, 1]),
        ("order_by=-end", [1, 3, 2]),
        ("order_by=-status&order_by=start", [2, 1, 3]),
        ("order_by=status&order_by=-start", [3, 1, 2]),
        ("limit=2", [1, 2]),
        ("limit=2&offset=2", [3]),
        ("offset=99", []),
    ],
)
def test_lists_have_what_is_asked_for(query: str, nums: list[int]) -> None:
    assert found(query) == nums


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("note=x", "The 'note' field does not allow filtering."),
        ("note__gt=x", "The 'note' field does not allow filtering."),
        ("start__year=2015", "The 'start__year' field does not allow filtering."),
        ("status__word__deep=1", "The 'status__word__deep' field does not allow filtering."),
        ("status=abc", "Invalid value 'abc' for the 'status' field: expected a number or an address."),
        ("start=soon", "Invalid value 'soon' for the 'start' field: expected a moment such as 2015-08-10T16:25:00."),
        ("start=0001-01-01T00:00:00%2B14:00", "Invalid value '0001-01-01T00:00:00+14:00' for the 'start' field: "),
        ("auto=maybe", "Invalid value 'maybe' for the 'auto' field: expected true or false."),
        ("end__isnull=maybe", "Invalid value 'maybe' for the 'end' field: expected true or false."),
        ("start__range=2015-08-12", "The 'start' field expects two values for its range, separated by a comma."),
        ("order_by=unknown", "No matching 'unknown' field for ordering on."),
        ("order_by=", "No matching '' field for ordering on."),
        ("order_by=-note", "The 'note' field does not allow ordering."),
        ("order_by=parts__of", "The 'parts__of' field does not allow ordering."),
        ("limit=x", "Invalid limit 'x' provided. Please provide a positive integer."),
        ("limit=-1", "Invalid limit '-1' provided. Please provide a positive integer."),
        ("limit=", "Invalid limit '' provided. Please provide a positive integer."),
        ("offset=1.5", "Invalid offset '1.5' provided. Please provide a positive integer >= 0."),
        ("offset=-1", "Invalid offset '-1' provided. Please provide a positive integer >= 0."),
        ("limit=" + "9" * 5000, "Invalid limit '999"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_its_name(query: str, text: str) -> None:
    with pytest.raises(Problem) as refusal:
        ask(query)
    assert refusal.value.status == 400
    assert refusal.value.text.startswith(text)


@pytest.mark.parametrize(
    ("query", "limit", "before", "after"),
    [
        ("", 10, None, None),
        ("limit=2", 2, None, "/api/v1/x/?limit=2&offset=2"),
        ("limit=2&offset=2", 2, "/api/v1/x/?limit=2&offset=0", None),
        ("limit=2&offset=1", 2, None, None),
        ("limit=1&offset=1", 1, "/api/v1/x/?limit=1&offset=0", "/api/v1/x/?limit=1&offset=2"),
        ("limit=0", MOST, None, None),
        ("limit=5000", MOST, None, None),
        ("status__in=2,10&limit=1", 1, None, "/api/v1/x/?status__in=2%2C10&limit=1&offset=1"),
        ("username=acme&api_key=secret&limit=1", 1, None, "/api/v1/x/?limit=1&offset=1"),
    ],
)
def test_a_page_says_where_it_stands_and_repeats_no_key(
    query: str, limit: int, before: str | None, after: str | None
) -> None:
    meta = ask(query)["meta"]
    assert (meta["limit"], meta["previous"], meta["next"], meta["total_count"]) == (limit, before, after, 3)


def test_an_order_that_stands_twice_is_made_once() -> None:
    asked = 0

    class Name(str):
        def __lt__(self, other: str) -> bool:
            nonlocal asked
            asked += 1
            return str(self) < str(other)

    rows = [Row(1, {"name": Name("a")}), Row(2, {"name": Name("b")})]
    ordered(rows, [("order_by", "name")] * 1000, FIELDS)
    assert asked < 10


@given(
    st.lists(
        st.tuples(
            st.builds(
                "__".join, st.lists(st.sampled_from([*sorted(FIELDS.known), "word", "of", *LOOKUPS]), max_size=4)
            ),
            st.text(max_size=20),
        ),
        max_size=4,
    )
)
def test_any_question_is_answered_or_refused(query: list[tuple[str, str]]) -> None:
    try:
        said = listed(ROWS, query, FIELDS, "/api/v1/x/", 10)
    except Problem as refusal:
        said = {"refused": refusal.status}
    assert said == {"refused": 400} or len(said["objects"]) <= said["meta"]["total_count"] <= 3
