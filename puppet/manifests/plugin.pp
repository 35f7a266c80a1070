# @summary A plugin of this site: its folder from a module, or its package; with its settings and its policy.
#
# A new agent answers after the run that brought it: the daemon reads its plugins again, and no request is lost.
#
# @example An agent in the files of a profile
#   mcollective_py::plugin { 'backup':
#     source => 'puppet:///modules/profile/mcollective/backup',
#     policy => { 'rules' => [{ 'action' => 'allow', 'callers' => 'cert=alice.mcollective' }] },
#   }
#
# @param ensure
#   `absent` takes it away.
# @param type
#   What it is: the folder of libdir it goes to.
# @param source
#   The folder, as `puppet:///modules/profile/mcollective/backup` or a path.
# @param package
#   The package that brings it, in place of source.
# @param config
#   Its settings, without `plugin.NAME.`.
# @param policy
#   Its policy, where it is an agent.
define mcollective_py::plugin (
  Enum['present', 'absent'] $ensure = 'present',
  Enum['agents', 'data', 'facts', 'validators', 'aggregates', 'discovery'] $type = 'agents',
  Optional[Pattern[/\Apuppet:\/\/\//, /\A\//]] $source = undef,
  Optional[String[1]] $package = undef,
  Mcollective_py::Settings $config = {},
  Optional[Mcollective_py::Policy] $policy = undef,
) {
  include mcollective_py
  if $source =~ NotUndef and $package =~ NotUndef {
    fail("mcollective_py::plugin ${name}: source or package, not both")
  }
  if $policy =~ NotUndef and $type != 'agents' {
    fail("mcollective_py::plugin ${name}: only agents have policies, and this is of ${type}")
  }
  $read_again = $mcollective_py::server ? { true => Exec['mcollective_py reload'], default => [] }

  if $package =~ NotUndef {
    $version = $ensure ? {
      'present' => $mcollective_py::package_ensure,
      default   => 'absent',
    }
    package { $package:
      ensure => $version,
      notify => $read_again,
    }
  }
  if $source =~ NotUndef or $ensure == 'absent' {
    $files = $ensure ? {
      'present' => { 'ensure' => 'directory', 'recurse' => true, 'purge' => true, 'source' => $source },
      default   => { 'ensure' => 'absent', 'recurse' => true },
    }
    file { "${mcollective_py::libdir}/${type}/${name}":
      owner  => 'root',
      group  => 'root',
      mode   => '0644', # and folders 0755
      force  => true,
      ignore => ['__pycache__', '.git', '*.pyc'],
      notify => $read_again,
      *      => $files,
    }
  }
  if $ensure == 'present' and !$config.empty {
    $restarted = $mcollective_py::server ? { true => Service[$mcollective_py::server::service_name], default => [] }
    file { "${mcollective_py::confdir}/plugin.d/${name}.cfg":
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0640',
      content => "# Managed by Puppet: mcollective_py::plugin\n${mcollective_py::lines($config)}",
      notify  => $restarted,
    }
  }
  if $ensure == 'present' and $policy =~ NotUndef and $mcollective_py::server {
    mcollective_py::actionpolicy { $name:
      * => $policy,
    }
  }
}
