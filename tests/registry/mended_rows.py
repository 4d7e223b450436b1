"""What becomes of the rows in `predecessor_rows.sql` by 20261122090000, and what at head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .seeded_rows import seeded_id

if TYPE_CHECKING:
    from support.databases import Database

UNASSIGNED: Final = str(seeded_id("provider", "unassigned"))
SECRET_FIELD: Final = {"required": True, "sensitive": True, "description": ""}


def key(number: str) -> str:
    """The row with this number, whose first digit says of which table it is."""
    table = {"1": "providers", "2": "models", "3": "provider_templates", "4": "connections"}
    return f"{table[number[0]]} {number[0]}0000000-0000-4000-8000-0000000000{number[1:]:0>2}"


def capabilities(limit: int, **known: Any) -> dict[str, Any]:
    """The capabilities of a provider of which only these are known."""
    return {
        "supportsSystemMessages": False,
        "supportsStreaming": False,
        "supportsTools": False,
        "maxContextLength": limit,
        "supportedRoles": ["user", "assistant"],
        **known,
    }


#: What is mended, by row: the columns that change. None: gone, because another is its equal.
MENDED: Final[dict[str, dict[str, Any] | None]] = {
    key("11"): {
        "capabilities": {
            "supportsSystemMessages": True,
            "supportsStreaming": True,
            "supportsTools": True,
            "maxContextLength": 128000,
            "supportedRoles": ["system", "user"],
            "supportedAuthMethods": ["api_key"],
        }
    },
    key("12"): {
        "status": "active",
        "capabilities": capabilities(
            200000,
            supportsSystemMessages=True,
            supportsStreaming=True,
            supportedAuthMethods=["api_key"],
        ),
    },
    key("13"): {
        "api_endpoint": "https://bedrock-runtime.us-east-1.amazonaws.com",
        "auth_config": {
            "type": "aws_iam",
            "fields": {
                "accessKeyId": {"required": True},
                "secretAccessKey": SECRET_FIELD,
                "region": {"required": True, "default": "eu-west-1"},
            },
        },
    },
    key("15"): {
        "auth_config": {"type": "custom", "fields": {}},
        "capabilities": capabilities(64000, supportedAuthMethods=["custom"]),
    },
    key("16"): {
        "is_system": False,
        "created_at": "now",
        "updated_at": "now",
        "auth_config": {
            "type": "oauth2",
            "fields": {
                "clientId": {"required": True},
                "clientSecret": SECRET_FIELD,
                "tokenUrl": SECRET_FIELD,
            },
            "headers": {"x": "{{clientId}}"},
        },
        "capabilities": capabilities(4096, supportedAuthMethods=["oauth2"], rateLimits={"rpm": 60}),
    },
    key("21"): {"capabilities": {"maxContextLength": 8192}},
    key("22"): {
        "is_default": False,
        "capabilities": {"supportsTools": True, "maxContextLength": 128000},
    },
    key("23"): {"is_default": False},
    key("24"): {"status": "active", "capabilities": {"maxContextLength": 200000}},
    key("28"): {"is_default": False},
    key("2a"): {"provider_id": UNASSIGNED, "capabilities": {"maxContextLength": 8192}},
    key("2b"): {
        "provider_id": UNASSIGNED,
        "identifier": "llama-3-4",
        "is_default": False,
        "capabilities": {"maxContextLength": 8192},
    },
    key("2c"): {
        "provider_id": UNASSIGNED,
        "identifier": "llama-3-3",
        "capabilities": {"maxContextLength": 16384},
    },
    key("2d"): {
        "provider_id": UNASSIGNED,
        "updated_at": "now",
        "capabilities": {"maxContextLength": 8192},
    },
    key("2e"): {"provider_id": UNASSIGNED, "capabilities": {"maxContextLength": 8192}},
    key("2f"): {
        "provider_id": UNASSIGNED,
        "identifier": 98 * "m" + "-2",
        "capabilities": {"maxContextLength": 8192},
    },
    key("32"): None,
    key("33"): None,
    key("34"): {"is_system": False, "name": "OpenAI (3)"},
    key("35"): {"name": "OpenAI (4)"},
    key("37"): {"name": "Ours (2)"},
    key("39"): None,
    key("41"): {"provider_id": key("11").split()[1]},
    key("42"): {"provider_id": key("13").split()[1]},
    key("45"): {"provider_id": key("16").split()[1]},
}
#: What 20261122090100 changes in them after that.
REFRESHED: Final[dict[str, dict[str, Any]]] = {
    key("11"): {
        "capabilities": capabilities(
            1050000,
            supportsSystemMessages=True,
            supportsStreaming=True,
            supportsTools=True,
            supportedRoles=["system", "user"],
            supportedAuthMethods=["api_key"],
        )
    },
    key("12"): {
        "api_endpoint": "https://api.anthropic.com/v1",
        "capabilities": capabilities(
            1000000,
            supportsSystemMessages=True,
            supportsStreaming=True,
            supportedAuthMethods=["api_key"],
        ),
    },
    key("13"): {
        "capabilities": capabilities(
            1000000,
            supportsSystemMessages=True,
            supportsStreaming=True,
            supportedRoles=["user"],
            supportedAuthMethods=["aws_iam"],
        )
    },
    key("14"): {
        "capabilities": capabilities(
            1050000,
            supportsSystemMessages=True,
            supportsStreaming=True,
            supportsTools=True,
            supportedRoles=["user"],
            supportedAuthMethods=["api_key"],
        )
    },
    key("21"): {"status": "deprecated", "is_default": False},
    key("23"): {"status": "deprecated"},
    key("24"): {"status": "deprecated", "is_default": False},
    key("26"): {
        "name": "Amazon Nova Pro",
        "description": "Most capable Nova model of Amazon: text, images, video",
        "context_length": 300000,
        "capabilities": capabilities(
            300000,
            supportsSystemMessages=True,
            supportsStreaming=True,
            supportsTools=True,
            supportsFunctionCalling=True,
            supportsVision=True,
            supportedRoles=["system", "user", "assistant"],
        ),
        "pricing_info": {
            "currency": "USD",
            "billingUnit": "1K tokens",
            "lastUpdated": "2026-11-20",
            "inputTokenPrice": 0.0008,
            "outputTokenPrice": 0.0032,
        },
    },
}


def expected(database: Database, *, at_head: bool = False) -> dict[str, dict[str, Any] | None]:
    """What has changed since the predecessor left the database, by row."""
    now = database.value("SELECT to_jsonb(created_at) FROM providers WHERE identifier = 'gateway'")
    mended = {
        row: mend and {column: now if value == "now" else value for column, value in mend.items()}
        for row, mend in MENDED.items()
    }
    later = REFRESHED if at_head else {}
    return mended | {row: {**(mended.get(row) or {}), **change} for row, change in later.items()}
