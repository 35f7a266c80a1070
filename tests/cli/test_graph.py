from mcollective_py.cli.graph import buckets


def test_times_are_counted_by_50_ms():
    assert buckets([0.001, 0.049, 0.05, 0.12]) == [2, 1, 1]


def test_late_times_share_the_last_bucket():
    assert buckets([0.01, 100.0], most=3) == [1, 0, 1]
    assert buckets([]) == []
