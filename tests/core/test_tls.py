import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.tls import Tls


def test_an_authority_that_nobody_asks_is_refused() -> None:
    """To trust an authority and to verify nothing contradict each other."""
    assert Tls(ca="ca.pem").verify
    with pytest.raises(UsageError, match=r"ca='ca.pem' and verify=False"):
        Tls(ca="ca.pem", verify=False)
