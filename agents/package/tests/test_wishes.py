"""What a request asks for."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from mcollective_py.agent import RPCAborted
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.plugins.modules import load_module

FOLDER = Path(__file__).parents[1]
wishes = load_module("package", FOLDER, "wishes")
Wanted, PackageState = wishes.Wanted, wishes.PackageState


def request(action, **inputs):
    return SimpleNamespace(action=action, get=inputs.get)


def test_one_package_with_its_version_or_several():
    assert wishes.wanted_of("nginx", None, None) == (Wanted("nginx"),)
    assert wishes.wanted_of("nginx", "1.24", None) == (Wanted("nginx", "1.24"),)
    assert wishes.wanted_of("nginx=1.24", None, "curl,openssl=3.0.*") == (
        Wanted("nginx", "1.24"),
        Wanted("curl"),
        Wanted("openssl", "3.0.*"),
    )
    assert wishes.wanted_of(None, None, "curl,curl") == (Wanted("curl"),)
    assert wishes.wanted_of(None, None, None) == ()


@pytest.mark.parametrize("package", ["-o", "nginx-", "a b", "@group", "/usr/bin/x", "a\n", "lib*", "=1", "http://x/y.rpm", ""])
def test_what_no_package_is_called_is_refused(package):
    with pytest.raises(ValueError, match="no name of a package"):
        wishes.wanted_of(package, None, None)


def test_versions_that_speak_against_one_another_are_refused():
    with pytest.raises(ValueError, match="has a version already"):
        wishes.wanted_of("nginx=1", "2", None)
    with pytest.raises(ValueError, match="asked for twice"):
        wishes.wanted_of("nginx", None, "nginx=2")
    with pytest.raises(ValueError, match="belongs to the input package"):
        wishes.wanted_of(None, "2", "nginx")
    with pytest.raises(ValueError, match="no version of a package"):
        wishes.wanted_of("nginx", "-1", None)


def test_a_package_fits_in_the_version_or_glob_that_is_wanted():
    there = PackageState("nginx", "1.24.0-1", "0", "1.24.0", "1", "amd64", "apt")
    assert [wishes.fits(there, version) for version in (None, "1.24.0-1", "1.24.*", "1.2", "1.25.*")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_package_that_is_half_there_never_fits():
    assert not wishes.fits(PackageState("nginx", "1.24.0-1", trouble="half-configured"), None)
    assert not wishes.fits(PackageState("nginx", "absent"), None)


def test_options_come_from_the_request_else_from_the_host():
    options = wishes.options_of(request("install", lock_wait=5.0, downgrade=True), {"lock_wait": "99", "config_files": "replace"})
    assert (options.lock_wait, options.downgrade, options.config_files, options.timeout) == (5.0, True, "replace", 840.0)
    assert wishes.options_of(request("install"), {"lock_wait": "99", "timeout": "30"}).lock_wait == 30.0
    assert wishes.options_of(request("upgrade"), {"timeout": "99999"}).timeout == 3540.0


@pytest.mark.parametrize("settings", [{"timeout": "soon"}, {"lock_wait": "-1"}, {"config_files": "ask"}, {"timeout": "0"}])
def test_a_setting_that_makes_no_sense_is_named(settings):
    with pytest.raises(RPCAborted, match=f"plugin.package.{next(iter(settings))}"):
        wishes.options_of(request("install"), settings)


def test_every_tool_is_ended_before_the_host_ends_the_action():
    ddl = ddl_from_yaml((FOLDER / "ddl.yaml").read_text(), "package")
    for name, declared in ddl.actions.items():
        if not declared.only_reads:
            assert wishes.LIMITS.get(name, wishes.LIMIT) + 20 <= ddl.timeout(name), name
