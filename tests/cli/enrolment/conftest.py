import pytest

from mcollective_py.cli.enrolment.folder import OwnFolder, make_request_files
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.certificaterequest import read_request

NOW = 1_800_000_000.0


class Enrolling:
    """A CA and a folder that asks it for certificates."""

    def __init__(self, tmp_path):
        self.authority = CertificateAuthority.create(tmp_path / "ca", "Test CA", clock=lambda: NOW)
        self.folder = OwnFolder(tmp_path / "ssl")

    def signed(self, name="web1", role="node", **options):
        """What the CA hands back for a request of the folder: certificate, CA, CRL."""
        make_request_files(self.folder, name, "p256", [], {})
        self.authority.sign(read_request(self.folder.request(name).read_bytes()), role, **options)
        return [path.read_bytes() for path in (self.authority.certificate_file(name), self.ca, self.crl)]

    @property
    def ca(self):
        return self.authority.folder / "ca.pem"

    @property
    def crl(self):
        return self.authority.folder / "crl.pem"


@pytest.fixture
def enrolling(tmp_path):
    return Enrolling(tmp_path)
