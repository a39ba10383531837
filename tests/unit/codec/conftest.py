"""What the codec tests share: both sets of message classes, made once."""

from __future__ import annotations

import pytest
from codec_oracle import Pair, all_types_pairs, contract_pairs


@pytest.fixture(scope="session")
def contract() -> dict[str, Pair]:
    return {pair.name: pair for pair in contract_pairs()}


@pytest.fixture(scope="session")
def all_types(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pair]:
    return {pair.name: pair for pair in all_types_pairs(tmp_path_factory.mktemp("all_types"))}


@pytest.fixture(scope="session")
def every(contract: dict[str, Pair], all_types: dict[str, Pair]) -> list[Pair]:
    return [*contract.values(), *all_types.values()]
