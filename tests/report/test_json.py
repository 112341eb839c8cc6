from __future__ import annotations

import json as parser
import math
from dataclasses import replace

import pytest

from chaoskit.core.result import ExperimentResult, Judged
from chaoskit.core.verdict import FAIL, Limit, Unit, Verdict
from chaoskit.report import json


def test_a_run_has_what_a_machine_needs(single: ExperimentResult) -> None:
    """Id, arm, run, verdict, and every gate and check with measurement, bound and reason."""
    value = json.run_object(single, single.arms[0])
    assert {key: value[key] for key in ("id", "arm", "run", "verdict", "seed")} == {
        "id": "gslb.pool_death",
        "arm": "guarded",
        "run": "20260301-140307-gslb.pool_death-guarded",
        "verdict": "pass",
        "seed": 7,
    }
    recovered = value["checks"][0]
    assert recovered["name"] == "recovered"
    assert (recovered["verdict"], recovered["measured"], recovered["sense"], recovered["bound"]) == (
        "pass",
        5.91,
        "<=",
        8,
    )
    assert recovered["unit"] == "s"
    assert recovered["parts"] == "8 s = detection 4 s + ttl 2 s + margin 2 s"
    assert recovered["windows"] == {"failover": [5.0, 13.0]}
    assert [gate["name"] for gate in value["gates"]] == ["steady", "lag"]


def test_a_proof_has_all_arms_and_whether_it_holds(proved: ExperimentResult) -> None:
    """`proved`, a run object an arm, and the reasons of each proof."""
    value = json.prove_object(proved)
    assert value["proved"] is True
    assert [(arm["arm"], arm["verdict"]) for arm in value["arms"]] == [("guarded", "pass"), ("plain-dns", "fail")]
    assert value["proofs"][0]["reasons"] == ["recovered failed as it must: 13.1 s against <= 8 s"]


def test_the_file_holds_a_run_or_a_proof(single: ExperimentResult, proved: ExperimentResult) -> None:
    """One arm alone is a run object; several are a prove object."""
    assert "arm" in parser.loads(json.render(single))
    assert "arms" in parser.loads(json.render(proved))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_no_number_in_json_is_null(single: ExperimentResult, value: float) -> None:
    """The document parses everywhere, whatever was measured."""
    odd = Judged("odd", "odd", Verdict(FAIL, "never", value, Limit("<=", value), Unit.SECONDS))
    result = replace(single, arms=(replace(single.arms[0], checks=(odd,)),))
    check = parser.loads(json.render(result))["checks"][0]
    assert (check["measured"], check["bound"]) == (None, None)
