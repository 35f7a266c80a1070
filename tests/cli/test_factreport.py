import pytest

from mcollective_py.cli.factreport import Value, counted, report_lines, table_lines, values_document
from mcollective_py.client.results import RPCResult


def value(sender, data, **fields):
    return RPCResult(sender, "rpcutil", "get_fact", **{"statuscode": 0, "statusmsg": "OK", "data": data, **fields})


def test_values_are_counted_by_type_the_most_frequent_first():
    results = [value("b", {"value": "1"}), value("a", {"value": "1"}), value("c", {"value": 1}), value("d", {})]
    found = counted([*results, value("e", {"value": "1"}, statuscode=1)])
    assert found == [Value('"1"', ("a", "b")), Value("1", ("c",)), Value("null", ("d",))]


def test_values_of_one_frequency_stand_as_people_count():
    found = counted(value(f"h{number}", {"value": number}) for number in (1024, 10240, 2048))
    assert [one.text for one in found] == ["1024", "2048", "10240"]
    assert len(counted([value("a", {"value": "9" * 5000}), value("b", {"value": "9" * 5001})])) == 2


def test_the_rarest_may_come_first():
    results = [value("a", {"value": "x"}), value("b", {"value": "x"}), value("c", {"value": "y"})]
    assert [one.text for one in counted(results, rarest_first=True)] == ['"y"', '"x"']


@pytest.mark.parametrize(
    ("text", "shown"), [("null", "(no such fact)"), ('"uk"', "uk"), ("1", "1"), ('{"a": 1}', '{"a": 1}'), ('"\\u001b[2J"', "\\x1b[2J")]
)
def test_a_value_is_shown_as_it_is_and_inert(text, shown):
    assert Value(text, ("a",)).shown == shown


def test_the_report_may_name_the_hosts_folded_or_each():
    values = [Value('"uk"', ("web1", "web2", "web3"))]
    head = f"        {'uk':<40} found 3 times"
    assert report_lines(values) == [head]
    assert report_lines(values, nodes="folded") == [head, "            web[1-3]"]
    assert report_lines(values, nodes="each") == [head, "            web1", "            web2", "            web3", ""]


def test_the_table_has_shares():
    values = [Value('"uk"', ("db1", "web1", "web2")), Value('"de"', ("web3",))]
    assert table_lines(values, nodes="folded") == [
        "Value   Hosts   Share  Which",
        "-----  ------  ------  -----",
        "uk          3   75.0%  db1,web[1-2]",
        "de          1   25.0%  web3",
    ]


def test_a_long_value_is_cut_in_a_table_only():
    value = Value(f'"{"x" * 100}"', ("a",))
    assert table_lines([value])[2].startswith(f"{'x' * 59}…  ")
    assert values_document([value]) == [{"value": "x" * 100, "count": 1, "hosts": ["a"]}]
