import pytest

from mcollective_py.plugins.finder import find, is_inside, survey
from mcollective_py.shipped import shipped_libdir


def agent(libdir, name, file="agent.py"):
    folder = libdir / "agents" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text("")
    return folder


def test_the_first_libdir_wins_and_the_shipped_one_comes_last(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    agent(first, "a")
    agent(second, "a")
    agent(second, "b")
    agent(second, "echo")
    found = find("agents", [first, second])
    assert (found["a"], found["b"], found["echo"]) == (first / "agents" / "a", second / "agents" / "b", second / "agents" / "echo")
    assert found["rpcutil"] == shipped_libdir() / "agents" / "rpcutil"


def test_libdirs_that_are_not_there_or_are_files_hold_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    assert find("agents", [tmp_path / "absent", tmp_path / "file"]).keys() == find("agents", []).keys()


def test_an_agent_is_there_for_clients_with_its_ddl_or_application_alone(tmp_path):
    agent(tmp_path, "a", "ddl.yaml")
    agent(tmp_path, "b", "application.py")
    (tmp_path / "agents" / "c").mkdir()
    found = find("agents", [tmp_path])
    assert ("a" in found, "b" in found, "c" in found) == (True, True, False)


@pytest.mark.parametrize("name", ["Service", "ser-vice", "9lives", "a" * 65, "ser vice", "sérvice"])
def test_a_folder_whose_name_is_none_is_refused_by_its_path(tmp_path, name):
    folder = agent(tmp_path, name)
    result = survey("agents", [tmp_path])
    assert name not in result.found
    assert [str(folder) in str(error) for error in result.refused] == [True]


@pytest.mark.parametrize("name", [".git", "__pycache__", "__init__"])
def test_what_is_no_plugin_at_all_is_passed_over_in_silence(tmp_path, name):
    agent(tmp_path, name)
    (tmp_path / "agents" / "README.md").write_text("")
    result = survey("agents", [tmp_path])
    assert name not in result.found
    assert result.refused == []


def test_a_link_out_of_the_libdir_is_refused(tmp_path):
    outside = agent(tmp_path / "elsewhere", "evil")
    (tmp_path / "lib" / "agents").mkdir(parents=True)
    (tmp_path / "lib" / "agents" / "evil").symlink_to(outside)
    result = survey("agents", [tmp_path / "lib"])
    assert "evil" not in result.found
    assert "leads out of" in str(result.refused[0])


def test_a_link_within_the_libdir_and_a_libdir_that_is_a_link_are_fine(tmp_path):
    agent(tmp_path / "lib", "service")
    (tmp_path / "lib" / "agents" / "daemons").symlink_to("service")
    (tmp_path / "current").symlink_to("lib")
    found = find("agents", [tmp_path / "current"])
    assert found["service"] == tmp_path / "current" / "agents" / "service"
    assert found["daemons"] == tmp_path / "current" / "agents" / "daemons"


def test_facts_sources_are_folders_with_a_source(tmp_path):
    folder = tmp_path / "facts" / "redis"
    folder.mkdir(parents=True)
    assert "redis" not in find("facts", [tmp_path])
    (folder / "source.py").write_text("")
    assert find("facts", [tmp_path])["redis"] == folder


def test_an_unknown_kind_is_a_mistake_of_the_programmer():
    with pytest.raises(ValueError, match="no kind of plugin 'agent'"):
        find("agent", [])


def test_a_link_that_leads_to_itself_is_refused_and_the_others_are_found(tmp_path):
    agent(tmp_path / "lib", "service")
    (tmp_path / "lib" / "agents" / "loop").symlink_to("loop")
    (tmp_path / "lib" / "agents" / "service" / "loop").symlink_to("loop")
    result = survey("agents", [tmp_path / "lib"])
    assert "service" in result.found and "loop" not in result.found
    assert not is_inside(tmp_path / "lib" / "agents" / "loop", tmp_path / "lib")
