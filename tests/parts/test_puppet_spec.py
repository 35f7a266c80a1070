"""The Puppet module's specs: catalogs for the systems of metadata.json, by facts written by hand, in a host of a lab."""

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.parts.lab import Lab
from tests.parts.puppetdebs import RSPEC, debs_of, unpack
from tests.parts.require import missing, require_lab, require_programs

pytestmark = pytest.mark.parts

HOST = "spec1"
MODULE = Path(__file__).parents[2] / "puppet"
MODULES = Path("/usr/share/puppet/modules")
LINKED = "/etc/puppet/code/modules"
SPECS = sorted(path.relative_to(MODULE) for path in MODULE.glob("spec/*/*_spec.rb"))
FALSE = """require_relative '%s/spec/spec_helper'
describe 'mcollective_py' do
  let(:facts) { SYSTEMS['Debian 12'] }
  it { is_expected.to contain_package('this is nowhere') }
end
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    require_lab()
    require_programs("puppet")
    for module in ("concat", "stdlib"):
        if not (MODULES / module).is_dir():
            missing(f"{MODULES} has no {module}")
    debs = debs_of(*RSPEC)
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-spec-") as name, Lab(Path(name)) as made:
        made.up(HOST)
        unpack(made, HOST, Path(name) / "debs", debs)
        made.run(HOST, "mkdir", "-p", LINKED, "/srv/spec/classes")
        made.run(HOST, "ln", "-s", str(MODULE), f"{LINKED}/mcollective_py")
        yield made


def failures(lab: Lab, spec: str) -> tuple[int, list[str]]:
    """How many examples a spec has, and those that failed, with the reasons."""
    command = f"cd {MODULE} && exec env MODULE_PATH={LINKED}:{MODULES} LC_ALL=C.UTF-8 rspec --format json {spec}"
    done = lab.run(HOST, "sh", "-c", command, timeout=360)
    start = done.stdout.find('{"version"')
    assert start >= 0, done.stdout + done.stderr
    told = json.JSONDecoder().raw_decode(done.stdout[start:])[0]
    wrong = [f"{each['full_description']}: {each['exception']['message']}" for each in told["examples"] if each["status"] != "passed"]
    assert told["summary"]["errors_outside_of_examples_count"] == 0, told["messages"]
    assert (done.returncode == 0) == (not wrong), done.stderr
    return len(told["examples"]), wrong


def test_each_spec_holds_on_each_system(lab: Lab) -> None:
    assert SPECS
    with ThreadPoolExecutor(2) as pool:
        for spec, (count, wrong) in zip(SPECS, pool.map(lambda spec: failures(lab, str(spec)), SPECS), strict=True):
            assert not wrong, "\n".join(wrong)
            assert count > 0, f"{spec} has no examples"


def test_a_spec_that_is_not_true_is_told(lab: Lab) -> None:
    lab.write(HOST, "/srv/spec/classes/false_spec.rb", FALSE % MODULE)
    count, wrong = failures(lab, "/srv/spec/classes/false_spec.rb")
    assert (count, len(wrong)) == (1, 1)
    assert "this is nowhere" in wrong[0]


def test_what_metadata_promises_has_a_spec() -> None:
    """Each system, by one of its releases at least; and each public class and defined type."""
    facts = (MODULE / "spec" / "systems.rb").read_text()
    for system in json.loads((MODULE / "metadata.json").read_text())["operatingsystem_support"]:
        assert f"facts_of('{system['operatingsystem']}', " in facts
    specs = "".join((MODULE / spec).read_text() for spec in SPECS)
    for manifest in MODULE.rglob("manifests/**/*.pp"):
        text = manifest.read_text()
        name = next(line.split()[1] for line in text.splitlines() if line.startswith(("class ", "define ")))
        is_a_part = name in ("mcollective_py::server", "mcollective_py::client")  # of the class mcollective_py
        assert "@api private" in text or is_a_part or f"describe '{name}'" in specs, f"{name} has no spec"
