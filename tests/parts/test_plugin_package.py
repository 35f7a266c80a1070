"""Packages of plugins, made by the real tools and installed on real hosts: the agent answers, and taken away nothing is left."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile

import pytest

from mcollective_py.cli.demoprocesses import MCO
from tests.parts.lab import Lab
from tests.parts.require import require_lab, require_programs

pytestmark = pytest.mark.parts

LIBDIR = "/usr/share/mcollective/plugins"
EPOCH = {"SOURCE_DATE_EPOCH": "1700000000"}
APPLICATION = """\
from mcollective_py.cli.application import Application

from .words import GREETING


class Greeter(Application):
    description = "Greets a host"
    sections = ()

    def run(self, options):
        print(GREETING)
        return 0
"""
# Real daemons on the host itself, which take the agent from where the package put it.
SITE = """\
import subprocess, sys
from pathlib import Path
from mcollective_py.cli.demoprocesses import MCO, RunningSite
from mcollective_py.cli.demosite import OPERATOR, Site, SiteHost

folder, libdir = Path(sys.argv[1]), sys.argv[2]
policy = {"greeter": f"policy default deny\\nallow\\tcert={OPERATOR}\\t*\\t*\\t*\\n"}
with RunningSite(Site(folder, policies=policy, settings={"libdir": libdir}), [SiteHost("web1")]) as running:
    for words in (["rpc", "greeter", "greet", "message=hello", "--json"], ["greeter"]):
        done = subprocess.run([*MCO, words[0], "-c", str(running.site.client_config), *words[1:]] if words[0] == "rpc" else
                              [*MCO, *words], env={"MCOLLECTIVE_EXTRA_OPTS": f"-c {running.site.client_config}", "HOME": "/root"},
                              capture_output=True, text=True, timeout=60)
        print(done.stdout.strip(), done.stderr.strip(), sep="")
"""


def mco(*words, cwd=None, check=True, **environment):
    done = subprocess.run([*MCO, *words], capture_output=True, text=True, timeout=60, cwd=cwd, env={**os.environ, **environment})
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An agent with a command, a file that only this imports, a validator and an aggregate of its own."""
    top = tmp_path_factory.mktemp("plugin") / "lib" / "agents"
    top.mkdir(parents=True)
    words = ("--description", "Greets people: 100% of them", "--author", "Ann Example <ann@example.net>", "--pluginversion", "1.2")
    mco("plugin", "generate", "agent", "greeter", "--actions", "greet", *words, "-o", str(top))
    agent = top / "greeter"
    (agent / "application.py").write_text(APPLICATION)
    (agent / "words.py").write_text('GREETING = "good morning"\n')
    mco("plugin", "generate", "validator", "polite", "-o", str(agent / "validators"))
    mco("plugin", "generate", "aggregate", "most", "-o", str(agent / "aggregates"))
    return agent


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    require_lab()
    shared = tmp_path_factory.mktemp("shared")
    with Lab(shared) as lab:
        lab.up("pack1")
        yield lambda *command: lab.run("pack1", *command), shared


def package(folder, target, *words):
    target.mkdir(exist_ok=True)
    done = mco("plugin", "package", str(folder), "-o", str(target), *words, **EPOCH)
    return [os.path.join(target, os.path.basename(line)) for line in done.stdout.splitlines()]


def answers(run, shared, name):
    (shared / "site.py").write_text(SITE)
    done = run(sys.executable, "-P", str(shared / "site.py"), str(shared / name), LIBDIR)
    assert done.returncode == 0, done.stdout + done.stderr
    first, *rest = done.stdout.splitlines()
    return json.loads(first), rest


