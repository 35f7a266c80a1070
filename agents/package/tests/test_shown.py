"""What `mco package` prints."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from mcollective_py.matching.nodeset import fold
from mcollective_py.plugins.modules import load_module

shown = load_module("package", Path(__file__).parents[1], "shown")
NGINX = {"name": "nginx", "ensure": "1.24.0-1", "arch": "amd64"}
UPGRADE = {"action": "upgrade", "name": "nginx", "old": "1.22", "new": "1.24"}


@pytest.mark.parametrize(
    ("action", "data", "line"),
    [
        ("status", NGINX, "nginx-1.24.0-1.amd64"),  # a host of Ruby's has no packages
        ("status", {"ensure": "absent"}, "absent"),
        (
            "status",
            {**NGINX, "packages": [{**NGINX, "held": True, "trouble": "unpacked"}]},
            "nginx-1.24.0-1.amd64 (unpacked) (on hold)",
        ),
        ("status", {"packages": [NGINX, {"name": "curl", "ensure": "purged"}]}, "nginx-1.24.0-1.amd64\ncurl purged"),
        ("install", {"changes": [UPGRADE, {"action": "install", "name": "curl", "new": "8"}]}, "nginx 1.22 > 1.24, curl installed 8"),
        ("install", {"changes": []}, None),
        ("install", {"ensure": "1.0"}, None),
        ("uninstall", {"changes": [{"action": "remove", "name": "curl", "old": "8"}]}, "curl removed 8"),
        ("compare", {"relation": "older", "ensure": "3.0.11", "older": True}, "3.0.11 is older"),
        ("compare", {"relation": "absent", "ensure": "purged"}, "purged"),
        ("count", {"output": "1049"}, "1049"),
        ("held", {"held": []}, "none"),
        ("checkupdates", {"outdated_packages": [{"package": "bash"}, {"package": "curl"}]}, "2 packages: bash, curl"),
        ("checkupdates", {"outdated_packages": []}, "up to date"),
        ("reboot_required", {"reboot_required": False}, None),
        ("reboot_required", {"reboot_required": True, "reasons": ["a new kernel"]}, "reboot required: a new kernel"),
        ("needs_restart", {"services": ["a.service", "b.service"], "reboot_required": False}, "a.service, b.service"),
        ("search", {"available_packages": [{"name": "nginx", "version": "1", "summary": "web server"}]}, "nginx 1 - web server"),
    ],
)
def test_a_line_says_what_came(action, data, line):
    assert shown.line_of(action, data) == line


def test_what_would_be_done_is_not_said_to_be_done():
    assert shown.line_of("update", {"changes": [UPGRADE]}, is_trial=True) == "would be: nginx 1.22 > 1.24"


def test_only_hosts_with_an_older_version_are_shown_where_these_are_asked_for():
    assert shown.line_of("compare", {"relation": "older", "ensure": "3.0.11", "older": True}, only_older=True) == "3.0.11"
    assert shown.line_of("compare", {"relation": "same", "ensure": "3.0.13", "older": False}, only_older=True) is None


def test_a_failure_tells_what_was_changed_all_the_same():
    assert shown.failure_of("no room", {"changes": [UPGRADE]}) == "no room\nchanged all the same: nginx 1.22 > 1.24"
    assert shown.failure_of("no room", {"changes": []}) is None


def test_updates_of_all_hosts_are_told_once_with_the_hosts():
    bash, curl = {"package": "bash", "version": "5.2"}, {"package": "curl", "version": "8"}
    results = [
        SimpleNamespace(sender="web1", data={"outdated_packages": [bash, curl]}),
        SimpleNamespace(sender="web2", data={"outdated_packages": [bash]}),
        SimpleNamespace(sender="web3", data={}),
    ]
    assert shown.outdated_lines(results, fold) == ["Could be upgraded:", "", "   bash 5.2: web[1-2] (2)", "   curl 8: web1 (1)"]
    assert shown.outdated_lines(results[2:], fold) == []


def test_services_to_restart_are_told_once_with_their_hosts_and_so_is_it_that_there_are_none():
    some = SimpleNamespace(sender="web1", data={"services": ["cron.service", "nginx.service"]})
    same = SimpleNamespace(sender="web2", data={"services": ["nginx.service"]})
    none = SimpleNamespace(sender="web3", data={"services": []})
    unsure = SimpleNamespace(sender="web4", data={"services": None})
    assert shown.restarts_lines([some, same, none], fold) == [
        "Should be restarted:", "", "   nginx.service: web[1-2] (2)", "   cron.service: web1 (1)",
    ]  # fmt: skip
    assert shown.restarts_lines([some], fold) == [], "the host's own line says it"
    assert shown.restarts_lines([none, unsure], fold) == ["No service has to be restarted"]
    assert shown.restarts_lines([unsure], fold) == []


@pytest.mark.parametrize("data", [{"packages": "x"}, {"changes": [1, None]}, {"outdated_packages": {"a": 1}}, {"held": 5}, {}])
@pytest.mark.parametrize("action", ["status", "install", "checkupdates", "held", "search", "needs_restart", "compare", "digest"])
def test_whatever_a_host_sends_is_shown_somehow(action, data):
    assert isinstance(shown.line_of(action, data), str | None)
