"""Exim in a lab host, from Debian's packages: a relay that keeps what it is given in its queue."""

from pathlib import Path

from ...errors import NotReady
from .lab import Lab

DEBS = Path("/var/tmp/mcollective-exim-debs")  # noqa: S108 - where .ci/parts fetches what only a host gets
SPOOL, LOGS = "/var/spool/exim4", "/var/log/exim4"
_UNPACK = f"""
for deb in {DEBS}/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C / --keep-directory-symlink; done
getent passwd Debian-exim >/dev/null || useradd -r -d {SPOOL} -s /usr/sbin/nologin -U Debian-exim
mkdir -p {SPOOL} {LOGS} /run/exim4; chown Debian-exim:Debian-exim {SPOOL} {LOGS} /run/exim4; chmod 750 {SPOOL}; chmod 2750 {LOGS}
ln -sf exim4 /usr/sbin/exim
"""
# Everything goes to the sink; nothing is delivered before somebody asks for it.
_CONFIG = """
primary_hostname = {name}.lab.test
queue_only
local_interfaces = 0.0.0.0
acl_smtp_rcpt = accept
acl_smtp_data = accept
log_selector = +received_recipients +queue_run
auth_advertise_hosts = *
smtp_accept_max = 100
smtp_accept_max_per_connection = 20000
smtp_accept_queue_per_connection = 0
retry_interval_max = 1d
host_lookup =
rfc1413_query_timeout = 0s
never_users =
{more}
begin acl
accept:
{acl}
  accept
begin routers
{routers}
nowhere:
  driver = redirect
  domains = nowhere.test
  allow_fail
  data = :fail: no such place
sink:
  driver = manualroute
  transport = smtp
  route_list = * {sink}::2525 byname
  self = send
begin transports
smtp:
  driver = smtp
  hosts_try_fastopen =
begin retry
* * F,2h,15m; G,16h,1h,1.5; F,4d,6h
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{secret}}}}
  server_set_id = $auth2
"""


def is_fetched() -> bool:
    """Whether the packages are there."""
    return any(DEBS.glob("exim4-daemon-light_*.deb"))


def config(name: str, sink: str, *, more: str = "", acl: str = "", routers: str = "") -> str:
    """The configuration of a relay. sink: where all goes, to port 2525; more: lines of the main part; acl: what is refused."""
    return _CONFIG.format(name=name, sink=sink, more=more, acl=acl, routers=routers)


def install(lab: Lab, host: str, config: str) -> None:
    """Put Exim and its configuration on a host; nothing of it runs."""
    done = lab.run(host, "sh", "-ec", _UNPACK)
    if done.returncode:
        raise NotReady(f"{host}: Exim was not unpacked: {done.stderr}")
    lab.write(host, "/etc/exim4/exim4.conf", config)
