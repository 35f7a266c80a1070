def test_least_most_and_mean_stand_on_one_line(asked):
    assert asked("nettest_mma", [1, "2.5", 0.25]).lines == ("Min: 0.250  Max: 2.500  Average: 1.250",)


def test_text_that_is_no_number_is_left_out(asked):
    assert asked("nettest_mma", ["nan", "x" * 1000, 1]).data == {"min": 1, "max": 1, "average": 1, "count": 1}
