from mcollective_py.client.aggregate import values


def test_values_are_counted_the_most_frequent_first(asked):
    assert asked("summary", ["stopped", "running", "running", "failed"]).lines == ("running = 2", " failed = 1", "stopped = 1")


def test_elements_of_a_list_are_counted_one_by_one(asked):
    assert asked("summary", [["a", "b"], ["a", None], []]).lines == ("a = 2", "b = 1")


def test_a_number_and_its_text_are_different_values(asked):
    assert asked("summary", [1, "1", 1.0, True]).lines == ("   1 = 1", "   1 = 1", " 1.0 = 1", "true = 1")


def test_a_format_is_that_of_value_and_count(asked):
    assert asked("summary", ["up", "up"], format="%s: %d hosts").lines == ("up: 2 hosts",)


def test_nested_values_are_counted_as_json(asked):
    assert asked("summary", [{"b": 1, "a": [2]}, {"a": [2], "b": 1}]).lines == ('{"a":[2],"b":1} = 2',)


def test_what_is_beyond_the_bound_is_counted_together(asked, monkeypatch):
    monkeypatch.setattr(values, "MAX_LABELS", 2)
    found = asked("summary", ["a", "b", "c", "d", "a"])
    assert found.lines == ("a = 2", "b = 1", "and 2 of other values")


def test_the_data_has_values_and_counts(asked):
    assert asked("summary", ["up", "up", False]).data == [{"value": "up", "count": 2}, {"value": "false", "count": 1}]
