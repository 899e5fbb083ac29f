from tests.notifiers.parcels import PARCELS


def test_a_component_is_named_and_by_its_id_if_it_is_gone() -> None:
    one = PARCELS["component"]
    assert (one.name_of("shop"), one.name_of("gone")) == ("Shop", "gone")
