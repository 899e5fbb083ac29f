"""A certificate is judged by the time it has left."""

from prober.core.model import Outcome
from prober.core.reason import Reason
from prober.probes.boundary import Judgement


def expiring(expiry_s: float | int | str | bool | None, within_ms: int | None, now_ms: int) -> Judgement | None:
    """Degraded if the certificate expires within that time. None for either: not known, not asked for."""
    if within_ms is None or expiry_s is None:
        return None
    left_s = int(expiry_s) - now_ms // 1000
    if left_s * 1000 >= within_ms:
        return None
    return Judgement(Outcome.DEGRADED, Reason.CERT_EXPIRING, f"the certificate expires in {left_s / 86_400:.1f} days")
