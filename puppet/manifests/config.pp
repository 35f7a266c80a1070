# @summary The folders that server, client and plugins share.
# @api private
class mcollective_py::config {
  $confdir = $mcollective_py::confdir
  # What is purged is no longer there for the daemon either.
  [$restarted, $read_again] = $mcollective_py::server ? {
    true    => [Service[$mcollective_py::server::service_name], Exec['mcollective_py reload']],
    default => [[], []],
  }

  file { [$confdir, $mcollective_py::libdir]:
    ensure => directory,
    owner  => 'root',
    group  => 'root',
    mode   => '0755',
  }
  # The class of an agent may have been first with plugin.d.
  unless defined(File["${confdir}/plugin.d"]) {
    file { "${confdir}/plugin.d":
      ensure  => directory,
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
      recurse => $mcollective_py::purge,
      purge   => $mcollective_py::purge,
      notify  => $restarted,
    }
  }
  file { "${confdir}/policies":
    ensure  => directory,
    owner   => 'root',
    group   => 'root',
    mode    => '0755',
    recurse => $mcollective_py::purge,
    purge   => $mcollective_py::purge,
  }
  ['agents', 'data', 'facts', 'validators', 'aggregates', 'discovery'].each |$type| {
    file { "${mcollective_py::libdir}/${type}":
      ensure  => directory,
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
      recurse => $mcollective_py::purge,
      purge   => $mcollective_py::purge,
      force   => $mcollective_py::purge,
      notify  => $read_again,
    }
  }
  $mcollective_py::brokers.each |$index, $broker| {
    if $broker['password'] =~ NotUndef {
      file { "${confdir}/broker-${$index + 1}.password":
        ensure    => file,
        owner     => 'root',
        group     => 'root',
        mode      => '0600',
        show_diff => false,
        content   => Sensitive($broker['password']),
      }
    }
  }
}
