"""One probe of a kind, as the daemon would make it."""

from prober.clock import Clock
from prober.core.model import Due, Observation
from prober.core.reason import Reason
from prober.options import CheckOptions
from prober.probes import kind

DUE = Due("shop", 1_700_000_000_000)


def options(name: str, **keys: object) -> CheckOptions:
    return kind(name).options.model_validate({"component": "shop", "kind": name, **keys})


async def probed(name: str, **keys: object) -> Observation:
    """Anew while a busy machine has stood still in it, which is told."""
    probe = kind(name).build(options(name, **keys), Clock())
    for _ in range(3):
        seen = await probe.probe(DUE)
        if seen.reason is not Reason.SELF_STALL or not seen.stalled_us:
            break
    return seen


def mistakes(name: str, **keys: object) -> list[str]:
    """What is wrong with these keys: what was expected, for each mistake."""
    from pydantic import ValidationError

    try:
        options(name, **keys)
    except ValidationError as error:
        return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return []
