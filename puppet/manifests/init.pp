# @summary The Marionette Collective on a host: the daemon, the client, or both.
#
# Hosts sign with their Puppet certificate, operators with certificates of Puppet's CA whose names end in `.mcollective`; there are no
# other keys, and none is in a catalog.
#
# @example Every node
#   class { 'mcollective_py': brokers => [{ 'host' => 'mq.example.com' }] }
#
# @param server
#   Whether the daemon runs here.
# @param client
#   Whether `mco` is set up for the operators of this host.
# @param brokers
#   The brokers; the first is tried first.
# @param connector
#   What they are: `stomp` for the embedded one, `activemq` or `rabbitmq`.
# @param collectives
#   The collectives of this host.
# @param main_collective
#   The one that is meant where none is named; undef: the first.
# @param settings
#   Further settings of both server.cfg and client.cfg.
# @param server_settings
#   Further settings of server.cfg.
# @param client_settings
#   Further settings of client.cfg.
# @param plugins
#   mcollective_py::plugin by their names.
# @param policies
#   Policies by the names of their agents.
# @param users
#   mcollective_py::user by their names.
# @param purge
#   Whether policies, plugins and files of plugin.d go that nobody manages any more.
# @param confdir
#   Where the configuration lies.
# @param libdir
#   Where plugins of this site lie.
# @param install
#   `package`, `wheel` for a virtual environment of its own, or `none`.
# @param package_ensure
#   A version, `installed` or `latest`.
# @param server_packages
#   The packages of the daemon.
# @param client_packages
#   The packages of the client.
# @param wheel
#   With `wheel`: what pip installs, a name with a version or the path of a file.
# @param wheel_folder
#   With `wheel`: a folder of wheels in place of any index, for hosts without a network.
# @param python
#   With `wheel`: the Python, 3.11 or later. Where the system's own is older, the module's data name the one beside it.
# @param python_packages
#   With `wheel`: the packages that bring this Python and its `venv`; empty: they come from elsewhere.
# @param venv
#   With `wheel`: where the virtual environment is made.
class mcollective_py (
  Boolean $server = true,
  Boolean $client = false,
  Array[Mcollective_py::Broker] $brokers = [],
  Enum['stomp', 'activemq', 'rabbitmq'] $connector = 'stomp',
  Array[Mcollective_py::Collective, 1] $collectives = ['mcollective'],
  Optional[Mcollective_py::Collective] $main_collective = undef,
  Mcollective_py::Settings $settings = {},
  Mcollective_py::Settings $server_settings = {},
  Mcollective_py::Settings $client_settings = {},
  Hash[Pattern[/\A[a-z][a-z0-9_]*\z/], Mcollective_py::Pluginspec] $plugins = {},
  Hash[Mcollective_py::Agentname, Mcollective_py::Policy] $policies = {},
  Hash[String[1], Hash] $users = {},
  Boolean $purge = true,
  Mcollective_py::Absolutepath $confdir = '/etc/mcollective',
  Mcollective_py::Absolutepath $libdir = '/etc/mcollective/site',
  Enum['package', 'wheel', 'none'] $install = 'package',
  String[1] $package_ensure = 'installed',
  Array[String[1]] $server_packages = ['mcollective-py-server'],
  Array[String[1]] $client_packages = ['mcollective-py-client'],
  String[1] $wheel = 'mcollective_py',
  Optional[Mcollective_py::Absolutepath] $wheel_folder = undef,
  Mcollective_py::Absolutepath $python = '/usr/bin/python3',
  Array[String[1]] $python_packages = ['python3-venv'],
  Mcollective_py::Absolutepath $venv = '/opt/mcollective_py',
) {
  if $main_collective =~ NotUndef and !($main_collective in $collectives) {
    fail("mcollective_py: main_collective ${main_collective} is none of collectives (${collectives.join(', ')})")
  }
  contain mcollective_py::install

  if $server {
    contain mcollective_py::server
    contain mcollective_py::policies
    contain mcollective_py::facts
  }
  if $client {
    contain mcollective_py::client
  }
  # Last, for it asks the server's class what to notify.
  contain mcollective_py::config
  Class['mcollective_py::install'] -> Class['mcollective_py::config']
  if $server {
    Class['mcollective_py::config'] -> Class['mcollective_py::server']
  }
  if $client {
    Class['mcollective_py::config'] -> Class['mcollective_py::client']
  }

  $plugins.each |$name, $parameters| {
    mcollective_py::plugin { $name:
      require => Class['mcollective_py::config'],
      *       => $parameters,
    }
  }
  $users.each |$name, $parameters| {
    mcollective_py::user { $name:
      * => $parameters,
    }
  }
}
