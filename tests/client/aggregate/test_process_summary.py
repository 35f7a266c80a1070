from mcollective_py.client.aggregate.process_summary import in_bytes


def test_hosts_processes_and_memory_are_added_up(asked):
    process = {"rss": 512, "vsize": 3 * 1024 * 1024}
    assert asked("process_summary", [[process, process], [], [process]]).lines == (
        "        Matched hosts: 2",
        "    Matched processes: 3",
        "        Resident Size: 1.500MB",
        "         Virtual Size: 9.000MB",
    )


def test_sizes_that_are_none_count_for_nothing(asked):
    found = asked("process_summary", [[{"rss": "much", "vsize": -1}, "no process"]])
    assert found.data == {"hosts": 1, "processes": 1, "rss": 0, "vsize": 0}


def test_bytes_are_told_in_the_unit_that_fits():
    assert [in_bytes(0), in_bytes(1023), in_bytes(1024), in_bytes(1024**7)] == ["0.000B", "1023.000B", "1.000KB", "1024.000EB"]
