import dns.message
import pytest

from chaoskit.core.errors import UsageError
from chaoskit.core.units import NS
from chaoskit.loads.question import DnsQuery, query


@pytest.mark.parametrize(
    ("url", "asked", "title"),
    [
        ("dns://198.18.0.53/a.example", DnsQuery("198.18.0.53", 53, "a.example"), "dns://198.18.0.53/a.example?type=A"),
        (
            "dns://[::1]:5353/a.example?type=aaaa&tcp=1",
            DnsQuery("::1", 5353, "a.example", "AAAA", tcp=True),
            "dns://[::1]:5353/a.example?type=AAAA&tcp=1",
        ),
        (
            "dns://ns.example/{n}.a.example?CLASS=IN;TYPE=TXT",  # RFC 4501 separates by semicolons
            DnsQuery("ns.example", 53, "{n}.a.example", "TXT"),
            "dns://ns.example/{n}.a.example?type=TXT",
        ),
    ],
)
def test_a_url_names_server_name_and_type(url: str, asked: DnsQuery, title: str) -> None:
    """As RFC 4501 writes them; the title asks for the same."""
    assert query(url) == asked
    assert asked.title == title
    assert query(title) == asked
    assert asked.op == asked.record


@pytest.mark.parametrize(
    "url",
    [
        "dns:///a.example",
        "dns://198.18.0.53",
        "dns://198.18.0.53/",
        "dns://198.18.0.53:0/a",
        "dns://198.18.0.53:x/a",
        "http://198.18.0.53/a",
        "dns://198.18.0.53/a?type=NONE",
        "dns://198.18.0.53/a?tcp=yes",
        "dns://198.18.0.53/a?class=CH",
        "dns://198.18.0.53/a..b",
        f"dns://198.18.0.53/{'x' * 64}",
    ],
)
def test_what_is_no_question_is_refused(url: str) -> None:
    """No server, no name, no such type, an option that nobody knows: said when the request is written."""
    with pytest.raises(UsageError):
        query(url)


def test_codes_of_a_success() -> None:
    """They have the names that dig(1) shows; a bound on time goes with them."""
    asked = query("dns://198.18.0.53/a", ok="NXDOMAIN", within="20ms")
    assert (asked.ok, asked.within) == (("NXDOMAIN",), NS // 50)
    with pytest.raises(UsageError, match="'nxdomain' is no response code"):
        query("dns://198.18.0.53/a", ok=["NOERROR", "nxdomain"])


def test_a_number_makes_names_differ() -> None:
    """Another implementation reads what is asked."""
    asked = query("dns://198.18.0.53/{n}.a.example?type=MX")
    message = dns.message.from_wire(asked.message(7, 42))
    assert message.id == 7
    assert message.question[0].to_text() == "42.a.example. IN MX"
