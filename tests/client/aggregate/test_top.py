def test_the_hosts_with_the_highest_numbers_are_named(asked):
    assert asked("top", [5, 30, 7, "x"], options={"count": 2}).lines == ("web2 = 30", "web3 = 7")


def test_the_lowest_can_be_asked_for(asked):
    assert asked("top", [5, 30, 7], options={"count": 1, "order": "lowest"}).lines == ("web1 = 5",)


def test_of_equal_numbers_the_first_name_stays(asked):
    assert asked("top", [1, 1, 1], options={"count": 2}).lines == ("web1 = 1", "web2 = 1")


def test_another_order_is_refused(asked):
    assert asked("top", [1], options={"order": "best"}).failure.endswith("its option order must be highest or lowest")
