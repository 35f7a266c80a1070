import pytest

from mcollective_py.ddl.dataddl import builtin_data_ddls, check_query
from mcollective_py.ddl.model import DataDDL, Input, Metadata
from mcollective_py.errors import InvalidRPCData

STOCK = Metadata("stock", "", "", "", "", "", 1.0)


def test_every_host_has_four_data_plugins():
    ddls = builtin_data_ddls()
    assert sorted(ddls) == ["agent", "collective", "fact", "fstat"]
    assert list(ddls["fact"].outputs) == ["exists", "value", "value_encoding"]
    assert (ddls["fact"].needs_query, ddls["fact"].metadata.timeout) == (True, 1.0)


def test_a_query_that_may_be_asked_is_taken():
    fact = builtin_data_ddls()["fact"]
    check_query(fact, "os.family")
    check_query(DataDDL(STOCK, "", None), None)
    check_query(DataDDL(STOCK, "", Input("query", "", "", "string", optional=True)), None)
    check_query(DataDDL(STOCK, "", Input("query", "", "", "string", validation="nobody_knows")), "x")


@pytest.mark.parametrize(
    ("ddl", "query", "says"),
    [
        (builtin_data_ddls()["fact"], None, r"fact\(\) needs a query, as fact\('...'\)"),
        (builtin_data_ddls()["fact"], "x" * 1025, "the query of fact.. has 1025 characters, 1024 are allowed"),
        (DataDDL(STOCK, "", None), "x", "stock.. takes no query"),
        (DataDDL(STOCK, "", Input("query", "", "", "string", validation="^[a-z]+$")), "5", "must match"),
    ],
)
def test_a_query_that_may_not_be_asked_is_refused(ddl, query, says):
    with pytest.raises(InvalidRPCData, match=says):
        check_query(ddl, query)
