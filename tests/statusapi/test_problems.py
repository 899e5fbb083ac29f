"""One type for everything that goes wrong with a request."""

from statusapi.problems import not_found, of_status


def test_what_the_framework_means_is_said_in_one_sentence() -> None:
    problem = of_status(405, {"Allow": "GET"})
    assert (problem.status, problem.code, problem.headers) == (405, "method", {"Allow": "GET"})
    assert str(problem) == "This method is not offered here."
    assert of_status(418).code == "request"


def test_what_is_missing_looks_like_any_404() -> None:
    assert (not_found().status, not_found().text) == (404, of_status(404).text)
