import json


def test_a_filter_is_explained_and_nobody_asked(desk, tmp_path):
    nowhere = tmp_path / "client.cfg"
    nowhere.write_text("connector = activemq\n")
    answer = desk.mco("describe_filter", "-F", "country=uk", "-W", "web cores>4", "-c", str(nowhere))
    assert (answer.code, answer.err) == (0, "")
    assert answer.lines == [
        "Hosts are meant of which all of these are true:",
        "   its fact country is 'uk'",
        "   its fact cores is more than '4'",
        "   it has the Puppet class web",
    ]


def test_a_mistake_in_an_expression_is_shown_where_it_is(desk):
    answer = desk.mco("describe_filter", "-S", "web and or db")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.endswith("    web and or db\n            ^\n")


def test_an_unknown_data_function_is_named(desk):
    answer = desk.mco("describe_filter", "-S", "fstatt('/etc/motd').size>0")
    assert answer.code == 1
    assert "fstatt: no such data plugin here" in answer.err


def test_json_has_the_words_and_what_requests_carry(desk):
    document = json.loads(desk.mco("describe_filter", "-C", "web", "--json").out)
    assert document["description"][-1] == "   it has the Puppet class web"
    assert document["filter"]["cf_class"] == ["web"]
