"""One of three web servers has an old version of a package: found, looked at, upgraded."""

from pathlib import Path

from .aptrepository import Deb, build_repository, use_repository
from .lab import Lab
from .story import ALL_ALLOWED, Step, Story, StoryHost

_HOSTS = (StoryHost("web1", "web"), StoryHost("web2", "web"), StoryHost("web3", "web"), StoryHost("db1", "database"))
_OLD, _NEW = "1.9-1", "1.10-2"
_HAVE = {"web1": _NEW, "web2": _NEW, "web3": _OLD}


def prepare(lab: Lab, folder: Path) -> None:
    """A repository with two versions of the package, known to every host's apt, and one of them installed."""
    build_repository(folder / "repository", (Deb("shop", _OLD), Deb("shop", _NEW)))
    for host in _HOSTS:
        use_repository(lab, host.name, folder / "repository")
        if host.name in _HAVE:
            lab.run(host.name, "apt-get", "install", "-y", f"shop={_HAVE[host.name]}")


STORY = Story(
    title=f"shop {_NEW} closes a hole. Who still has an older one?",
    hosts=_HOSTS,
    policies={"package": ALL_ALLOWED},
    programs={"apt-get": "apt", "dpkg": "dpkg", "dpkg-deb": "dpkg"},
    prepare=prepare,
    steps=(
        Step(
            "What does each host have, by its own dpkg?",
            "mco package status shop",
            (r"web1: .*1\.10-2", r"web3: .*1\.9-1", r"db1: .*(absent|purged)"),
        ),
        Step(
            "Who has an older one? Versions are compared as dpkg does it: 1.9 is older than 1.10.",
            f"mco package older shop {_NEW}",
            (r"web3",),
        ),
        Step(
            "The same as a filter, which every other command takes too.",
            f"""mco find -S "package('shop').version<{_NEW}\"""",
            (r"\Aweb3\n\Z",),
        ),
        Step("What would an update do there? A trial changes nothing.", "mco package update shop -C role::web --noop", (r"web3",)),
        Step(
            "Do it on all web servers. Those that have it already are left alone.",
            "mco package update shop -C role::web",
            (r"web3: shop 1\.9-1 > 1\.10-2", r"3 / 3 hosts"),
        ),
        Step(
            "And look again: nobody has an old one, and the database has not got what it never had.",
            "mco package status shop",
            (r"web1: .*1\.10-2", r"web2: .*1\.10-2", r"web3: .*1\.10-2", r"db1: .*(absent|purged)"),
        ),
        Step("By its own word, not only by ours.", "dpkg-query --show shop", (r"shop\s+1\.10-2",), host="web3"),
    ),
)
