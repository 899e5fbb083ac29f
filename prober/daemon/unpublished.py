"""What is kept from everything that is public, and so from readers who get mails. Pure.

That is what an API has hidden, and who of us has acknowledged what.
"""

from collections.abc import Container

from prober.config import Config
from prober.core.model import Notice, NoticeReason
from prober.notifiers import Parcel

Hidden = Container[tuple[str, str]]


def hidden(config: Config) -> Hidden:
    """The components and events that are: by table and id, see Config.made."""
    made = config.made.items()
    return {key for key, one in made if one.content.get("hidden") or one.content.get("hidden_db")}


def public(parcel: Parcel, unseen: Hidden) -> Parcel | None:
    """What of a notice is for everybody; None = nothing."""
    notice = _public(parcel.notice, unseen)
    components = {id_: one for id_, one in parcel.components.items() if ("components", id_) not in unseen}
    return None if notice is None else parcel._replace(notice=notice, components=components)


def _public(notice: Notice, unseen: Hidden) -> Notice | None:
    incident, work = notice.incident, notice.maintenance
    num = incident.num if incident else work.num if work else None
    if notice.reason is NoticeReason.ACKNOWLEDGED:
        return None
    if ("events", f"{num}") in unseen or (notice.change and ("components", notice.change.component) in unseen):
        return None
    if incident is not None:
        affected = tuple(one for one in incident.affected if ("components", one.component) not in unseen)
        told = incident._replace(affected=affected, acknowledged_by="", acknowledged_until_ms=None)
        return notice._replace(incident=told)
    if work is not None:
        components = tuple(id_ for id_ in work.components if ("components", id_) not in unseen)
        missed = tuple(one for one in work.hidden if ("components", one.component) not in unseen)
        return notice._replace(maintenance=work._replace(components=components, hidden=missed))
    digest = tuple(one for one in (_public(one, unseen) for one in notice.digest) if one is not None)
    return notice._replace(digest=digest) if digest or not notice.digest else None
