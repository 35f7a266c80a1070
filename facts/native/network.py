"""Host name, addresses and interfaces."""

import ipaddress
import socket
from typing import Any

import psutil

from .readable import text_of

_NO_MAC = "00:00:00:00:00:00"


def networking_facts() -> dict[str, Any]:
    """The fact `networking` of this host; nobody is asked over the network, so a dead name server cannot hold it up."""
    interfaces = interface_facts()
    primary = primary_interface(text_of("/proc/net/route"), interfaces)
    names = host_names(socket.gethostname(), text_of("/etc/hosts"), text_of("/etc/resolv.conf"))
    own = interfaces.get(primary, {}) if primary else {}
    flat = {key: value for key, value in own.items() if not key.startswith("bindings")}
    return {**names, **({"primary": primary} if primary else {}), **flat, "interfaces": interfaces}


def host_names(hostname: str, hosts: str, resolv: str) -> dict[str, str]:
    """hostname, domain and fqdn, by the host name itself, else /etc/hosts, else the domain of /etc/resolv.conf."""
    short, _, domain = hostname.partition(".")
    if not domain:
        domain = _domain_in_hosts(short, hosts) or _domain_in_resolv(resolv) or ""
    return {"hostname": short, "fqdn": f"{short}.{domain}", "domain": domain} if domain else {"hostname": short, "fqdn": short}


def interface_facts() -> dict[str, Any]:
    """Every interface by name: ip, netmask, network and the same of IPv6, mac, mtu, and all bindings."""
    states = psutil.net_if_stats()
    facts: dict[str, Any] = {}
    for name, addresses in sorted(psutil.net_if_addrs().items()):
        own: dict[str, Any] = {}
        bindings = [binding(a.address, a.netmask) for a in addresses if a.family == socket.AF_INET and a.netmask]
        bindings6 = [binding6(a.address, a.netmask) for a in addresses if a.family == socket.AF_INET6 and a.netmask]
        if bindings:
            best = next((b for b in bindings if not b["address"].startswith("169.254.")), bindings[0])
            own |= {"bindings": bindings, "ip": best["address"], "netmask": best["netmask"], "network": best["network"]}
        if bindings6:
            best6 = next((b for b in bindings6 if b["scope6"] != "link"), bindings6[0])
            own |= {"bindings6": bindings6, "ip6": best6["address"], "netmask6": best6["netmask"], "network6": best6["network"]}
            own["scope6"] = best6["scope6"]
        mac = next((a.address for a in addresses if a.family == psutil.AF_LINK), _NO_MAC)
        if mac != _NO_MAC:
            own["mac"] = mac
        if name in states:
            own["mtu"] = states[name].mtu
        facts[name] = own
    return facts


def binding(address: str, netmask: str) -> dict[str, str]:
    """One IPv4 address with its network."""
    network = ipaddress.IPv4Interface(f"{address}/{netmask}").network
    return {"address": address, "netmask": netmask, "network": str(network.network_address)}


def binding6(address: str, netmask: str) -> dict[str, str]:
    """One IPv6 address with its network and scope; address may end in `%eth0`."""
    plain = ipaddress.IPv6Address(address.partition("%")[0])
    mask = int(ipaddress.IPv6Address(netmask))
    network = str(ipaddress.IPv6Address(int(plain) & mask))
    scope = "host" if plain.is_loopback else "link" if plain.is_link_local else "site" if plain.is_site_local else "global"
    return {"address": str(plain), "netmask": netmask, "network": network, "scope6": scope}


def primary_interface(routes: str, interfaces: dict[str, Any]) -> str | None:
    """The interface of the default route with the lowest metric (/proc/net/route), else the first with an address of its own."""
    defaults = []
    for line in routes.splitlines()[1:]:
        words = line.split()
        if len(words) > 7 and words[1] == words[7] == "00000000" and words[6].isdigit():
            defaults.append((int(words[6]), words[0]))
    if defaults:
        return min(defaults)[1]
    return next((name for name, own in interfaces.items() if not own.get("ip", "127.").startswith("127.")), None)


def _domain_in_hosts(short: str, hosts: str) -> str | None:
    for line in hosts.splitlines():
        names = line.partition("#")[0].split()[1:]
        if short in names or any(name.startswith(f"{short}.") for name in names):
            for name in names:
                if name.startswith(f"{short}.") and len(name) > len(short) + 1:
                    return name.removeprefix(f"{short}.")
    return None


def _domain_in_resolv(resolv: str) -> str | None:
    found = {words[0]: words[1] for line in resolv.splitlines() if len(words := line.split()) > 1}
    domain = (found.get("domain") or found.get("search") or "").strip(".")
    return domain or None
