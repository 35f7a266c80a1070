def test_each_part_of_the_range_has_a_bar(asked):
    found = asked("histogram", [0, 1, 9, 10, 10, 10], options={"buckets": 2})
    assert found.lines == (f"0 to  5 |{'█' * 20} 2", f"5 to 10 |{'█' * 40} 4")
    assert found.data["buckets"] == [{"from": 0, "to": 5, "count": 2}, {"from": 5, "to": 10, "count": 4}]


def test_a_bucket_with_few_hosts_still_has_a_bar(asked):
    found = asked("histogram", [0] + [10] * 200, options={"buckets": 2})
    assert found.lines[0] == "0 to  5 |█ 1"


def test_a_number_of_buckets_beyond_reason_is_refused(asked):
    assert asked("histogram", [1], options={"buckets": 10**9}).failure.endswith(
        "its option buckets must be a whole number from 2 to 50"
    )
