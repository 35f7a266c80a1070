"""A host of a site, built as its daemon would: of its own configuration, at a moment when its certificate is good."""

from mcollective_py.cli.demosite import Site, SiteBroker, SiteHost
from mcollective_py.config import Config
from mcollective_py.server.host import Host, build_host


def moment(site: Site) -> float:
    """Seconds since the epoch, a day after the site's CA was made."""
    return site.authority.certificate.not_valid_before_utc.timestamp() + 90_000


def host_of(site: Site, name: str = "web1", **settings: str) -> Host:
    """A host with these settings beside those of every host."""
    file = site.write_host(SiteHost(name, ("role::web",), {"country": "uk"}, settings), SiteBroker(61613))
    return build_host(Config.from_file(file, "server"), lambda: moment(site))
