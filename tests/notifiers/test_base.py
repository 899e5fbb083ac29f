import pytest

from prober.notifiers import kind
from prober.options import ChannelOptions
from tests.notifiers.parcels import PARCELS


def test_a_component_is_named_and_by_its_id_if_it_is_gone() -> None:
    one = PARCELS["component"]
    assert (one.name_of("shop"), one.name_of("gone")) == ("Shop", "gone")


def test_a_kind_refuses_the_options_of_another() -> None:
    with pytest.raises(TypeError, match="expected WebhookOptions, found ChannelOptions"):
        kind("webhook").build(ChannelOptions(kind="other"))
