"""What the seed has to make of the facts in `tests/data/catalogue.json`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def provider(catalogue: dict[str, Any], identifier: str) -> dict[str, Any]:
    """Give the facts about one provider."""
    found: dict[str, Any]
    (found,) = (one for one in catalogue["providers"] if one["identifier"] == identifier)
    return found


def model_capabilities(facts: dict[str, Any], of_provider: dict[str, Any]) -> dict[str, Any]:
    """Build a model's capabilities from the facts."""
    no_role = set() if facts["system_messages"] else {"system", "developer"}
    roles = of_provider["capabilities"]["supportedRoles"]
    return {
        "supportsSystemMessages": facts["system_messages"],
        "supportsStreaming": facts["streaming"],
        "supportsTools": facts["tools"],
        "supportsFunctionCalling": facts["tools"],
        "supportsVision": facts["vision"],
        "maxContextLength": facts["context_length"],
        "supportedRoles": [role for role in roles if role not in no_role],
    }


def prices(facts: dict[str, Any], date: str) -> dict[str, str]:
    """Build pricing_info from the facts, its values as text."""
    return {
        "inputTokenPrice": per_thousand(facts["input_usd_per_1m"]),
        "outputTokenPrice": per_thousand(facts["output_usd_per_1m"]),
        "currency": "USD",
        "billingUnit": "1K tokens",
        "lastUpdated": date,
    }


def per_thousand(usd_per_million: float) -> str:
    """Write a price per 1,000 tokens as an exact number."""
    return format((Decimal(str(usd_per_million)) / 1000).normalize(), "f")
