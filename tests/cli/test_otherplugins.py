import pytest

from mcollective_py.cli.otherplugins import other_kinds, undocumented


def test_every_kind_names_what_is_there_of_it():
    kinds = other_kinds()
    assert sorted(kinds) == ["aggregate", "connector", "discovery", "validator"]
    assert kinds["discovery"].names == ("mc",)
    assert {"shellsafe", "ipv4address", "regex"} <= set(kinds["validator"].names)
    assert all(name in kind.what for kind in kinds.values() for name in kind.names)


@pytest.mark.parametrize(
    ("kind", "name", "said"), [("validator", "length", "validator/length"), ("", "rabbitmq", "connector/rabbitmq")]
)
def test_a_name_is_answered_with_its_kind(kind, name, said):
    assert (undocumented(kind, name) or "").startswith(f"no documentation of {said} here: there are ")


@pytest.mark.parametrize(("kind", "name"), [("", "service"), ("agent", "mc"), ("knitting", "sum")])
def test_what_may_be_an_agent_or_is_no_kind_is_left_to_others(kind, name):
    assert undocumented(kind, name) is None
