import io
import json
import tarfile

import pytest

from mcollective_py.cli.plugin.modulepackage import archive, build_module, manifest, module_files, module_name, semantic, vendor_word
from tests.cli.plugin.made import made


def test_names_and_versions_are_those_that_modules_have():
    assert (module_name(made()), vendor_word(made()), vendor_word(made(vendor="!"))) == (
        "mcollective_py_web_app",
        "examplesite",
        "site",
    )
    assert [semantic(text) for text in ("1", "1.2", "1.2.3.4", "1.2~rc1", "01.2")] == ["1.0.0", "1.2.0", "1.2.3", "1.2.0", "1.2.0"]


def test_the_module_has_every_file_and_says_who_made_it():
    files = module_files(made())
    assert sorted(name.removeprefix("files/") for name in files if name.startswith("files/")) == [
        "agent/agents/web_app/act.sh",
        "agent/agents/web_app/agent.py",
        "agent/agents/web_app/words.py",
        "client/agents/web_app/application.py",
        "common/agents/web_app/ddl.yaml",
    ]
    document = json.loads(files["metadata.json"][0])
    assert (document["name"], document["version"], document["license"]) == ("examplesite-mcollective_py_web_app", "1.2.0", "MIT")
    assert "include mcollective_py_web_app" in files["README.md"][0].decode()


def test_what_hosts_and_operators_have_is_their_own_choice():
    text = manifest(made())
    server, client = text.index("if $server {"), text.index("if $client {")
    assert server < text.index("/agent.py") < client < text.index("/application.py")
    assert text.index("/ddl.yaml") < server
    assert "mode   => '0755',\n        source => 'puppet:///modules/mcollective_py_web_app/agent/agents/web_app/act.sh'" in text


def test_an_archive_is_the_same_whatever_the_order_and_the_time(tmp_path):
    files = {"b": (b"2", 0o644), "a/c": (b"1", 0o755)}
    first = archive("x-1.0.0", files, 5)
    assert first == archive("x-1.0.0", dict(reversed(files.items())), 5)
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        assert [(entry.name, entry.mode, entry.mtime, entry.uname) for entry in tar] == [
            ("x-1.0.0", 0o755, 5, "root"),
            ("x-1.0.0/a", 0o755, 5, "root"),
            ("x-1.0.0/a/c", 0o755, 5, "root"),
            ("x-1.0.0/b", 0o644, 5, "root"),
        ]
    assert [file.name for file in build_module(made(), tmp_path)] == ["examplesite-mcollective_py_web_app-1.2.0.tar.gz"]


@pytest.mark.parametrize("length", [100, 250])
def test_long_paths_are_kept_whole(length):
    name = "/".join("abcdefghi" for _ in range(length // 10))
    with tarfile.open(fileobj=io.BytesIO(archive("x-1.0.0", {name: (b"", 0o644)}, 5))) as tar:
        assert f"x-1.0.0/{name}" in tar.getnames()
