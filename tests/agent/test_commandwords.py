"""Secrets in the words of processes."""

import pytest

from mcollective_py.agent.commandwords import MAX_TEXT, masked_words, shortened


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["app", "--password=hunter2"], "app --password=***"),
        (["app", "--password", "hunter2", "-v"], "app --password *** -v"),
        (["app", "--db-password", "hunter2"], "app --db-password ***"),
        (["app", "--api-key", "hunter2"], "app --api-key ***"),
        (["java", "-Djavax.net.ssl.keyStorePassword=hunter2", "Main"], "java -Djavax.net.ssl.keyStorePassword=*** Main"),
        (["env", "DB_PASSWORD=hunter2", "app"], "env DB_PASSWORD=*** app"),
        (["env", "GITHUB_TOKEN=hunter2"], "env GITHUB_TOKEN=***"),
        (["app", "postgres://root:hunter2@db/x"], "app postgres://root:***@db/x"),
        (["/usr/bin/mysql", "-uroot", "-phunter2", "-P", "3306"], "/usr/bin/mysql -uroot -p*** -P 3306"),
        (["sshpass", "-p", "hunter2", "ssh", "web1"], "sshpass -p *** ssh web1"),
        (["/usr/bin/curl", "-u", "root:hunter2", "http://x/"], "/usr/bin/curl -u *** http://x/"),
        (["curl", "-H", "Authorization: Bearer hunter2"], "curl -H Authorization: Bearer ***"),
        (["app: --secret hunter2 worker"], "app: --secret *** worker"),
    ],
)
def test_what_looks_like_a_secret_is_masked(words, shown):
    assert masked_words(words) == (shown, True)


@pytest.mark.parametrize(
    "words",
    [
        ["/usr/sbin/sshd", "-D"],
        ["/usr/bin/python3", "-p", "8080"],
        ["app", "--password-file=/etc/app.pw"],
        ["app", "--token-file", "/etc/token"],
        ["systemd-ask-password"],
        ["nginx: worker process"],
        ["/usr/bin/ssh-agent", "-s"],
        ["app", "http://db:8080/x"],
        [],
    ],
)
def test_what_is_none_stays(words):
    assert masked_words(words) == (" ".join(words), False)


def test_a_long_command_line_is_searched_up_to_a_bound():
    text, is_masked = masked_words(["java", "-cp", "x" * 100_000, "Main"])
    assert (len(text), is_masked) == (MAX_TEXT, False)


def test_a_long_text_keeps_its_beginning_and_its_end():
    text = shortened("java " + "x" * 5000 + " org.example.Main")
    assert text.startswith("java xxx") and text.endswith("xxx org.example.Main") and len(text) <= 1000
    assert shortened("java Main") == "java Main"