def test_debian_packages_are_what_dpkg_expects(folder, tmp_path):
    require_programs("dpkg-deb")
    files = package(folder, tmp_path / "debs", "--format", "debpackage", "--dependency", "jq (>= 1.5)", "--revision", "3")
    assert [os.path.basename(file) for file in files] == [
        "mcollective-py-greeter-common_1.2-3_all.deb",
        "mcollective-py-greeter-agent_1.2-3_all.deb",
        "mcollective-py-greeter-client_1.2-3_all.deb",
    ]
    contents = [subprocess.run(["dpkg-deb", "-c", file], capture_output=True, text=True).stdout for file in files]
    listed = dict(zip(("common", "agent", "client"), contents, strict=True))
    assert "greeter/ddl.yaml" in listed["common"] and "validators/polite/validator.py" in listed["common"]
    assert "greeter/agent.py" in listed["agent"] and "application.py" not in listed["agent"]
    assert "application.py" in listed["client"] and "words.py" in listed["client"] and "most/aggregate.py" in listed["client"]
    assert all("tests" not in text and all("root/root" in line for line in text.splitlines()) for text in listed.values())
    fields = subprocess.run(["dpkg-deb", "-f", files[1]], capture_output=True, text=True).stdout
    assert "Depends: mcollective-py-greeter-common (= 1.2-3), mcollective-py, jq (>= 1.5)\n" in fields
    assert "Maintainer: Ann Example <ann@example.net>\n" in fields and "Description: Greets people: 100% of them\n" in fields


def test_an_agent_answers_once_its_package_is_installed_and_nothing_is_left_of_it(folder, host, tmp_path):
    require_programs("dpkg-deb")
    run, shared = host
    files = package(folder, shared / "debs", "--format", "debpackage", "--postinstall", "echo installed >/run/greeted")
    done = run("dpkg", "-i", "--force-depends", *files)  # there is no package of this program itself on the host
    assert done.returncode == 0, done.stderr
    assert run("cat", "/run/greeted").stdout == "installed\n"
    document, said = answers(run, shared, "debsite")
    assert [result["data"] for result in document["replies"]] == [{"result": "greet: hello"}]
    assert said == ["good morning"]
    assert run("find", LIBDIR, "-name", "__pycache__").stdout  # which no package knows of
    names = [os.path.basename(file).split("_")[0] for file in files]
    done = run("dpkg", "-P", *names)
    assert (done.returncode, "not empty" in done.stderr + done.stdout) == (0, False)
    assert run("test", "-e", f"{LIBDIR}/agents").returncode == 1


def test_rpm_packages_install_and_leave_nothing(folder, host):
    require_programs("rpmbuild", "rpm", "rpm2cpio", "cpio")
    run, shared = host
    files = package(folder, shared / "rpms", "--format", "rpmpackage", "--postinstall", "echo 100% >/greeted")
    assert [os.path.basename(file) for file in files][1] == "mcollective-py-greeter-agent-1.2-1.noarch.rpm"
    listed = subprocess.run(["rpm", "-qlp", *files], capture_output=True, text=True).stdout.split()
    assert f"{LIBDIR}/agents/greeter/agent.py" in listed and f"{LIBDIR}/agents" not in listed
    needs = subprocess.run(["rpm", "-qp", "--requires", files[2]], capture_output=True, text=True).stdout
    assert "mcollective-py-greeter-common = 1.2-1\n" in needs and "mcollective-py\n" in needs
    summary = subprocess.run(["rpm", "-qp", "--qf", "%{SUMMARY}|%{VENDOR}", files[0]], capture_output=True, text=True).stdout
    assert summary == "Greets people: 100% of them|Ann Example <ann@example.net>"
    root = ("--root", "/srv/rpmroot")
    assert run("mkdir", "-p", "/srv/rpmroot/bin").returncode == 0
    done = run("rpm", *root, "-i", "--nodeps", "--noscripts", *files)
    assert done.returncode == 0, done.stderr
    assert run("stat", "-c", "%a %U", f"/srv/rpmroot{LIBDIR}/agents/greeter/agent.py").stdout == "644 root\n"
    names = [os.path.basename(file).rsplit("-", 2)[0] for file in files]
    assert run("rpm", *root, "-e", "--noscripts", *names).returncode == 0
    assert run("test", "-e", f"/srv/rpmroot{LIBDIR}/agents/greeter").returncode == 1
    scripts = subprocess.run(["rpm", "-qp", "--scripts", files[1]], capture_output=True, text=True).stdout
    assert "echo 100% >/greeted\n" in scripts and f'rm -rf "{LIBDIR}/agents/greeter/__pycache__"\n' in scripts
    # The scripts as rpm runs them, on the host's own root.
    done = run("rpm", "-i", "--nodeps", "--force-debian", *files)
    assert done.returncode == 0, done.stderr
    assert run("cat", "/greeted").stdout == "100%\n"
    document, _ = answers(run, shared, "rpmsite")
    assert [result["sender"] for result in document["replies"]] == ["web1"]
    assert run("rpm", "-e", "--force-debian", *names).returncode == 0
    assert run("test", "-e", f"{LIBDIR}/agents/greeter").returncode == 1


