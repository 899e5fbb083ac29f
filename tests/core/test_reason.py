"""The failure taxonomy: every reason has an owner and public words."""

from prober.core.reason import WORDS, FailureClass, Owner, Reason


def test_every_reason_has_public_words() -> None:
    assert set(WORDS) == set(Reason)


def test_our_own_trouble_and_configuration_mistakes_are_never_the_targets() -> None:
    for reason in Reason:
        expected = {"self": Owner.SELF, "config": Owner.CONFIG}.get(reason.split("_")[0], Owner.TARGET)
        assert reason.owner is expected


def test_each_class_of_failures_has_reasons() -> None:
    found = {reason: reason.failure_class for reason in Reason if reason.owner is Owner.TARGET}
    assert set(found.values()) == set(FailureClass)
    assert [reason for reason, kind in found.items() if kind is FailureClass.JOB] == [
        Reason.COMMAND_FAILED,
        Reason.COMMAND_TIMEOUT,
        Reason.HEARTBEAT_MISSED,
        Reason.HEARTBEAT_FAILED,
        Reason.HEARTBEAT_LATE,
    ]
    assert {Reason.HTTP_TIMEOUT.failure_class, Reason.HTTP_STATUS.failure_class} == {
        FailureClass.PROTOCOL,
        FailureClass.STATUS,
    }
