"""How a host or an operator comes by a certificate: `mco enrol`."""
