"""TM-11 and TM-12: NIST's path validation suite (PKITS) through our path module, verdict as published.

The certificates, lists and published verdicts come with pyhanko-certvalidator's sources (see `tests/corpora.py`).
"""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.utils import CryptographyDeprecationWarning

from envelopes.faults import Refused
from signing.certificates import Bad, Good, Trust, Unknown, Verdict, crl_facts
from tests.corpora import vectors

AT = datetime(2026, 11, 24, tzinfo=UTC)
"""Every certificate of the suite that is not about dates is valid from 2010 to 2030."""

CASES = 246

AUTHORITY_AS_LEAF = {
    "40608 valid_pathlenconstraint_test8",
    "40614 valid_pathlenconstraint_test14",
    "40806 overlapping_policies_test6",
    "40806 overlapping_policies_test6_with_testpol1",
    "41413 valid_onlycontainscacerts_crl_test13",
}
"""Valid paths that end at an authority (CA:TRUE). For us an authority signs no documents (SECURITY 4)."""

DSA = {"40104 valid_dsa_signatures_test4", "40105 valid_dsa_parameter_inheritance_test5"}
"""Valid paths with DSA keys, which we do not take (SECURITY 1.3)."""

POLICY_INPUTS = {
    "40801 all_certs_same_policy_test1_with_constraint_mismatch",
    "40802 all_certificates_no_policies_test2_force_explicit",
    "40803 different_policies_test3_force_explicit",
    "40803 different_policies_test3_force_explicit_with_user_set",
    "40814 any_policy_test14_with_testpol2",
    "41001 valid_policy_mapping_test2_inhibit_mapping",
    "41001 valid_policy_mapping_test2_inhibit_mapping_testpol1",
    "41001 valid_policy_mapping_test2_with_testpol2",
    "41003 valid_policy_mapping_test3_with_testpol1",
    "41005 valid_policy_mapping_test5_with_testpol6",
    "41006 valid_policy_mapping_test6_with_testpol6",
    "41203 inhibit_any_policy_test3_initial_inhibit",
}
"""Invalid only for whoever demands certain certificate policies. We demand none: which policies the government's
authorities write is not known (SECURITY 9), so the initial policy set is any-policy. What a certificate on the path
itself demands is enforced."""

DELTA_LISTS = {
    "41502 valid_deltacrl_test2",
    "41505 valid_deltacrl_test5",
    "41507 valid_deltacrl_test7",
    "41508 valid_deltacrl_test8",
}
"""Valid with the help of delta lists, which nobody can add here: held, because the list in hand names a fresher one."""

NAMES_THAT_DO_NOT_CHAIN = {"40301 invalid_name_chaining_ee_test1", "40302 invalid_name_chaining_order_test2"}
"""Published for a path that is given; we look for one ourselves and find none."""

HELD_FOR_WANT_OF_A_LIST = {f"404{n:02}" for n in (1, 4, 5, 6, 8, 9, 10, 11, 12, 21)} | {
    *("40704", "40705"),  # the list's signer may not sign lists
    *(f"414{n:02}" for n in (3, 8, 9, 12, 14, 17, 26, 27, 35)),  # no list for this certificate, or not for all reasons
    *(f"415{n:02}" for n in (1, 3, 4, 6, 9, 10)),  # invalid by a delta list
}
"""Invalid because nothing says that the certificate is not revoked. Everywhere else that is a refusal; here the
document waits for a list (TM-12), and it never counts as signed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: what is published and what we say."""

    valid: bool
    error: str
    verdict: Verdict


def name_of(case: dict[str, Any]) -> str:
    return f"{case['id']} {case['name']}"


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """Every case of the suite, judged."""
    files = vectors("pyhanko-certvalidator", "tests/fixtures/nist_pkits")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # serial numbers that are negative on purpose
        return {
            name_of(case): Outcome("error" not in case, case.get("error", {}).get("msg_regex", ""), judged(case, files))
            for case in json.loads(files["pkits.json"])
        }


def judged(case: dict[str, Any], files: dict[str, bytes]) -> Verdict:
    root, leaf = (files[f"certs/{name}"] for name in ("TrustAnchorRootCertificate.crt", case["cert"]))
    links = [files[f"certs/{name}"] for name in case.get("other_certs", [])]
    lists = [files[f"crls/{name}"] for name in ("TrustAnchorRootCRL.crl", *case.get("crls", []))]
    try:
        return Trust(1, [root], [one for one in lists if is_taken(one)], links).judge(leaf, AT)
    except Refused as refused:  # a certificate of the path that cannot be read
        return Bad(refused.faults[0])


def is_taken(crl: bytes) -> bool:
    """Whether an operator could add the list."""
    try:
        crl_facts(crl)
    except Refused:
        return False
    return True


def names(outcomes: dict[str, Outcome], kind: type[Good | Bad | Unknown], *, valid: bool) -> set[str]:
    return {name for name, one in outcomes.items() if isinstance(one.verdict, kind) and one.valid is valid}


def test_tm_11_suite_is_whole(outcomes: dict[str, Outcome]) -> None:
    assert len(outcomes) == CASES


def test_tm_11_every_valid_path_is_good_but_for_our_own_policy(outcomes: dict[str, Outcome]) -> None:
    refused = names(outcomes, Bad, valid=True)
    assert refused == AUTHORITY_AS_LEAF | DSA
    codes = {name: one.verdict.fault.code for name, one in outcomes.items() if isinstance(one.verdict, Bad)}
    assert {codes[name] for name in AUTHORITY_AS_LEAF} == {"certificate.authority"}
    assert {codes[name] for name in DSA} == {"certificate.key_weak", "certificate.unreadable"}


def test_tm_11_no_invalid_path_is_good_but_for_policies_we_do_not_demand(outcomes: dict[str, Outcome]) -> None:
    assert names(outcomes, Good, valid=False) == POLICY_INPUTS


def test_tm_11_invalid_paths_are_refused_for_the_published_reason(outcomes: dict[str, Outcome]) -> None:
    """Dates, keys, extensions and authorities are refused by our own policy, before the path is looked at."""
    ours = {"expired", "not_yet_valid", "key_weak", "authority", "extension"}
    others = set()
    for name in names(outcomes, Bad, valid=False):
        fault = outcomes[name].verdict.fault  # type: ignore[union-attr]
        if not re.search(outcomes[name].error, fault.en) and fault.code.removeprefix("certificate.") not in ours:
            others.add(name)
    assert others == NAMES_THAT_DO_NOT_CHAIN


def test_tm_12_revoked_is_refused_as_revoked(outcomes: dict[str, Outcome]) -> None:
    revoked = {
        name
        for name, one in outcomes.items()
        if isinstance(one.verdict, Bad) and one.verdict.fault.code == "certificate.revoked"
    }
    published = {name for name, one in outcomes.items() if " revoked at" in one.error}
    assert revoked == {name for name in published if name[:5] not in HELD_FOR_WANT_OF_A_LIST}
    assert len(revoked) == 18


def test_tm_12_without_an_answer_it_is_held_and_nothing_else_is(outcomes: dict[str, Outcome]) -> None:
    assert names(outcomes, Unknown, valid=True) == DELTA_LISTS
    assert {name[:5] for name in names(outcomes, Unknown, valid=False)} == HELD_FOR_WANT_OF_A_LIST
