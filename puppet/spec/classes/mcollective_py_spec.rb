require_relative '../spec_helper'

BROKERS = [{ 'host' => 'mq1.example.com' }, { 'host' => 'mq2.example.com', 'user' => 'web', 'password' => 'x' * 16 }].freeze
CALLERS = { 'action' => 'allow', 'callers' => 'cert=alice.mcollective' }.freeze

# Every parameter that README.md names, in a combination that means something.
COMBINATIONS = {
  'nothing' => {},
  'a broker' => { 'brokers' => BROKERS },
  'the client alone' => { 'server' => false, 'client' => true, 'brokers' => BROKERS },
  'server and client' => { 'client' => true, 'brokers' => BROKERS, 'collectives' => ['mcollective', 'eu'], 'main_collective' => 'eu' },
  'neither' => { 'server' => false },
  'activemq' => { 'connector' => 'activemq', 'brokers' => BROKERS },
  'rabbitmq' => { 'connector' => 'rabbitmq', 'brokers' => BROKERS, 'settings' => { 'plugin.rabbitmq.vhost' => '/fleet' } },
  'settings' => { 'client' => true, 'server_settings' => { 'registerinterval' => 300 }, 'client_settings' => { 'color' => false } },
  'plugins' => {
    'plugins' => {
      'backup' => { 'source' => 'puppet:///modules/profile/backup', 'policy' => { 'rules' => [CALLERS] } },
      'shell' => { 'config' => { 'enabled' => true } },
      'dump' => { 'package' => 'mcollective-py-agent-dump' },
      'old' => { 'ensure' => 'absent' },
      'up' => { 'type' => 'data', 'source' => '/srv/up' },
    },
  },
  'policies' => { 'policies' => { 'service' => { 'default' => 'deny', 'rules' => [CALLERS.merge('actions' => ['start', 'stop'])] } } },
  'users' => { 'client' => true, 'brokers' => BROKERS, 'users' => { 'alice' => {}, 'bob' => { 'homedir' => '/srv/bob' } } },
  'no purging' => { 'purge' => false },
  'a wheel' => { 'install' => 'wheel', 'wheel' => 'mcollective_py==0.1.0' },
  'a folder of wheels' => { 'install' => 'wheel', 'wheel_folder' => '/srv/wheels', 'client' => true },
  'programs from elsewhere' => { 'install' => 'none', 'client' => true },
  'other folders' => { 'confdir' => '/opt/mco/etc', 'libdir' => '/opt/mco/lib' },
}.freeze

