"""Secrets in the words of processes."""

from time import process_time

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
        (["curl", "--user", "root:hunter2", "http://x/"], "curl --user *** http://x/"),
        (["curl", "-uroot:hunter2", "http://x/"], "curl -u*** http://x/"),
        (["curl", "-sSu", "root:hunter2", "http://x/"], "curl -sSu *** http://x/"),
        (["sudo", "/usr/bin/mysql", "-phunter2"], "sudo /usr/bin/mysql -p***"),
        (["sh", "-c", "cd /srv && mysql -u root -phunter2 x"], "sh -c cd /srv && mysql -u root -p*** x"),
        (["bash", "-c", "curl -u root:hunter2 x"], "bash -c curl -u *** x"),
        (["redis-cli", "-a", "hunter2", "ping"], "redis-cli -a *** ping"),
        (["snmpwalk", "-v2c", "-c", "hunter2", "sw1"], "snmpwalk -v2c -c *** sw1"),
        (["psql", "host=db user=app password=hunter2 port=5432"], "psql host=db user=app password=*** port=5432"),
        (["java", "jdbc:mysql://db/x?user=app&password=hunter2&ssl=1"], "java jdbc:mysql://db/x?user=app&password=***&ssl=1"),
        (["kubectl", "--from-literal=password=hunter2"], "kubectl --from-literal=password=***"),
        (["sqlcmd", "Server=db;Password=hunter2;Encrypt=yes"], "sqlcmd Server=db;Password=***;Encrypt=yes"),
        (["app", '{"user": "app", "password": "hunter2"}'], 'app {"user": "app", "password": ***}'),
        (["python3", "-c", "connect(password='hunter2')"], "python3 -c connect(password=***)"),
        (["git", "clone", "https://ghp_0123456789abcdefghij@git.example.net/x"], "git clone https://***@git.example.net/x"),
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
        ["git", "clone", "ssh://git@git.example.net:22/x"],
        ["sudo", "mysql", "-p", "-u", "root"],
        ["docker", "run", "-p", "80:80", "curlimages/curl"],
        ["sh", "-c", "echo a b; password_file=x"],
        ["curl", "-s", "http://x/?a=1&b=2"],
        ["sshd: root@pts/0"],
        [],
    ],
)
def test_what_is_none_stays(words):
    assert masked_words(words) == (" ".join(words), False)


def test_a_long_command_line_is_searched_up_to_a_bound():
    text, is_masked = masked_words(["java", "-cp", "x" * 100_000, "Main"])
    assert (len(text), is_masked) == (MAX_TEXT, False)


@pytest.mark.parametrize(
    "text", ["a", "=", "a=", ":", "'", '"', "password", "password=", "x://", "a://b", "?a", "-", "bearer ", "pw ", "curl -u "]
)
def test_no_title_of_a_process_takes_long_to_look_through(text):
    began = process_time()
    for _ in range(20):
        masked_words([text * (65536 // len(text))])
        masked_words(["x", text * (65536 // len(text))])
    assert process_time() - began < 4  # a fiftieth of it


def test_a_long_text_keeps_its_beginning_and_its_end():
    text = shortened("java " + "x" * 5000 + " org.example.Main")
    assert text.startswith("java xxx") and text.endswith("xxx org.example.Main") and len(text) <= 1000
    assert shortened("java Main") == "java Main"
