from xml.etree import ElementTree

from mcollective_py.cli.collectivemap import Memberships, dot, svg, table_lines

FOUND = Memberships.of_hosts(
    {"web2": ["mcollective", "uk"], "web1": ["uk", "mcollective"], "db1": ["mcollective"], "odd": ["<x>", 5, "uk"], "none": None}
)


def test_hosts_are_counted_by_collective_and_what_is_no_collective_left_out():
    assert FOUND.hosts == {"mcollective": ("db1", "web1", "web2"), "uk": ("odd", "web1", "web2")}
    assert FOUND.total == 5


def test_hosts_in_the_same_collectives_are_one_group():
    assert FOUND.groups() == [
        (("mcollective", "uk"), ("web1", "web2")),
        (("mcollective",), ("db1",)),
        (("uk",), ("odd",)),
    ]


def test_the_table_has_the_smallest_first():
    assert table_lines(Memberships.of_hosts({"a": ["x", "y"], "b": ["y"]}), has_hosts=True) == [
        "   Collective                     Nodes",
        "   ==========                     =====",
        "   x                              1",
        "      a",
        "   y                              2",
        "      a,b",
        "",
        "                     Total nodes: 2",
        "",
    ]


def test_the_graph_is_one_of_subgraphs():
    assert dot(Memberships.of_hosts({"a": ["x"]})) == 'graph {\n   subgraph "x" {\n      "a" -- "x"\n   }\n}\n'


def test_the_picture_is_good_xml_with_a_box_for_each_group_and_a_line_for_each_membership():
    root = ElementTree.fromstring(svg(FOUND))
    space = "{http://www.w3.org/2000/svg}"
    texts = [text.text for text in root.iter(f"{space}text")]
    assert texts == ["5 hosts in 2 collectives", "web[1-2] (2)", "db1 (1)", "odd (1)", "mcollective (3)", "uk (3)"]
    assert len(list(root.iter(f"{space}path"))) == 4


def test_boxes_stay_within_the_picture_and_apart():
    many = Memberships.of_hosts({f"host{number}": [f"c{one}" for one in range(9) if number >> one & 1] for number in range(1, 60)})
    root = ElementTree.fromstring(svg(many))
    height = float(root.get("height"))
    boxes = [(box.get("x"), float(box.get("y"))) for box in root.iter("{http://www.w3.org/2000/svg}rect") if box.get("x")]
    assert all(0 < y < height - 30 for _, y in boxes)
    assert len(set(boxes)) == len(boxes) == 59 + 6


def test_nobody_is_a_picture_too():
    assert "0 hosts in 0 collectives" in svg(Memberships.of_hosts({}))


def test_a_host_that_says_a_hundred_thousand_collectives_is_not_all_of_the_map():
    found = Memberships.of_hosts({"evil": [f"c{number}" for number in range(100_000)], "web1": ["mcollective"], "odd": [[], {}, None]})
    assert (len(found.hosts), found.total) == (201, 3)
