"""Why a probe did not answer "up": a closed list, and who owns each kind of trouble.

A failure has an owner. Only the target's failures count against the target; our own trouble
and mistakes of the configuration make the observation *unknown*, which moves no verdict.
"""

from collections.abc import Mapping
from enum import StrEnum


class Owner(StrEnum):
    """Whose trouble a failure is."""

    TARGET = "target"
    SELF = "self"
    CONFIG = "config"


class FailureClass(StrEnum):
    """In which part of a probe the target failed: a short list that stays closed, for what counts failures."""

    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    PROTOCOL = "protocol"
    STATUS = "status"
    EXPECT = "expect"
    JOB = "job"


class Reason(StrEnum):
    """The failure taxonomy. The words are public: they appear in JSON, metrics and messages."""

    DNS_NXDOMAIN = "dns_nxdomain"
    DNS_SERVFAIL = "dns_servfail"
    DNS_TIMEOUT = "dns_timeout"
    DNS_NO_ADDRESS = "dns_no_address"
    DNS_RCODE = "dns_rcode"
    DNS_MALFORMED = "dns_malformed"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_TIMEOUT = "connect_timeout"
    CONNECT_RESET = "connect_reset"
    UNREACHABLE = "unreachable"
    ADDRESS_FORBIDDEN = "address_forbidden"
    TLS_TIMEOUT = "tls_timeout"
    TLS_HANDSHAKE = "tls_handshake"
    TLS_EXPIRED = "tls_expired"
    TLS_NOT_YET_VALID = "tls_not_yet_valid"
    TLS_NAME = "tls_name"
    TLS_UNTRUSTED = "tls_untrusted"
    STARTTLS_REFUSED = "starttls_refused"
    ICMP_TIMEOUT = "icmp_timeout"
    ICMP_LOSS = "icmp_loss"
    HTTP_MALFORMED = "http_malformed"
    HTTP_TRUNCATED = "http_truncated"
    HTTP_TIMEOUT = "http_timeout"
    HTTP_STATUS = "http_status"
    HTTP_TOO_LARGE = "http_too_large"
    HTTP_TOO_MANY_REDIRECTS = "http_too_many_redirects"
    REDIRECT_REFUSED = "redirect_refused"
    DECODE_FAILED = "decode_failed"
    EXPECT_HEADER = "expect_header"
    EXPECT_BODY = "expect_body"
    EXPECT_JSON = "expect_json"
    EXPECT_ANSWER = "expect_answer"
    EXPECT_TIME = "expect_time"
    EXPECT_VERSION = "expect_version"
    EXPECT_ADDRESS = "expect_address"
    EXPECT_ANY = "expect_any"
    EXPECT_MESSAGE = "expect_message"
    EXPECT_OUTPUT = "expect_output"
    CERT_EXPIRING = "cert_expiring"
    WEBSOCKET_MALFORMED = "websocket_malformed"
    WEBSOCKET_CLOSED = "websocket_closed"
    GRPC_MALFORMED = "grpc_malformed"
    GRPC_STATUS = "grpc_status"
    GRPC_NOT_SERVING = "grpc_not_serving"
    COMMAND_FAILED = "command_failed"
    COMMAND_TIMEOUT = "command_timeout"
    HEARTBEAT_MISSED = "heartbeat_missed"
    HEARTBEAT_FAILED = "heartbeat_failed"
    HEARTBEAT_LATE = "heartbeat_late"
    SELF_DNS = "self_dns"
    SELF_DESCRIPTORS = "self_descriptors"
    SELF_UPLINK = "self_uplink"
    SELF_PERMISSION = "self_permission"
    SELF_STALL = "self_stall"
    SELF_CLOCK = "self_clock"
    SELF_OVERLOAD = "self_overload"
    SELF_STORE = "self_store"
    SELF_CONFIG = "self_config"
    SELF_ALERTS = "self_alerts"
    SELF_PROXY = "self_proxy"
    SELF_TOKEN = "self_token"
    SELF_AWAY = "self_away"
    SELF_INTERNAL = "self_internal"
    CONFIG_TOKEN = "config_token"
    CONFIG_UNHEARD = "config_unheard"
    CONFIG_UNKNOWN = "config_unknown"
    CONFIG_INVALID = "config_invalid"

    @property
    def owner(self) -> Owner:
        """Told by the word's first part, so that a new reason can't be left without an owner."""
        return _OWNER_BY_PREFIX.get(self._prefix, Owner.TARGET)

    @property
    def failure_class(self) -> FailureClass:
        """Of a target's failure; told by the word's first part, if it is not one of a few."""
        return _STATUS.get(self) or _CLASS_BY_PREFIX.get(self._prefix, FailureClass.PROTOCOL)

    @property
    def _prefix(self) -> str:
        return self.value.partition("_")[0]


