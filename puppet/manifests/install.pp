# @summary The programs: from packages, or from a wheel in a virtual environment.
# @api private
class mcollective_py::install {
  case $mcollective_py::install {
    'package': {
      $server = $mcollective_py::server ? { true => $mcollective_py::server_packages, default => [] }
      $client = $mcollective_py::client ? { true => $mcollective_py::client_packages, default => [] }
      package { unique($server + $client):
        ensure => $mcollective_py::package_ensure,
      }
    }
    'wheel': {
      $venv = $mcollective_py::venv
      $source = $mcollective_py::wheel_folder ? {
        undef   => [],
        default => ['--no-index', '--find-links', $mcollective_py::wheel_folder],
      }
      # What was installed is written down: a later version, or a file with another name, is installed over it.
      $stamp = "${venv}/.installed-${sha256($mcollective_py::wheel)}"

      $mcollective_py::python_packages.each |$package| {
        unless defined(Package[$package]) {
          package { $package:
            ensure => installed,
          }
        }
      }
      exec { 'mcollective_py: virtual environment':
        require => Package[$mcollective_py::python_packages],
        command => [$mcollective_py::python, '-m', 'venv', $venv],
        creates => "${venv}/bin/pip",
      }
      -> exec { 'mcollective_py: wheel':
        command => ["${venv}/bin/pip", 'install', '--quiet', '--upgrade'] + $source + [$mcollective_py::wheel],
        creates => $stamp,
        timeout => 900,
      }
      -> file { $stamp:
        ensure  => file,
        content => '',
      }
      ['mco', 'mcollectived'].each |$program| {
        file { "/usr/bin/${program}":
          ensure  => link,
          target  => "${venv}/bin/${program}",
          require => Exec['mcollective_py: wheel'],
        }
      }
    }
    default: {}
  }
}
