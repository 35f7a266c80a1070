from mcollective_py.client.gathered import Gathered
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.plugins.ddlfiles import agent_ddl


def service(fleet, *names):
    for name in names:
        fleet.node(name)
    return RPCClient(fleet.client(), "rpcutil", agent_ddl("rpcutil", []))


def test_calls_with_other_inputs_for_other_hosts_give_one_list_of_results_and_one_set_of_numbers(fleet):
    rpc = service(fleet, "web1", "web2", "web3")
    gathered = Gathered([rpc.custom_request("ping", {}, ["web1", "web3"]), rpc.custom_request("agent_inventory", {}, ["web2"])])
    assert sorted(result.sender for result in gathered) == ["web1", "web2", "web3"]
    assert (sorted(gathered.ok), gathered.failed) == (["web1", "web2", "web3"], [])
    stats = gathered.stats
    assert (stats.discovered, stats.responses, stats.ok, stats.no_response) == (("web1", "web3", "web2"), 3, 3, ())


def test_what_was_taken_out_before_is_shown_first(fleet):
    rpc = service(fleet, "web1")
    call = rpc.custom_request("ping", {}, ["web1", "nobody"])
    came = [next(call)]
    gathered = Gathered([call], came)
    assert [result.sender for result in gathered] == ["web1"]
    assert gathered.stats.no_response == ("nobody",)


def test_closing_ends_the_wait_for_all_of_them(fleet):
    rpc = service(fleet, "web1")
    gathered = Gathered([rpc.custom_request("ping", {}, ["nobody"]), rpc.custom_request("ping", {}, ["noone"])])
    gathered.close()
    assert list(gathered) == []
    assert gathered.stats.no_response == ("nobody", "noone")