_OWNER_BY_PREFIX = {"self": Owner.SELF, "config": Owner.CONFIG}
_STATUS = dict.fromkeys((Reason.HTTP_STATUS, Reason.GRPC_STATUS, Reason.GRPC_NOT_SERVING), FailureClass.STATUS)
_CLASS_BY_PREFIX = {
    "dns": FailureClass.DNS,
    "connect": FailureClass.CONNECT,
    "unreachable": FailureClass.CONNECT,
    "address": FailureClass.CONNECT,
    "icmp": FailureClass.CONNECT,
    "tls": FailureClass.TLS,
    "starttls": FailureClass.TLS,
    "cert": FailureClass.TLS,
    "expect": FailureClass.EXPECT,
    "command": FailureClass.JOB,
    "heartbeat": FailureClass.JOB,
}

# What readers of a public page are told: the kind of trouble, and nothing of the inside.
WORDS: Mapping[Reason, str] = {
    Reason.DNS_NXDOMAIN: "its name does not exist",
    Reason.DNS_SERVFAIL: "its name servers fail",
    Reason.DNS_TIMEOUT: "its name servers do not answer",
    Reason.DNS_NO_ADDRESS: "its name has no address",
    Reason.DNS_RCODE: "its name servers answer with errors",
    Reason.DNS_MALFORMED: "its name servers' answers are malformed",
    Reason.CONNECT_REFUSED: "connections are refused",
    Reason.CONNECT_TIMEOUT: "connections time out",
    Reason.CONNECT_RESET: "connections are reset",
    Reason.UNREACHABLE: "it cannot be reached",
    Reason.ADDRESS_FORBIDDEN: "its name leads to where it should not",
    Reason.TLS_TIMEOUT: "the secure connection times out",
    Reason.TLS_HANDSHAKE: "the secure connection fails",
    Reason.TLS_EXPIRED: "its certificate has expired",
    Reason.TLS_NOT_YET_VALID: "its certificate is not valid yet",
    Reason.TLS_NAME: "its certificate is for another name",
    Reason.TLS_UNTRUSTED: "its certificate is not trusted",
    Reason.STARTTLS_REFUSED: "it does not begin a secure connection",
    Reason.ICMP_TIMEOUT: "it does not answer",
    Reason.ICMP_LOSS: "some of what is sent to it is lost",
    Reason.HTTP_MALFORMED: "its answers are malformed",
    Reason.HTTP_TRUNCATED: "its answers break off",
    Reason.HTTP_TIMEOUT: "requests time out",
    Reason.HTTP_STATUS: "it answers with errors",
    Reason.HTTP_TOO_LARGE: "its answers are too large",
    Reason.HTTP_TOO_MANY_REDIRECTS: "it redirects without end",
    Reason.REDIRECT_REFUSED: "it redirects to where it should not",
    Reason.DECODE_FAILED: "its answers cannot be decoded",
    Reason.EXPECT_HEADER: "it does not answer as expected",
    Reason.EXPECT_BODY: "it does not answer as expected",
    Reason.EXPECT_JSON: "it does not answer as expected",
    Reason.EXPECT_ANSWER: "its name servers do not answer as expected",
    Reason.EXPECT_TIME: "it answers slowly",
    Reason.CERT_EXPIRING: "its certificate is about to expire",
    Reason.EXPECT_VERSION: "it does not answer as expected",
    Reason.EXPECT_ADDRESS: "its name leads to where it should not",
    Reason.EXPECT_ANY: "it does not answer as expected",
    Reason.EXPECT_MESSAGE: "it does not answer as expected",
    Reason.EXPECT_OUTPUT: "it does not answer as expected",
    Reason.WEBSOCKET_MALFORMED: "its answers are malformed",
    Reason.WEBSOCKET_CLOSED: "it closes connections",
    Reason.GRPC_MALFORMED: "its answers are malformed",
    Reason.GRPC_STATUS: "it answers with errors",
    Reason.GRPC_NOT_SERVING: "it says that it is not serving",
    Reason.COMMAND_FAILED: "it fails",
    Reason.COMMAND_TIMEOUT: "it takes too long",
    Reason.HEARTBEAT_MISSED: "it has not reported in time",
    Reason.HEARTBEAT_FAILED: "it reports a failure",
    Reason.HEARTBEAT_LATE: "its report is late",
    Reason.SELF_DNS: "we cannot look up names",
    Reason.SELF_DESCRIPTORS: "we have run out of file descriptors",
    Reason.SELF_UPLINK: "we have lost the network",
    Reason.SELF_PERMISSION: "we lack a permission",
    Reason.SELF_STALL: "we were too busy to watch",
    Reason.SELF_CLOCK: "our clock was set anew",
    Reason.SELF_OVERLOAD: "we have more to watch than we can",
    Reason.SELF_STORE: "we cannot write down what we see",
    Reason.SELF_CONFIG: "our new configuration was refused",
    Reason.SELF_ALERTS: "not everybody would be told of trouble",
    Reason.SELF_PROXY: "our proxy fails",
    Reason.SELF_TOKEN: "we cannot get a token",
    Reason.SELF_AWAY: "we were not there to hear it",
    Reason.SELF_INTERNAL: "we have a fault of our own",
    Reason.CONFIG_TOKEN: "the check is misconfigured",
    Reason.CONFIG_UNHEARD: "it has not reported yet",
    Reason.CONFIG_UNKNOWN: "the check does not know",
    Reason.CONFIG_INVALID: "the check is misconfigured",
}