def test_a_puppet_module_puts_the_files_in_place_and_takes_them_away(folder, host):
    require_programs("puppet")
    run, shared = host
    [file] = package(folder, shared / "modules", "--format", "modulepackage", "--vendor", "Example Site")
    assert os.path.basename(file) == "examplesite-mcollective_py_greeter-1.2.0.tar.gz"
    done = run("puppet", "module", "install", file, "--ignore-dependencies", "--target-dir", str(shared / "modules" / "installed"))
    assert done.returncode == 0, done.stdout + done.stderr
    modules = shared / "modules" / "installed"
    manifest = modules / "mcollective_py_greeter" / "manifests" / "init.pp"
    assert run("puppet", "parser", "validate", str(manifest)).returncode == 0

    def apply(text):
        return run("puppet", "apply", "--detailed-exitcodes", "--modulepath", str(modules), "-e", text)

    both = "class { 'mcollective_py_greeter': client => true }"
    done = apply(both)
    assert done.returncode == 2, done.stdout + done.stderr
    document, said = answers(run, shared, "modulesite")
    assert [result["data"]["result"] for result in document["replies"]] == ["greet: hello"] and said == ["good morning"]
    done = apply("include mcollective_py_greeter")  # no operator works there any more: what was theirs goes, and nothing else changes
    changed = re.findall(r"/(\w+\[[^\]]*\])/\w+: ", done.stdout)
    gone = (f"File[{LIBDIR}/agents/greeter/{name}]" for name in ("aggregates", "application.py", "words.py"))
    assert sorted(changed) == sorted(gone), done.stdout
    assert apply("class { 'mcollective_py_greeter': ensure => absent }").returncode == 2
    assert run("test", "-e", f"{LIBDIR}/agents/greeter").returncode == 1


@pytest.mark.parametrize(("format", "program"), [("debpackage", "dpkg-deb"), ("rpmpackage", "rpmbuild"), ("modulepackage", "puppet")])
def test_the_same_folder_makes_the_same_bytes(folder, tmp_path, format, program):
    require_programs(program)
    first = package(folder, tmp_path / "first", "--format", format)
    copy = tmp_path / "elsewhere" / "agents" / "greeter"
    shutil.copytree(folder, copy, copy_function=shutil.copy)  # other times, another place
    second = package(copy, tmp_path / "second", "--format", format)
    for one, other in zip(first, second, strict=True):
        with open(one, "rb") as left, open(other, "rb") as right:
            assert left.read() == right.read(), one


def test_a_module_is_sorted_and_belongs_to_root(folder, tmp_path):
    [file] = package(folder, tmp_path / "module", "--format", "modulepackage")
    with tarfile.open(file) as tar:
        entries = tar.getmembers()
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert {(entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) for entry in entries} == {
        (0, 0, "root", "root", 1_700_000_000)
    }
