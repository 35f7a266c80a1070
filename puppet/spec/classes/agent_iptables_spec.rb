require_relative '../spec_helper'

describe 'mcollective_py::agent::iptables' do
  combinations = {
    'nothing' => {},
    'a list' => { 'operators' => ['192.0.2.0/24'], 'entries' => { '203.0.113.0/24' => { 'reason' => 'spam' } } },
    'an empty list' => { 'entries' => {}, 'setup' => false },
    'a file' => { 'list_source' => 'puppet:///modules/profile/iptables.list' },
    'a backend' => { 'backend' => 'ipset', 'chain' => 'blocked', 'target' => 'REJECT', 'settings' => { 'cut' => false } },
    'bounds' => { 'shortest_prefix' => 16, 'shortest_prefix6' => 32, 'max_entries' => 100, 'protected' => ['2001:db8::/32'] },
    'another place' => { 'confdir' => '/opt/mco', 'list_path' => '/srv/iptables.list', 'entries' => {} },
    'no systemd' => { 'reload_command' => 'service mcollectived reload', 'status_command' => 'service mcollectived status' },
  }

  on_each_system do |_system|
    combinations.each do |what, parameters|
      context "with #{what}" do
        let(:params) { parameters }

        it { is_expected.to compile.with_all_deps }
      end

      context "with #{what} beside the class mcollective_py" do
        let(:params) { parameters }
        let(:pre_condition) { 'include mcollective_py' }

        it { is_expected.to compile.with_all_deps }
      end
    end

    context 'with a list' do
      let(:params) { combinations['a list'] }
      let(:confdir) { '/etc/mcollective' }

      it { is_expected.to contain_file("#{confdir}/iptables.list").that_comes_before("File[#{confdir}/plugin.d/iptables.cfg]") }
      it { is_expected.to contain_file("#{confdir}/iptables.list").that_notifies('Exec[mcollective_py::agent::iptables reload]') }
      it { is_expected.to contain_file("#{confdir}/plugin.d/iptables.cfg").with_content(%r{^operators *= *192\.0\.2\.0/24$}) }
      it { is_expected.to contain_exec('mcollective_py::agent::iptables setup') }
    end
  end
end
