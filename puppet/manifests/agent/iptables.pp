# @summary The agent iptables: its settings, its table or chain, and the desired list of this host.
#
# The daemon itself makes the table or the chain, hooks it in and makes the list true: when it starts, when it is reloaded, and by the
# guard that keeps a host from being cut off. This class writes what it reads, reloads it, and looks at each run whether what it made
# is still there. A firewall that somebody took down by `mco iptables teardown` stays down until `mco iptables setup`.
#
# @example A list, and the networks that operators come from
#   class { 'mcollective_py::agent::iptables':
#     operators => ['192.0.2.0/24'],
#     entries   => { '203.0.113.0/24' => { 'reason' => 'spam', 'until' => '2026-12-01T00:00:00Z' } },
#   }
#
# @param confdir
#   Where server.cfg lies; settings are written to plugin.d/iptables.cfg in it.
# @param backend
#   `nft`, `ipset`, `iptables`, or `auto` for what suits the host.
# @param chain
#   The chain of ipset and iptables.
# @param target
#   What becomes of a packet.
# @param operators
#   Networks that operators come from: they are never blocked.
# @param protected
#   Other networks that are never blocked.
# @param shortest_prefix
#   The widest network of IPv4 that may be blocked.
# @param shortest_prefix6
#   The same of IPv6.
# @param max_entries
#   How many entries the host keeps.
# @param setup
#   Whether the table or chain is to be there before the first block, and comes back where something else took it away.
# @param entries
#   The desired list: what is blocked, or allowed, by network. Undef: there is no list. Empty: whatever the list brought is let go.
# @param list_source
#   The same as a file of a module, for long lists; not together with entries.
# @param list_path
#   Where the list lies on the host.
# @param settings
#   Further settings of the agent by their names, without `plugin.iptables.`.
# @param reload_command
#   What lets the daemon read all of it again.
# @param status_command
#   What succeeds where the daemon runs: one that does not is not reloaded, and reads all of it when it starts.
class mcollective_py::agent::iptables (
  Mcollective_py::Absolutepath $confdir = '/etc/mcollective',
  Enum['auto', 'nft', 'ipset', 'iptables'] $backend = 'auto',
  Pattern[/\A[A-Za-z][A-Za-z0-9_-]{0,27}\z/] $chain = 'junk_filter',
  Enum['DROP', 'REJECT'] $target = 'DROP',
  Array[Mcollective_py::Network] $operators = [],
  Array[Mcollective_py::Network] $protected = [],
  Integer[1, 32] $shortest_prefix = 8,
  Integer[1, 128] $shortest_prefix6 = 19,
  Integer[1, 1000000] $max_entries = 200000,
  Boolean $setup = true,
  Optional[Hash[Mcollective_py::Network, Mcollective_py::Blockentry]] $entries = undef,
  Optional[Pattern[/\Apuppet:\/\//, /\A\//]] $list_source = undef,
  Mcollective_py::Absolutepath $list_path = "${confdir}/iptables.list",
  Hash[Pattern[/\A[a-z][a-z0-9_]*\z/], Variant[Integer, Boolean, Pattern[/\A[^\x00-\x1f]*\z/]]] $settings = {},
  String[1] $reload_command = 'systemctl reload mcollectived',
  String[1] $status_command = 'systemctl is-active --quiet mcollectived',
) {
  if $entries =~ NotUndef and $list_source =~ NotUndef {
    fail('mcollective_py::agent::iptables: entries or list_source, not both: a host has one list')
  }
  $has_list = $entries =~ NotUndef or $list_source =~ NotUndef

  $named = {
    'backend'          => $backend,
    'chain'            => $chain,
    'target'           => $target,
    'operators'        => $operators.unique.join(' '),
    'protected'        => $protected.unique.join(' '),
    'shortest_prefix'  => $shortest_prefix,
    'shortest_prefix6' => $shortest_prefix6,
    'max_entries'      => $max_entries,
    'setup_at_start'   => $setup,
    'list'             => $has_list ? { true => $list_path, default => '' },
  }
  $twice = $settings.keys.filter |$name| { $name in $named }
  unless $twice.empty {
    fail("mcollective_py::agent::iptables: ${twice.join(', ')}: this class has parameters of these names")
  }
  # Flags are written as the settings' page has them.
  $written = Hash(($named + $settings).filter |$name, $value| { $value != '' }.map |$name, $value| {
    [$name, $value ? { true => '1', false => '0', default => String($value) }]
  })

  $plugins = "${confdir}/plugin.d"
  unless defined(File[$plugins]) {
    file { $plugins:
      ensure => directory,
      owner  => 'root',
      group  => 'root',
      mode   => '0755',
    }
  }

  file { "${plugins}/iptables.cfg":
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0640',
    content => epp('mcollective_py/agent/iptables.cfg.epp', { 'settings' => $written }),
    notify  => Exec['mcollective_py::agent::iptables reload'],
  }

  if $has_list {
    # The list first: settings that name it are read by a reload.
    $content = $entries ? {
      undef   => {},
      default => { 'content' => epp('mcollective_py/agent/iptables.list.epp', { 'entries' => $entries }) },
    }
    $source = $list_source ? {
      undef   => {},
      default => { 'source' => $list_source },
    }
    file { $list_path:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0640',
      before => File["${plugins}/iptables.cfg"],
      notify => Exec['mcollective_py::agent::iptables reload'],
      *      => $content + $source,
    }
  }

  $path = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

  exec { 'mcollective_py::agent::iptables reload':
    command     => $reload_command,
    onlyif      => $status_command,
    path        => $path,
    refreshonly => true,
  }

  if $setup {
    $state = $settings['state_directory'] ? {
      undef   => '/var/lib/mcollective/iptables',
      default => $settings['state_directory'],
    }
    # Both families of a chain, by whichever iptables the host uses. Where an operator took it down the store says so.
    $nft = 'nft list chain inet mcollective input 2>/dev/null | grep -q "jump block"'
    # iptables-legacy would make legacy tables by asking for them, and the agent goes by which tables there are.
    $asked = { 'iptables' => '', 'iptables-legacy' => 'grep -qs "^filter" /proc/net/ip_tables_names && ' }
    $chains = $asked.map |$four, $first| {
      $six = regsubst($four, '\Aip', 'ip6')
      "${first}{ ${four} -w -S INPUT && ${six} -w -S INPUT; } 2>/dev/null | grep -c -- '-j ${chain}\$' | grep -q '^2'"
    }
    $down = "head -n 1 ${state}/store.json 2>/dev/null | grep -q '\"installed\":\"down\"'"
    $there = $backend ? {
      'nft'   => [$nft],
      'auto'  => [$nft] + $chains,
      default => $chains,
    }

    exec { 'mcollective_py::agent::iptables setup':
      command  => $reload_command,
      onlyif   => $status_command,
      unless   => ($there + [$down]).map |$one| { "{ ${one}; }" }.join(' || '),
      provider => shell,
      path     => $path,
      require  => [File["${plugins}/iptables.cfg"], Exec['mcollective_py::agent::iptables reload']],
    }
  }
}
