def test_all_four_states_are_always_there(asked):
    assert asked("nagios_states", [0, 0, 2]).lines == ("        OK : 2", "   WARNING : 0", "  CRITICAL : 1", "   UNKNOWN : 0")


def test_whatever_is_no_exit_code_is_unknown(asked):
    assert asked("nagios_states", [3, 127, -1, "0", True]).data == {"OK": 0, "WARNING": 0, "CRITICAL": 0, "UNKNOWN": 5}
