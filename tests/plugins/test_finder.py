import pytest

from mcollective_py.plugins.finder import find, is_inside, survey, survey_data_ddls, survey_ddls
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


def ddl(libdir, place):
    path = libdir / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


def test_clients_find_the_ddl_files_of_ruby_libdirs_and_hosts_do_not(tmp_path):
    deep, flat = ddl(tmp_path, "mcollective/agent/acme.ddl"), ddl(tmp_path, "agent/nrpe.json")
    ddl(tmp_path, "mcollective/agent/acme.rb")
    assert {name: path for name, path in survey_ddls([tmp_path]).found.items() if path.is_relative_to(tmp_path)} == {
        "acme": deep,
        "nrpe": flat,
    }
    assert "acme" not in find("agents", [tmp_path])


def test_a_ruby_file_wins_by_its_libdir_then_its_layout_then_its_ending(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    files = [ddl(first, "agent/a.json"), ddl(first, "agent/a.ddl"), ddl(first, "mcollective/agent/a.json"), ddl(second, "agent/a.ddl")]
    for wins in (files[2], files[1], files[0], files[3]):
        assert survey_ddls([first, second]).found["a"] == wins
        wins.unlink()


def test_rpcutil_and_discovery_are_always_ours(tmp_path):
    ddl(tmp_path, "mcollective/agent/rpcutil.ddl")
    ddl(tmp_path, "mcollective/agent/discovery.ddl")
    found = survey_ddls([tmp_path]).found
    assert (found["rpcutil"], found["discovery"]) == (
        shipped_libdir() / "agents" / "rpcutil",
        shipped_libdir() / "agents" / "discovery",
    )


def test_our_own_folder_comes_before_a_ruby_file_of_its_libdir(tmp_path):
    ddl(tmp_path, "agent/puppet.ddl")
    folder = agent(tmp_path, "puppet", "ddl.yaml")
    assert survey_ddls([tmp_path]).found["puppet"] == folder


def test_a_folder_with_an_application_alone_leaves_the_ddl_to_a_later_file(tmp_path):
    folder = agent(tmp_path / "ours", "acme", "application.py")
    assert survey_ddls([tmp_path / "ours"]).found["acme"] == folder
    file = ddl(tmp_path / "ruby", "agent/acme.ddl")
    assert survey_ddls([tmp_path / "ours", tmp_path / "ruby"]).found["acme"] == file


def test_ruby_files_of_bad_names_and_links_out_of_their_libdir_are_refused(tmp_path):
    outside = ddl(tmp_path / "elsewhere", "evil.ddl")
    bad = ddl(tmp_path / "lib", "agent/puppet-packages.ddl")
    (bad.parent / "evil.ddl").symlink_to(outside)
    result = survey_ddls([tmp_path / "lib"])
    assert not {"evil", "puppet-packages"} & set(result.found)
    assert [("leads out of" in str(error), str(bad) in str(error)) for error in result.refused] == [(True, False), (False, True)]


def test_data_plugins_are_files_that_say_so(tmp_path):
    file = ddl(tmp_path, "mcollective/data/stock_data.ddl")
    ddl(tmp_path, "mcollective/data/other.ddl")
    found = survey_data_ddls([tmp_path]).found
    assert {name: path for name, path in found.items() if path.is_relative_to(tmp_path)} == {"stock": file}


@pytest.mark.parametrize(
    ("kind", "file"),
    [("data", "data.py"), ("validators", "validator.py"), ("aggregates", "aggregate.py"), ("discovery", "discovery.py")],
)
def test_other_kinds_have_folders_of_their_own(tmp_path, kind, file):
    folder = tmp_path / kind / "rack"
    folder.mkdir(parents=True)
    (folder / file).write_text("")
    assert find(kind, [tmp_path])["rack"] == folder
    assert "rack" not in find("agents", [tmp_path])


@pytest.mark.parametrize(("kind", "file"), [("data", "data.py"), ("validators", "validator.py"), ("aggregates", "aggregate.py")])
def test_an_agents_folder_may_carry_them_and_the_libdirs_own_come_first(tmp_path, kind, file):
    carried = [tmp_path / "agents" / "rack" / kind / name for name in ("rack", "shelf")]
    own = tmp_path / kind / "rack"
    for folder in (*carried, own):
        folder.mkdir(parents=True)
        (folder / file).write_text("")
    assert {name: find(kind, [tmp_path])[name] for name in ("rack", "shelf")} == {"rack": own, "shelf": carried[1]}


def test_a_carried_folder_that_is_a_link_out_of_the_libdir_is_refused(tmp_path):
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "validator.py").write_text("")
    inside = tmp_path / "lib" / "agents" / "rack" / "validators"
    inside.mkdir(parents=True)
    (inside / "evil").symlink_to(outside)
    result = survey("validators", [tmp_path / "lib"])
    assert "evil" not in result.found
    assert ["leads out of" in str(error) for error in result.refused] == [True]
