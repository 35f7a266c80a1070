import json
import subprocess

from mcollective_py.cli.demoprocesses import MCO


def test_without_words_it_shows_what_this_client_trusts(desk):
    answer = desk.mco("keys")
    assert answer.code == 0
    assert answer.lines[0] == "This client"
    assert answer.lines[1].split() == ["name", "demo.mcollective", "(P-256),", "signed", "by", "CN=Demo", "CA"]
    assert any("callers: *.mcollective" in line for line in answer.lines)


def test_json_of_this_client_is_one_document(desk):
    document = json.loads(desk.mco("keys", "--json").out)
    assert (document["side"], document["certificate"]["name"], document["refused"]) == ("client", "demo.mcollective", "")
    assert document["files"]["key"].endswith("demo.mcollective.pem")
    assert document["authorities"][0]["name"] == "CN=Demo CA"


def test_a_host_is_shown_by_its_own_configuration(desk):
    file = desk.running.site.folder / "hosts" / "web1" / "server.cfg"
    done = subprocess.run([*MCO, "keys", "--server", "-c", str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("This host\n   name          web1 (P-256)")


def test_the_hosts_are_compared_with_this_client(desk):
    answer = desk.mco("keys", "hosts")
    assert answer.code == 0
    assert answer.lines[0].startswith("3 hosts: CA ") and answer.lines[0].endswith(", as here")
    assert answer.lines[1].strip() == "db1,web[1-2]"
    assert answer.lines[-1].startswith("Finished processing 3 / 3 hosts in ")


def test_a_filter_alone_means_the_hosts(desk):
    for words in (("-C", "role::db"), ("--hosts", "-I", "db1")):
        assert desk.mco("keys", *words).lines[1].strip() == "db1"


def test_json_of_the_hosts_has_groups_and_each_host(desk):
    document = json.loads(desk.mco("keys", "hosts", "--json").out)
    assert [group["hosts"] for group in document["groups"]] == [["db1", "web1", "web2"]]
    assert document["groups"][0]["crl"] == document["here"]["crl"] == document["hosts"]["web1"]["crl"]
    assert document["hosts"]["web1"]["certificate"]["name"] == "web1"


def test_a_certificate_is_judged_as_a_callers_and_as_a_hosts(desk):
    site = desk.running.site
    own = desk.mco("keys", "check", str(site.certificate("web2")))
    assert own.code == 0
    assert own.lines[1:4] == [
        "   as a caller: refused: 'web2' is no caller here (plugin.x509.caller_certnames)",
        "   as a host: accepted",
        "      it answers as web2",
    ]
    document = json.loads(desk.mco("keys", "check", str(site.certificate("demo.mcollective")), "--json").out)
    assert [(verdict["role"], verdict["accepted"]) for verdict in document["verdicts"]] == [("caller", True), ("host", True)]


def test_what_is_taken_as_neither_is_no_success(desk):
    own = desk.mco("keys", "check", str(desk.running.site.folder / "ca" / "ca.pem"))
    assert own.code == 2
    assert "as a caller: refused: a certificate that cannot be used" in own.out


def test_wrong_words_say_what_to_write(desk):
    for words, says in (
        (("check",), "which certificate? mco keys check FILE"),
        (("hosts", "/etc/passwd"), "mco keys hosts takes no file"),
        (("hosts", "--server"), "--server goes with its own keys and with check"),
        (("check", "/nosuch.pem"), "/nosuch.pem cannot be read: No such file or directory"),
    ):
        answer = desk.mco("keys", *words)
        assert (answer.code, says in answer.err) == (1, True), answer
