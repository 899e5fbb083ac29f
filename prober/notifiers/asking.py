"""The words with which the owner of a mailbox is asked, in the languages that a page may have."""

from collections.abc import Mapping
from typing import NamedTuple


class Asking(NamedTuple):
    """subject; said: paragraphs. page stands for the name of a page, url for where to say yes."""

    subject: str
    said: tuple[str, ...]


ASKINGS: Mapping[str, Asking] = {
    "en": Asking(
        "Confirm: mails of {page}",
        (
            "Somebody, you we hope, wants the mails of {page} to be sent to this address.",
            "To get them, open this within a day: {url}",
            "If it was not you, do nothing: then you get none of them.",
        ),
    ),
    "de": Asking(
        "Bitte bestätigen: E-Mails von {page}",
        (
            "Jemand, hoffentlich Sie, möchte die E-Mails von {page} an diese Adresse bekommen.",
            "Wenn Sie sie möchten, öffnen Sie binnen eines Tages: {url}",
            "Wenn Sie es nicht waren, tun Sie nichts: Dann bekommen Sie keine davon.",
        ),
    ),
    "fr": Asking(
        "À confirmer : e-mails de {page}",
        (
            "Quelqu’un, sans doute vous, souhaite que les e-mails de {page} soient envoyés à cette adresse.",
            "Pour les recevoir, ouvrez ce lien dans la journée : {url}",
            "Si ce n’était pas vous, ne faites rien : vous n’en recevrez aucun.",
        ),
    ),
    "es": Asking(
        "Por confirmar: correos de {page}",
        (
            "Alguien, esperamos que usted, quiere que los correos de {page} se envíen a esta dirección.",
            "Para recibirlos, abra este enlace en el plazo de un día: {url}",
            "Si no fue usted, no haga nada: no recibirá ninguno.",
        ),
    ),
    "uk": Asking(
        "Підтвердьте: листи від {page}",
        (
            "Хтось, сподіваємося, ви, хоче, щоб листи від {page} надсилалися на цю адресу.",
            "Щоб отримувати їх, відкрийте це посилання протягом доби: {url}",
            "Якщо це були не ви, нічого не робіть: тоді ви не отримаєте жодного.",
        ),
    ),
}


def asking(language: str, page: str, url: str) -> Asking:
    """What is said for that page."""
    found = ASKINGS[language]
    return Asking(found.subject.format(page=page), tuple(line.format(page=page, url=url) for line in found.said))