describe 'mcollective_py' do
  on_each_system do |system|
    COMBINATIONS.each do |what, parameters|
      context "with #{what}" do
        let(:params) { parameters }

        it { is_expected.to compile.with_all_deps }
      end
    end

    context 'with a broker' do
      let(:params) { { 'brokers' => BROKERS } }

      it { is_expected.to contain_package('mcollective-py-server').with_ensure('installed') }
      it { is_expected.not_to contain_package('mcollective-py-client') }
      it { is_expected.to contain_service('mcollectived').with('ensure' => 'running', 'enable' => true) }
      it { is_expected.to contain_concat('/etc/mcollective/server.cfg').with_mode('0640').that_notifies('Service[mcollectived]') }
      it { is_expected.not_to contain_concat('/etc/mcollective/client.cfg') }
      it { is_expected.to contain_class('mcollective_py::install').that_comes_before('Class[mcollective_py::config]') }
      it { is_expected.to contain_class('mcollective_py::config').that_comes_before('Class[mcollective_py::server]') }

      it 'writes where the brokers are, and the password into a file of its own' do
        lines = ['connector = stomp', 'plugin.stomp.pool.1.host = mq1.example.com', 'plugin.stomp.pool.1.ssl = 1',
                 'plugin.stomp.pool.2.password_file = /etc/mcollective/broker-2.password', 'plugin.stomp.pool.size = 2']
        text = catalogue.resource('Concat::Fragment', 'mcollective_py server.cfg')[:content]
        expect(text.lines.map(&:chomp)).to include(*lines)
        expect(text).not_to include('x' * 16)
        file = catalogue.resource('File', '/etc/mcollective/broker-2.password')
        expect(file[:mode]).to eq('0600')
        expect(file.sensitive_parameters).to eq([:content])
      end
    end

    context 'with the client alone' do
      let(:params) { { 'server' => false, 'client' => true, 'brokers' => BROKERS } }

      it { is_expected.to contain_package('mcollective-py-client') }
      it { is_expected.to contain_concat('/etc/mcollective/client.cfg').with_mode('0644') }
      it { is_expected.not_to contain_service('mcollectived') }

      it 'does not hand the login of the daemons to operators' do
        text = catalogue.resource('Concat::Fragment', 'mcollective_py client.cfg')[:content]
        expect(text).not_to match(%r{user|password})
      end
    end

    context 'with a wheel' do
      let(:params) { { 'install' => 'wheel', 'wheel_folder' => '/srv/wheels' } }
      let(:python) do
        old = ['Ubuntu 22.04', 'RHEL 9', 'Rocky 9', 'AlmaLinux 8', 'SLES 15'].include?(system)
        old ? '/usr/bin/python3.11' : '/usr/bin/python3'
      end
      let(:needed) do
        { 'Ubuntu 22.04' => 'python3.11-venv', 'RHEL 9' => 'python3.11', 'Rocky 9' => 'python3.11', 'AlmaLinux 8' => 'python3.11',
          'SLES 15' => 'python311', 'Rocky 10' => 'python3' }.fetch(system, 'python3-venv')
      end

      it { is_expected.to contain_package(needed).that_comes_before('Exec[mcollective_py: virtual environment]') }

      it 'takes a Python that is new enough' do
        is_expected.to contain_exec('mcollective_py: virtual environment')
          .with_command([python, '-m', 'venv', '/opt/mcollective_py'])
      end

      it 'asks no index' do
        is_expected.to contain_exec('mcollective_py: wheel')
          .with_command(['/opt/mcollective_py/bin/pip', 'install', '--quiet', '--upgrade', '--no-index', '--find-links',
                         '/srv/wheels', 'mcollective_py'])
      end

      it { is_expected.to contain_file('/usr/bin/mcollectived').with('ensure' => 'link', 'target' => '/opt/mcollective_py/bin/mcollectived') }
      it { is_expected.not_to contain_package('mcollective-py-server') }
    end

    context 'with plugins and policies' do
      let(:params) { COMBINATIONS['plugins'].merge(COMBINATIONS['policies']) }
      let(:site) { '/etc/mcollective/site' }

      it { is_expected.to contain_file("#{site}/agents/backup").with_recurse(true).that_notifies('Exec[mcollective_py reload]') }
      it { is_expected.to contain_file("#{site}/agents/old").with_ensure('absent') }
      it { is_expected.to contain_file("#{site}/data/up") }
      it { is_expected.to contain_package('mcollective-py-agent-dump').that_notifies('Exec[mcollective_py reload]') }
      it { is_expected.to contain_concat('/etc/mcollective/policies/backup.policy').with_mode('0640') }
      it { is_expected.to contain_concat('/etc/mcollective/policies/service.policy') }
      it { is_expected.to contain_file('/etc/mcollective/plugin.d').with('recurse' => true, 'purge' => true) }

      it {
        is_expected.to contain_file('/etc/mcollective/plugin.d/shell.cfg').with_mode('0640').that_notifies('Service[mcollectived]')
          .with_content("# Managed by Puppet: mcollective_py::plugin\nenabled = 1\n")
      }
    end
  end

  context 'with what cannot be meant' do
    let(:facts) { SYSTEMS['Debian 12'] }

    { 'main_collective eu is none of collectives' => { 'main_collective' => 'eu' },
      'source or package, not both' => { 'plugins' => { 'x' => { 'source' => '/x', 'package' => 'x' } } },
      'only agents have policies' => { 'plugins' => { 'x' => { 'type' => 'data', 'source' => '/x', 'policy' => {} } } },
      "parameter 'confdir'" => { 'confdir' => '/etc/../x' } }.each do |words, parameters|
      context words do
        let(:params) { parameters }

        it { is_expected.to compile.and_raise_error(%r{#{Regexp.escape(words)}}) }
      end
    end
  end
end
