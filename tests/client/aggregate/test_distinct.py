from mcollective_py.client.aggregate import distinct


def test_values_stand_with_the_hosts_that_have_them(asked):
    assert asked("distinct", ["1.24", "1.24", "1.22", "1.24"]).lines == ("1.24 (3): web[1-2,4]", "1.22 (1): web3")


def test_the_data_names_every_host(asked):
    assert asked("distinct", [[1, 2], [1, 2]]).data == [{"value": "[1,2]", "count": 2, "nodes": ["web1", "web2"]}]


def test_hosts_beyond_the_bound_are_counted(asked, monkeypatch):
    monkeypatch.setattr(distinct, "MAX_LABELS", 1)
    assert asked("distinct", ["a", "b", "c"]).lines[-1] == "and 2 hosts with other values"
