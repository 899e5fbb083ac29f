"""The failure taxonomy: every reason has an owner and public words."""

from prober.core.reason import WORDS, Owner, Reason


def test_every_reason_has_public_words() -> None:
    assert set(WORDS) == set(Reason)


def test_our_own_trouble_and_configuration_mistakes_are_never_the_targets() -> None:
    for reason in Reason:
        expected = {"self": Owner.SELF, "config": Owner.CONFIG}.get(reason.split("_")[0], Owner.TARGET)
        assert reason.owner is expected
