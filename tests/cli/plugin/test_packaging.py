import json
import os

import pytest

from mcollective_py.cli.plugin.packaging import package, parcel
from mcollective_py.errors import DDLError, UsageError


def test_a_module_needs_no_program_and_is_named(plugin, tmp_path, capsys, options):
    folder = plugin("agent", "web_app", "--author", "Ann <a@example.net>")
    assert package([str(folder)], options("package", "--format", "modulepackage", "-o", str(tmp_path), "-q")) == 0
    assert capsys.readouterr().out == f"{tmp_path}/ann-mcollective_py_web_app-0.1.0.tar.gz\n"
    assert package([str(folder)], options("package", "--format", "module", "-o", str(tmp_path), "--json")) == 0
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert (document["format"], document["libdir"]) == ("modulepackage", "/usr/share/mcollective/plugins")
    assert "libdir = /usr/share/mcollective/plugins in its server.cfg" in said.err


def test_options_say_more_than_the_plugin_does(plugin, options):
    folder = plugin("agent", "web_app")
    made = parcel(
        folder,
        options(
            "package",
            "-n",
            "Site_App",
            "--mcname",
            "pe-mcollective",
            "--mcversion",
            "2.12",
            "--pluginversion",
            "3.1",
            "--revision",
            "2",
            "--vendor",
            "Us",
            "--pluginpath",
            "/opt/plugins/",
            "--dependency",
            "jq",
            "--dependency",
            "curl (>= 7)",
            "--license",
            "MIT",
        ),
    )
    assert [part.name for part in made.parts] == ["pe-mcollective-site-app-common", "pe-mcollective-site-app-agent"]
    assert (made.version, made.revision, made.vendor, made.folder, made.mcversion) == ("3.1", "2", "Us", "/opt/plugins", "2.12")
    assert ([one.name for one in made.dependencies], made.metadata.license) == (["jq", "curl"], "MIT")


def test_what_the_ddl_requires_is_what_the_package_needs(plugin, options):
    folder = plugin("agent", "web_app")
    with (folder / "ddl.yaml").open("a") as ddl:
        ddl.write('requires:\n  mcollective_py: "0.1"\n')
    assert parcel(folder, options("package")).mcversion == "0.1"


def test_a_collection_goes_into_packages_of_one_name(plugin, options):
    folder = plugin("agent", "web_app")
    plugin("validator", "polite")
    top = folder.parents[1]
    made = parcel(top, options("package", "-n", "web"))
    assert [part.name for part in made.parts] == ["mcollective-py-web-common", "mcollective-py-web-agent"]
    assert "validators/polite/validator.py" in made.parts[0].files
    plugin("agent", "other")
    with pytest.raises(UsageError, match=r"holds several plugins \(agents/other, agents/web_app, validators/polite\)"):
        parcel(top, options("package"))


def test_the_time_is_what_the_environment_says_or_the_newest_file(plugin, options, monkeypatch):
    folder = plugin("agent", "web_app")
    for number, path in enumerate(sorted(folder.glob("*.*"))):
        os.utime(path, (1000 + number, 1000 + number))
    assert parcel(folder, options("package")).time == 1002
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "77")
    assert parcel(folder, options("package")).time == 77
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "now")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH: 'now' are no seconds"):
        parcel(folder, options("package"))


def test_a_script_is_a_file_or_the_words_themselves(plugin, options, tmp_path):
    folder, file = plugin("agent", "web_app"), tmp_path / "post.sh"
    file.write_text("#!/bin/sh\ntrue\n")
    assert parcel(folder, options("package", "--postinstall", str(file))).postinstall.body == "true\n"
    assert parcel(folder, options("package", "--preinstall", "service x stop")).preinstall.body == "service x stop\n"
    with pytest.raises(UsageError, match="there is no such script"):
        parcel(folder, options("package", "--postinstall", "./gone.sh"))


def test_what_packages_are_made_from_can_be_kept(plugin, tmp_path, capsys, options, monkeypatch):
    folder, work = plugin("agent", "web_app"), tmp_path / "work"
    work.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(work))
    words = ("package", "--format", "module", "-o", str(tmp_path), "-q")
    package([str(folder)], options(*words))
    assert list(work.iterdir()) == []
    package([str(folder)], options(*words, "--keep-artifacts"))
    [kept] = work.iterdir()
    assert f"is kept in {kept}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--sign",), "packages are made unsigned here"),
        (("--format", "snap"), "--format snap: there are ospackage, debpackage, rpmpackage, modulepackage"),
        (("-o", "/nonexistent"), "there is no such folder"),
        (("--pluginversion", "1.0-beta"), "--pluginversion: '1.0-beta' will not do"),
        (("--pluginversion", "1\n2"), "--pluginversion"),
        (("--revision", "a b"), "--revision: 'a b' will not do"),
        (("--name", "a/b"), "--name: 'mcollective-py-a/b' will not do"),
        (("--mcname", "x; y"), "--name: "),
        (("--mcversion", "%{x}"), "--mcversion"),
        (("--pluginpath", "relative"), "--pluginpath 'relative'"),
        (("--pluginpath", "/a b"), "--pluginpath '/a b'"),
        (("--pluginpath", "/a/../b"), "--pluginpath '/a/../b'"),
        (("--vendor", "a\nb"), "--vendor: one line of text"),
        (("--dependency", "$(x)"), "--dependency"),
    ],
)
def test_options_that_will_not_do_are_named(plugin, tmp_path, options, words, says):
    folder = plugin("agent", "web_app")
    with pytest.raises(UsageError) as refused:
        package([str(folder)], options("package", *words))
    assert says in str(refused.value)


def test_what_no_host_would_take_is_not_packed(plugin, options):
    folder = plugin("agent", "web_app")
    (folder / "ddl.yaml").write_text("metadata: 5\n")
    with pytest.raises(DDLError):
        package([str(folder)], options("package"))
