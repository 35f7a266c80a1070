"""The words of `mco package`, and the inputs that they become."""

import argparse
from pathlib import Path

import pytest

from mcollective_py.errors import UsageError
from mcollective_py.plugins.modules import load_class
from mcollective_py.testing import assert_conforms

FOLDER = Path(__file__).parents[1]


def call(*words):
    command = load_class("package", FOLDER, "application")()
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    parser.set_defaults(noop=False)
    return command.call(parser.parse_args(words))


@pytest.mark.parametrize(
    ("words", "action", "inputs"),
    [
        ("install nginx", "install", {"package": "nginx"}),
        ("nginx install", "install", {"package": "nginx"}),
        ("install nginx --version 1.2", "install", {"package": "nginx", "version": "1.2"}),
        ("install nginx --version 1.*", "install", {"packages": "nginx=1.*"}),  # a glob is none of the historic input's
        ("install nginx=1.2", "install", {"package": "nginx", "version": "1.2"}),
        ("install nginx=1.*", "install", {"packages": "nginx=1.*"}),
        ("install nginx=1.0~rc1", "install", {"packages": "nginx=1.0~rc1"}),
        ("install nginx=1.2 curl --downgrade", "install", {"packages": "nginx=1.2,curl", "downgrade": True}),
        ("upgrade --security --lock-wait 5m", "upgrade", {"security": True, "lock_wait": 300}),
        ("compare openssl 3.0", "compare", {"package": "openssl", "version": "3.0"}),
        ("older openssl 3.0", "compare", {"package": "openssl", "version": "3.0"}),
        ("count", "count", {}),
        ("md5", "md5", {}),
        ("yum_clean metadata", "yum_clean", {"mode": "metadata"}),
        ("yum_clean", "yum_clean", {}),
        ("list lib*", "list", {"pattern": "lib*"}),
    ],
)
def test_words_become_an_action_and_its_inputs(words, action, inputs):
    assert call(*words.split()) == (action, inputs)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("install", "which package"),
        ("count nginx", "count takes no"),  # Ruby's command took it, and what stood before it, for a package
        ("checkupdates nginx", "takes no"),
        ("instal nginx", "did you mean install"),
        ("install nginx curl --version 1", "--version is for one package"),
        ("install nginx --security", "--security is for upgrade"),
        ("status nginx --version 1", "--version is for install"),
        ("compare openssl", "takes a package and a version"),
    ],
)
def test_what_makes_no_sense_is_told(words, reason):
    with pytest.raises(UsageError, match=reason):
        call(*words.split())


def test_the_folder_is_as_hosts_and_operators_expect():
    assert_conforms(FOLDER)
