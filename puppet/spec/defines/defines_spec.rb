require_relative '../spec_helper'

describe 'mcollective_py::user' do
  let(:title) { 'alice' }
  let(:pre_condition) { "class { 'mcollective_py': client => true, brokers => [{ 'host' => 'mq1' }] }" }

  on_each_system do |_system|
    it { is_expected.to compile.with_all_deps }

    it 'names the certificate that is theirs' do
      file = catalogue.resource('File', '/home/alice/.mcollective')
      expect([file[:owner], file[:group], file[:mode]]).to eq(['alice', 'alice', '0600'])
      expect(file[:content]).to include("plugin.x509.key = /home/alice/.puppetlabs/etc/puppet/ssl/private_keys/alice.mcollective.pem\n")
    end
  end
end

describe 'mcollective_py::setting' do
  let(:title) { 'ttl' }
  let(:params) { { 'value' => 30, 'target' => 'both' } }
  let(:pre_condition) { "class { 'mcollective_py': client => true }" }

  on_each_system do |_system|
    it { is_expected.to compile.with_all_deps }

    ['server', 'client'].each do |side|
      it {
        is_expected.to contain_concat__fragment("mcollective_py::setting ttl #{side}")
          .with('target' => "/etc/mcollective/#{side}.cfg", 'order' => '30', 'content' => "ttl = 30\n")
      }
    end
  end
end

describe 'mcollective_py::actionpolicy' do
  let(:title) { 'service' }
  let(:params) { { 'rules' => [{ 'action' => 'allow', 'callers' => ['cert=a', 'cert=b'], 'classes' => 'role::web' }] } }

  on_each_system do |_system|
    it { is_expected.to compile.with_all_deps }

    it {
      is_expected.to contain_concat__fragment('mcollective_py::actionpolicy service')
        .with_content("# Managed by Puppet: mcollective_py::actionpolicy\npolicy default deny\nallow\tcert=a cert=b\t*\t*\trole::web\n")
    }
  end
end

describe 'mcollective_py::actionpolicy::rule' do
  let(:title) { 'web' }
  let(:params) { { 'agent' => 'service', 'callers' => 'cert=a', 'actions' => 'status', 'inputs' => 'service=nginx', 'order' => 30 } }
  let(:pre_condition) { "mcollective_py::actionpolicy { 'service': }" }

  on_each_system do |_system|
    it { is_expected.to compile.with_all_deps }

    it {
      is_expected.to contain_concat__fragment('mcollective_py::actionpolicy::rule web')
        .with('target' => '/etc/mcollective/policies/service.policy', 'order' => '30', 'content' => "allow\tcert=a\tstatus\t*\t*\tservice=nginx\n")
    }
  end
end

describe 'mcollective_py::plugin' do
  let(:title) { 'backup' }
  let(:params) { { 'source' => 'puppet:///modules/profile/backup', 'config' => { 'keep' => 7 } } }

  on_each_system do |_system|
    it { is_expected.to compile.with_all_deps }
    it { is_expected.to contain_file('/etc/mcollective/site/agents/backup').with_force(true) }
    it { is_expected.to contain_file('/etc/mcollective/plugin.d/backup.cfg').with_content(%r{^keep = 7$}) }
  end
end
