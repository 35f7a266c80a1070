import pytest

from mcollective_py.cli.inventorytemplate import MAX_TEXT, Template, TemplateError, read_template

WEB1 = {
    "version": "0.1",
    "main_collective": "mcollective",
    "collectives": ["mcollective", "uk"],
    "classes": ["role::web", "base"],
    "agents": ["rpcutil", "echo"],
    "facts": {"kernel": "Linux", "os": {"name": "Debian", "disks": ["sda", "sdb"]}, "a.b": "whole", "evil": "\x1b[2J", "none": None},
}


def of_web1(line):
    return read_template(line, "t").of_host("web1", WEB1, number=1, moment="now").removesuffix("\n")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("{identity}: {facts.kernel}", "web1: Linux"),
        ("{facts.os.name} {facts.os.disks.1} {facts.a.b}", "Debian sdb whole"),
        ("{facts.os.disks}", "sda, sdb"),
        ("{facts.os}", '{"disks": ["sda", "sdb"], "name": "Debian"}'),
        ("{facts.nosuch}|{facts.nosuch|none}|{facts.none|absent}", "|none|absent"),
        ("{classes} {agents} {collectives}", "base, role::web echo, rpcutil mcollective, uk"),
        ("{class role::web} {class role::db} {agent echo} {collective de}", "yes no yes no"),
        ("{class role::web:<5}|{class role:>5}|", "yes  |   no|"),
        ("{identity:<6}|{identity:>6}|{identity:^6}|{identity:6.2}|", "web1  |  web1| web1 |we    |"),
        ("{facts.kernel|?:>8}|", "   Linux|"),
        (r"a\tb\nc\\n{{x}} {version}", "a\tb\nc\\n{x} 0.1"),
        ("{facts.evil}", "\\x1b[2J"),
        ("{time}", "now"),
    ],
)
def test_a_line_says_what_of_a_host_is_shown(line, text):
    assert of_web1(line) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{idenity}", "t:1: {idenity} is no field of a host: did you mean {identity}?"),
        ("x\n{facts.}", "t:2: {facts.} is no field of a host"),
        ("{identity", "t:1: a { stands alone"),
        ("identity}", "t:1: a } stands alone"),
        ("{}", "t:1: {} is no field"),
        ("{identity:5000}", "t:1: a field is at most 1000 characters wide"),
        ("{identity!r}", "t:1: {identity!r} is no field of a host"),
        ("{identity.__class__}", "t:1: {identity.__class__} is no field of a host"),
        ("[heading]\n{identity}\n[host]\nx", "t:2: [heading] is not about one host: it may have {count}, {page}, {time}"),
        ("[body]\nx", "t:1: there is no section [body]"),
        ("[heading]\nx", "t: nothing is said of a host"),
        ("", "t: nothing is said of a host"),
        ("x" * (MAX_TEXT + 1), "t: a template has at most"),
        ('inventory do\n  format "%s"\nend\n', "t: this is a script of Ruby's mco, which is not run here"),
    ],
)
def test_a_mistake_is_named_with_its_line(text, problem):
    with pytest.raises(TemplateError) as caught:
        read_template(text, "t")
    assert str(caught.value).startswith(problem)


def test_a_report_has_a_heading_on_each_page_and_a_footing_at_the_end():
    template = read_template(
        "# comment\npage_length = 2\n\n[heading]\nHosts, page {page}\n\n[host]\n{identity}\n\n[footing]\n{count} in all, {time}\n", "t"
    )
    hosts = [template.of_host(name, {}) for name in ("a", "b", "c")]
    assert "".join(template.of_all(hosts, "now")) == "Hosts, page 1\na\nb\n\fHosts, page 2\nc\n3 in all, now\n"


def test_no_host_leaves_heading_and_footing():
    template = read_template("[heading]\nHosts\n[host]\n{identity}\n[footing]\n{count}\n", "t")
    assert "".join(template.of_all([], "now")) == "Hosts\n0\n"


def test_an_inventory_of_the_wrong_shapes_is_shown_as_nothing():
    template = read_template("{classes}|{class x}|{facts.a.b}|{version}", "t")
    assert template.of_host("a", {"classes": "x", "facts": ["x"], "version": None}) == "x|no||\n"
    assert isinstance(template, Template)
