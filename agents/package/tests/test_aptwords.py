"""The words of apt's commands."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

aptwords = load_module("package", Path(__file__).parents[1], "aptwords")
Options = aptwords.Options


def test_an_installation_asks_nothing_waits_for_the_lock_and_keeps_configuration_files():
    assert aptwords.apt_get(aptwords.install(["nginx=1.24.0-1"]), Options(lock_wait=30)) == [
        "/usr/bin/apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=30", "-o", "Dpkg::Use-Pty=0",
        "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
        "install", "--", "nginx=1.24.0-1",
    ]  # fmt: skip


def test_what_is_dangerous_is_never_there_unless_asked_for():
    words = aptwords.apt_get(aptwords.upgrade(is_full=True), Options())
    assert not {"--allow-downgrades", "--allow-change-held-packages"} & set(words)
    asked = aptwords.apt_get(aptwords.upgrade(is_full=True), Options(downgrade=True, change_held=True))
    assert {"--allow-downgrades", "--allow-change-held-packages"} <= set(asked)
    assert not any("essential" in word or "unauthenticated" in word or word == "--force-yes" for word in asked)


def test_a_trial_only_simulates():
    assert "-s" in aptwords.apt_get(aptwords.install(["nginx"]), Options(), is_trial=True)
    assert "-s" not in aptwords.apt_get(aptwords.install(["nginx"]), Options())


def test_configuration_files_are_replaced_by_dpkg_and_by_ucf_where_that_is_wanted():
    options = Options(config_files="replace")
    assert aptwords.dpkg_options(options) == ["--force-confnew"]
    assert aptwords.environment(options)["UCF_FORCE_CONFFNEW"] == "1"
    assert aptwords.environment(Options())["UCF_FORCE_CONFFOLD"] == "1"


def test_nobody_is_asked_and_no_service_restarted_behind_ones_back():
    environment = aptwords.environment(Options())
    assert (environment["DEBIAN_FRONTEND"], environment["NEEDRESTART_SUSPEND"]) == ("noninteractive", "1")


def test_names_of_callers_stand_behind_the_dashes():
    for command in (aptwords.install, aptwords.only_upgrade, aptwords.remove, aptwords.purge, aptwords.policy):
        assert command(["nginx", "curl"])[-3:] == ["--", "nginx", "curl"]
    assert aptwords.mark(["nginx"], is_held=True) == ["/usr/bin/apt-mark", "hold", "--", "nginx"]


@pytest.mark.parametrize("name", ["g++", "libc6:i386", "libstdc++6", "python3.11", "0ad"])
def test_names_of_packages_pass(name):
    assert aptwords.spec(name, None) == name


@pytest.mark.parametrize(
    "name", ["nginx-", "-o", "nginx=1", "lib.*", "nginx/stable", "a b", "a\n", "", "~n", "^nginx", "./x.deb", "tasksel^"]
)
def test_what_apt_takes_for_something_else_is_no_name(name):
    with pytest.raises(ValueError, match="no name of a package"):
        aptwords.spec(name, None)


@pytest.mark.parametrize("version", ["1.*", "", "-1", "1 2", "1\n", "1/stable"])
def test_a_version_is_exact(version):
    with pytest.raises(ValueError, match="no version"):
        aptwords.spec("nginx", version)


def test_a_search_is_for_a_text_and_for_no_expression():
    assert aptwords.search("g++")[-2:] == ["--", "g[+][+]"]
    assert aptwords.search("lib.x-y")[-1] == "lib[.]x[-]y"
