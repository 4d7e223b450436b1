-- The system providers' models as of 2026-11-20: new ones are inserted, known ones brought up to date, those that
-- were shut down by then deprecated, and defaults, limits and the seeded templates follow.
--
-- The facts are in tests/data/catalogue.json, each confirmed by the vendor or by two sources; so are the notes where
-- sources differ. The endpoints are those that 20250210120001 seeds; an earlier installation may have others.
--
-- What operators made or changed stays: a row whose updated_at differs from its created_at was edited and keeps
-- what it has, and so does a model of an operator's that has the identifier of a new one, and a default that he
-- chose. Only the limit of an edited provider rises, where a new model needs it. Nothing here changes an
-- updated_at, so that rows that nobody edited can still be told from others.

-- UP
-- The ids of the rows that migrations insert: see 20250210120001.
CREATE FUNCTION pg_temp.seeded_id(name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT overlay(overlay(left(digest, 32) PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid
    FROM encode(sha256(('promptlib/' || name)::bytea), 'hex') AS digest
$$;

-- No migration's change is an edit: the triggers that set updated_at rest meanwhile. The tables are locked against
-- other writers until the end of the transaction, so theirs are not missed. A pending check of a deferred
-- constraint would keep the triggers from resting.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE providers DISABLE TRIGGER update_providers_updated_at;
ALTER TABLE models DISABLE TRIGGER update_models_updated_at;
ALTER TABLE provider_templates DISABLE TRIGGER update_provider_templates_updated_at;

-- The system providers as they stand here. An earlier installation gave them ids of its own; where none has the
-- id that 20250210120001 gives, they are known by name. An operator's provider of that name is left alone.
CREATE TEMP TABLE system_provider AS
WITH known AS (
    SELECT pg_temp.seeded_id('provider/' || provider) AS seeded_id, listed.*
    FROM (VALUES
        ('openai',            'https://api.openai.com/v1',                       1050000, ARRAY['system', 'developer', 'user', 'assistant', 'tool']),
        ('anthropic',         'https://api.anthropic.com/v1',                    1000000, ARRAY['user', 'assistant']),
        ('bedrock',           'https://bedrock-runtime.us-east-1.amazonaws.com', 1000000, ARRAY['system', 'user', 'assistant']),
        ('microsoft-copilot', 'https://YOUR-RESOURCE.openai.azure.com',          1050000, ARRAY['system', 'developer', 'user', 'assistant', 'tool'])
    ) AS listed (provider, api_endpoint, max_context_length, supported_roles)
)
SELECT
    providers.id,
    provider,
    known.api_endpoint,
    max_context_length,
    supported_roles,
    created_at,
    providers.id = seeded_id AS is_seeded,
    updated_at <> created_at AS is_edited
FROM known JOIN providers ON is_system AND (
    providers.id = seeded_id
    OR (identifier = provider AND created_by IS NULL
        AND NOT EXISTS (SELECT FROM providers WHERE id IN (SELECT seeded_id FROM known)))
);

-- Prices in this list are USD per 1,000,000 tokens, as the vendors quote them.
CREATE TEMP TABLE offered_model AS
WITH model (
    provider, identifier, name, context_length, input_price, output_price,
    vision, tools, streaming, system_messages, status, is_default, description
) AS (VALUES
    ('openai', 'gpt-6.1-sol',   'GPT-6.1 Sol',   1050000,     2,   10, true,  true,  true,  true,  'active',     true,
        'Takes text and images'),
    ('openai', 'gpt-6.1-terra', 'GPT-6.1 Terra', 1050000,     1,    5, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('openai', 'gpt-6-astra',   'GPT-6 Astra',   1050000,    10,   50, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('openai', 'gpt-6-luna',    'GPT-6 Luna',    1050000,   0.1,  0.5, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('openai', 'gpt-5.5',       'GPT-5.5',       1050000,     5,   30, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('openai', 'gpt-5',         'GPT-5',          400000,  1.25,   10, true,  true,  true,  true,  'deprecated', false,
        'Deprecated; shuts down 2026-12-11'),
    ('openai', 'gpt-4.1',       'GPT-4.1',       1047576,     2,    8, true,  true,  true,  true,  'deprecated', false,
        'Deprecated; shuts down 2027-01-14'),

    ('anthropic', 'claude-opus-5-5',   'Claude Opus 5.5',   1000000,     4,   20, true,  true,  true,  true,  'active',     true,
        'The model that Anthropic suggests to start with; thinking is always on'),
    ('anthropic', 'claude-fable-5-2',  'Claude Fable 5.2',  1000000,     8,   40, true,  true,  true,  true,  'active',     false,
        'Released 2026-11-09; takes images; does not accept a forced tool choice'),
    ('anthropic', 'claude-sonnet-5-5', 'Claude Sonnet 5.5', 1000000,     2,   10, true,  true,  true,  true,  'active',     false,
        'Takes images; does not accept a forced tool choice'),
    ('anthropic', 'claude-haiku-5-5',  'Claude Haiku 5.5',  1000000,   0.1,  0.5, true,  true,  true,  true,  'active',     false,
        'Takes images; price of prompts up to 100,000 tokens, longer ones cost five times as much'),
    ('anthropic', 'claude-opus-5',     'Claude Opus 5',     1000000,     5,   25, true,  true,  true,  true,  'active',     false,
        'Earlier line, still served; takes images'),
    ('anthropic', 'claude-sonnet-5',   'Claude Sonnet 5',   1000000,     2,   10, true,  true,  true,  true,  'active',     false,
        'Earlier line, still served; takes images'),

    ('bedrock', 'anthropic.claude-sonnet-5-5',              'Claude Sonnet 5.5',    1000000,     2,   10, true,  true,  true,  true,  'active',     true,
        'Takes images; usually called through a us., eu. or global. profile; regional profiles cost about 10% more'),
    ('bedrock', 'anthropic.claude-fable-5-2',               'Claude Fable 5.2',     1000000,     8,   40, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('bedrock', 'anthropic.claude-haiku-5-5',               'Claude Haiku 5.5',     1000000,   0.1,  0.5, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('bedrock', 'anthropic.claude-haiku-4-5-20251001-v1:0', 'Claude Haiku 4.5',      200000,     1,    5, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('bedrock', 'amazon.nova-2-lite-v1:0',                  'Amazon Nova 2 Lite',   1000000,   0.3,  2.5, true,  true,  true,  true,  'active',     false,
        'Takes images; price of the global profile'),
    ('bedrock', 'amazon.nova-pro-v1:0',                     'Amazon Nova Pro',       300000,   0.8,  3.2, true,  true,  true,  true,  'active',     false,
        'Most capable Nova model of Amazon: text, images, video'),
    ('bedrock', 'amazon.nova-micro-v1:0',                   'Amazon Nova Micro',     128000, 0.035, 0.14, false, true,  true,  true,  'active',     false,
        'Fastest and cheapest Nova model of Amazon; text only'),
    ('bedrock', 'mistral.mistral-large-3-675b-instruct',    'Mistral Large 3',       256000,   0.5,  1.5, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('bedrock', 'mistral.ministral-3-14b-instruct',         'Ministral 3 14B',       128000,   0.2,  0.2, false, true,  true,  true,  'active',     false,
        'Text only'),
    ('bedrock', 'deepseek.v3.2',                            'DeepSeek V3.2',         163840,  0.62, 1.85, false, true,  true,  true,  'active',     false,
        'Text only'),
    ('bedrock', 'qwen.qwen3-235b-a22b-2507-v1:0',           'Qwen3 235B A22B 2507',  262144,  0.22, 0.88, false, true,  true,  true,  'active',     false,
        'Text only'),
    ('bedrock', 'qwen.qwen3-coder-30b-a3b-v1:0',            'Qwen3 Coder 30B A3B',   262144,  0.15,  0.6, false, true,  true,  true,  'active',     false,
        'Text only'),
    ('bedrock', 'openai.gpt-oss-120b-1:0',                  'gpt-oss-120b',          128000,  0.15,  0.6, false, true,  true,  true,  'active',     false,
        'Text only'),
    ('bedrock', 'moonshotai.kimi-k2.5',                     'Kimi K2.5',             262144,   0.6,    3, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('bedrock', 'zai.glm-5',                                'GLM-5',                 202752,     1,  3.2, false, true,  true,  true,  'active',     false,
        'Text only'),
    ('bedrock', 'minimax.minimax-m2.5',                     'MiniMax M2.5',          196608,   0.3,  1.2, false, true,  true,  true,  'active',     false,
        'Text only'),
    ('bedrock', 'cohere.command-r-plus-v1:0',               'Command R+',            128000,     3,   15, false, true,  true,  true,  'deprecated', false,
        'Cohere''s model for retrieval and tools in several steps'),

    ('microsoft-copilot', 'gpt-6-sol',    'GPT-6 Sol (Azure)',    1050000,     2,   10, true,  true,  true,  true,  'active',     true,
        'Takes images; price of a Global Standard deployment, data zones cost 10 to 20% more'),
    ('microsoft-copilot', 'gpt-6-luna',   'GPT-6 Luna (Azure)',   1050000,   0.1,  0.5, true,  true,  true,  true,  'active',     false,
        'Takes text and images'),
    ('microsoft-copilot', 'gpt-5.6-sol',  'GPT-5.6 Sol (Azure)',  1050000,     4,   20, true,  true,  true,  true,  'active',     false,
        'Takes images; promotional price, at least until 2026-11-30'),
    ('microsoft-copilot', 'gpt-5.5',      'GPT-5.5 (Azure)',      1050000,     5,   30, true,  true,  true,  true,  'active',     false,
        'Version 2026-04-24, retires 2027-04-23; takes images'),
    ('microsoft-copilot', 'gpt-5.4-mini', 'GPT-5.4 mini (Azure)',  400000,  0.75,  4.5, true,  true,  true,  true,  'active',     false,
        'Version 2026-03-17; takes images'),
    ('microsoft-copilot', 'gpt-5',        'GPT-5 (Azure)',         400000,  1.25,   10, true,  true,  true,  true,  'active',     false,
        'Version 2025-08-07, retires 2027-02-06; takes images'),
    ('microsoft-copilot', 'gpt-4.1',      'GPT-4.1 (Azure)',      1047576,     2,    8, true,  true,  true,  true,  'deprecated', false,
        'Version 2025-04-14; deprecated, retired 2026-10-14')
)
SELECT
    pg_temp.seeded_id('model/' || provider || '/' || identifier) AS id,
    provider,
    system_provider.id AS provider_id,
    identifier,
    name,
    description,
    context_length,
    jsonb_build_object(
        'supportsSystemMessages', system_messages,
        'supportsStreaming', streaming,
        'supportsTools', tools,
        'supportsFunctionCalling', tools,
        'supportsVision', vision,
        'maxContextLength', context_length,
        'supportedRoles', CASE WHEN system_messages THEN supported_roles
            ELSE array_remove(array_remove(supported_roles, 'system'), 'developer') END
    ) AS capabilities,
    jsonb_build_object(
        'inputTokenPrice', trim_scale(input_price::numeric / 1000),
        'outputTokenPrice', trim_scale(output_price::numeric / 1000),
        'currency', 'USD',
        'billingUnit', '1K tokens',
        'lastUpdated', '2026-11-20'
    ) AS pricing_info,
    status,
    is_default
FROM model JOIN system_provider USING (provider);

-- Models that a migration made and nobody edited. The earlier installation made them together with their provider.
CREATE TEMP VIEW untouched_model AS
    SELECT models.id, system_provider.provider, models.identifier, models.provider_id, is_default
    FROM models JOIN system_provider ON system_provider.id = provider_id
    WHERE models.updated_at = models.created_at AND (
        models.id = pg_temp.seeded_id('model/' || provider || '/' || identifier)
        OR (NOT is_seeded AND models.created_at = system_provider.created_at)
    );

UPDATE providers SET
    api_endpoint = CASE WHEN is_edited THEN providers.api_endpoint ELSE system_provider.api_endpoint END,
    capabilities = jsonb_set(capabilities, '{maxContextLength}', CASE
        WHEN is_edited THEN to_jsonb(greatest(
            (capabilities -> 'maxContextLength')::numeric,
            (SELECT max(context_length) FROM offered_model WHERE provider_id = providers.id)
        ))
        ELSE to_jsonb(greatest(
            max_context_length, (SELECT max(context_length) FROM models WHERE provider_id = providers.id)
        ))
    END)
FROM system_provider WHERE providers.id = system_provider.id;

UPDATE models SET
    name = offered.name,
    description = offered.description,
    context_length = offered.context_length,
    capabilities = offered.capabilities,
    pricing_info = offered.pricing_info,
    status = offered.status
FROM untouched_model AS untouched JOIN offered_model AS offered USING (provider_id, identifier)
WHERE models.id = untouched.id;

-- One that 20250210120001 seeded and that is gone was deleted by an operator: it does not come back.
INSERT INTO models (id, provider_id, identifier, name, description, context_length, capabilities, pricing_info, status)
SELECT offered.id, provider_id, identifier, name, description, context_length, capabilities, pricing_info, status
FROM offered_model AS offered JOIN system_provider ON system_provider.id = provider_id
WHERE NOT is_seeded OR identifier NOT IN (
    'amazon.nova-pro-v1:0', 'amazon.nova-micro-v1:0', 'cohere.command-r-plus-v1:0'
)
ON CONFLICT DO NOTHING;

-- A model is served until its date.
CREATE TEMP TABLE shut_down AS SELECT provider, identifier FROM (VALUES
    ('openai',            'gpt-4o',                                   date '2027-01-14'),
    ('openai',            'gpt-4o-mini',                              date '2027-01-14'),
    ('openai',            'o1',                                       date '2026-10-23'),
    ('openai',            'o3-mini',                                  date '2026-10-23'),
    ('openai',            'gpt-4-turbo',                              date '2026-10-23'),
    ('openai',            'gpt-4',                                    date '2026-10-23'),
    ('openai',            'gpt-3.5-turbo',                            date '2026-10-23'),
    ('anthropic',         'claude-2.1',                               date '2025-07-21'),
    ('anthropic',         'claude-3-sonnet-20240229',                 date '2025-07-21'),
    ('anthropic',         'claude-3-opus-20240229',                   date '2026-01-05'),
    ('anthropic',         'claude-3-5-haiku-20241022',                date '2026-02-19'),
    ('bedrock',           'anthropic.claude-3-5-haiku-20241022-v1:0', date '2026-06-19'),
    ('bedrock',           'cohere.command-r-plus-v1:0',               date '2026-08-19'),
    ('bedrock',           'cohere.command-r-v1:0',                    date '2026-08-19'),
    ('microsoft-copilot', 'gpt-4o',                                   date '2026-10-01'),
    ('microsoft-copilot', 'gpt-4o-mini',                              date '2026-10-01'),
    ('microsoft-copilot', 'o1',                                       date '2026-09-16'),
    ('microsoft-copilot', 'o3-mini',                                  date '2026-10-01'),
    ('microsoft-copilot', 'gpt-4-32k',                                date '2025-06-06')
) AS announced (provider, identifier, since) WHERE since <= '2026-11-20';

UPDATE models SET status = 'deprecated'
FROM untouched_model AS untouched JOIN shut_down USING (provider, identifier)
WHERE models.id = untouched.id AND status = 'active';

UPDATE models SET is_default = false
FROM untouched_model AS untouched
    JOIN offered_model AS offered USING (provider_id)
    JOIN untouched_model AS successor ON successor.provider_id = offered.provider_id
        AND successor.identifier = offered.identifier
WHERE models.id = untouched.id AND untouched.is_default AND offered.is_default AND successor.id <> untouched.id;

UPDATE models SET is_default = true
FROM untouched_model AS untouched JOIN offered_model AS offered USING (provider_id, identifier)
WHERE models.id = untouched.id AND offered.is_default AND NOT EXISTS (
    SELECT FROM models AS other WHERE other.provider_id = untouched.provider_id AND other.is_default
);

-- Templates offer what was seeded and is still served, and what is new.
UPDATE provider_templates SET
    provider_config = jsonb_set(
        provider_config, '{capabilities,maxContextLength}', to_jsonb(max_context_length)
    ),
    default_models = (
        SELECT jsonb_agg(model ORDER BY (model -> 'isDefault')::boolean DESC, model ->> 'identifier')
        FROM (
            SELECT jsonb_build_object(
                'identifier', identifier,
                'name', name,
                'description', description,
                'contextLength', context_length,
                'capabilities', capabilities,
                'isDefault', is_default
            )
            FROM offered_model WHERE provider = system_provider.provider AND status = 'active'
            UNION ALL
            SELECT jsonb_set(seeded, '{isDefault}', 'false')
            FROM jsonb_array_elements(default_models) AS seeded
            WHERE seeded ->> 'identifier' NOT IN (
                SELECT identifier FROM offered_model WHERE provider = system_provider.provider
                UNION ALL
                SELECT identifier FROM shut_down WHERE provider = system_provider.provider
            )
        ) AS current (model)
    )
FROM system_provider
WHERE provider_templates.id = pg_temp.seeded_id('template/' || provider) AND updated_at = provider_templates.created_at;

DROP VIEW untouched_model;
DROP TABLE shut_down, offered_model, system_provider;
DROP FUNCTION pg_temp.seeded_id;
ALTER TABLE providers ENABLE TRIGGER update_providers_updated_at;
ALTER TABLE models ENABLE TRIGGER update_models_updated_at;
ALTER TABLE provider_templates ENABLE TRIGGER update_provider_templates_updated_at;

-- DOWN
-- The ids of the rows that migrations insert: see 20250210120001.
CREATE FUNCTION pg_temp.seeded_id(name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT overlay(overlay(left(digest, 32) PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid
    FROM encode(sha256(('promptlib/' || name)::bytea), 'hex') AS digest
$$;

-- No migration's change is an edit: the triggers that set updated_at rest meanwhile. The tables are locked against
-- other writers until the end of the transaction, so theirs are not missed. A pending check of a deferred
-- constraint would keep the triggers from resting.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE providers DISABLE TRIGGER update_providers_updated_at;
ALTER TABLE models DISABLE TRIGGER update_models_updated_at;
ALTER TABLE provider_templates DISABLE TRIGGER update_provider_templates_updated_at;

-- The system providers as they stand here. An earlier installation gave them ids of its own; where none has the
-- id that 20250210120001 gives, they are known by name. An operator's provider of that name is left alone.
CREATE TEMP TABLE system_provider AS
WITH known AS (
    SELECT pg_temp.seeded_id('provider/' || provider) AS seeded_id, listed.*
    FROM (VALUES
        ('openai',            'https://api.openai.com/v1',                        200000, ARRAY['system', 'developer', 'user', 'assistant', 'tool']),
        ('anthropic',         'https://api.anthropic.com/v1',                     200000, ARRAY['user', 'assistant']),
        ('bedrock',           'https://bedrock-runtime.us-east-1.amazonaws.com',  300000, ARRAY['system', 'user', 'assistant']),
        ('microsoft-copilot', 'https://YOUR-RESOURCE.openai.azure.com',           200000, ARRAY['system', 'developer', 'user', 'assistant', 'tool'])
    ) AS listed (provider, api_endpoint, max_context_length, supported_roles)
)
SELECT
    providers.id,
    provider,
    known.api_endpoint,
    max_context_length,
    supported_roles,
    created_at,
    providers.id = seeded_id AS is_seeded,
    updated_at <> created_at AS is_edited
FROM known JOIN providers ON is_system AND (
    providers.id = seeded_id
    OR (identifier = provider AND created_by IS NULL
        AND NOT EXISTS (SELECT FROM providers WHERE id IN (SELECT seeded_id FROM known)))
);

-- What 20250210120001 seeds.
CREATE TEMP TABLE offered_model AS
WITH model (
    provider, identifier, name, context_length, input_price, output_price,
    vision, tools, streaming, system_messages, status, is_default, description
) AS (VALUES
    ('openai', 'gpt-4o',        'GPT-4o',         128000,   2.5,   10, true,  true,  true,  true,  'active',     true,
        'Flagship multimodal model for text and images'),
    ('openai', 'gpt-4o-mini',   'GPT-4o mini',    128000,  0.15,  0.6, true,  true,  true,  true,  'active',     false,
        'Small, inexpensive multimodal model for everyday tasks'),
    ('openai', 'o1',            'OpenAI o1',      200000,    15,   60, true,  true,  false, true,  'active',     false,
        'Reasoning model for science, coding and mathematics; takes images, does not stream'),
    ('openai', 'o3-mini',       'OpenAI o3-mini', 200000,   1.1,  4.4, false, true,  true,  true,  'active',     false,
        'Small reasoning model for coding, mathematics and science; text only'),
    ('openai', 'o1-mini',       'OpenAI o1-mini', 128000,   1.1,  4.4, false, false, true,  false, 'active',     false,
        'Earlier small reasoning model; no images, tools or system messages'),
    ('openai', 'gpt-4-turbo',   'GPT-4 Turbo',    128000,    10,   30, true,  true,  true,  true,  'active',     false,
        'GPT-4 with a long context and image input; GPT-4o succeeds it'),
    ('openai', 'gpt-4',         'GPT-4',            8192,    30,   60, false, true,  true,  true,  'active',     false,
        'The original GPT-4; text only, short context'),
    ('openai', 'gpt-3.5-turbo', 'GPT-3.5 Turbo',   16385,   0.5,  1.5, false, true,  true,  true,  'active',     false,
        'Legacy chat model; GPT-4o mini is cheaper and more capable'),
    ('openai', 'gpt-4-32k',     'GPT-4 32K',       32768,    60,  120, false, false, true,  true,  'deprecated', false,
        'GPT-4 with a 32K context; deprecated, for existing users until 2025-06-06'),

    ('anthropic', 'claude-3-5-sonnet-20241022', 'Claude 3.5 Sonnet (2024-10-22)', 200000,     3,   15, true,  true,  true,  true,  'active',     true,
        'Most capable Claude 3.5 model: coding, agents, images'),
    ('anthropic', 'claude-3-5-haiku-20241022',  'Claude 3.5 Haiku',               200000,   0.8,    4, false, true,  true,  true,  'active',     false,
        'Fast Claude 3.5 model for interactive use; text only'),
    ('anthropic', 'claude-3-opus-20240229',     'Claude 3 Opus',                  200000,    15,   75, true,  true,  true,  true,  'active',     false,
        'Largest Claude 3 model, for complex analysis and writing'),
    ('anthropic', 'claude-3-5-sonnet-20240620', 'Claude 3.5 Sonnet (2024-06-20)', 200000,     3,   15, true,  true,  true,  true,  'active',     false,
        'First release of Claude 3.5 Sonnet; the one of 2024-10-22 succeeds it'),
    ('anthropic', 'claude-3-haiku-20240307',    'Claude 3 Haiku',                 200000,  0.25, 1.25, true,  true,  true,  true,  'active',     false,
        'Fastest and cheapest Claude 3 model'),
    ('anthropic', 'claude-3-sonnet-20240229',   'Claude 3 Sonnet',                200000,     3,   15, true,  true,  true,  true,  'deprecated', false,
        'Mid-sized Claude 3 model; deprecated, end of life 2025-07-21'),
    ('anthropic', 'claude-2.1',                 'Claude 2.1',                     200000,     8,   24, false, false, true,  true,  'deprecated', false,
        'Claude 2 generation, text only; deprecated, end of life 2025-07-21'),

    ('bedrock', 'anthropic.claude-3-5-sonnet-20241022-v2:0', 'Claude 3.5 Sonnet v2',      200000,     3,   15, true,  true,  true,  true,  'active',     true,
        'Most capable Claude 3.5 model: coding, agents, images'),
    ('bedrock', 'anthropic.claude-3-5-haiku-20241022-v1:0',  'Claude 3.5 Haiku',          200000,   0.8,    4, false, true,  true,  true,  'active',     false,
        'Fast Claude 3.5 model for interactive use; text only'),
    ('bedrock', 'anthropic.claude-3-opus-20240229-v1:0',     'Claude 3 Opus',             200000,    15,   75, true,  true,  true,  true,  'active',     false,
        'Largest Claude 3 model, for complex analysis and writing'),
    ('bedrock', 'anthropic.claude-3-haiku-20240307-v1:0',    'Claude 3 Haiku',            200000,  0.25, 1.25, true,  true,  true,  true,  'active',     false,
        'Fastest and cheapest Claude 3 model'),
    ('bedrock', 'anthropic.claude-v2:1',                     'Claude 2.1',                200000,     8,   24, false, false, true,  true,  'deprecated', false,
        'Claude 2 generation, text only; deprecated'),
    ('bedrock', 'amazon.nova-pro-v1:0',                      'Amazon Nova Pro',           300000,   0.8,  3.2, true,  true,  true,  true,  'active',     false,
        'Most capable Nova model of Amazon: text, images, video'),
    ('bedrock', 'amazon.nova-lite-v1:0',                     'Amazon Nova Lite',          300000,  0.06, 0.24, true,  true,  true,  true,  'active',     false,
        'Inexpensive Nova model of Amazon: text, images, video'),
    ('bedrock', 'amazon.nova-micro-v1:0',                    'Amazon Nova Micro',         128000, 0.035, 0.14, false, true,  true,  true,  'active',     false,
        'Fastest and cheapest Nova model of Amazon; text only'),
    ('bedrock', 'amazon.titan-text-premier-v1:0',            'Amazon Titan Text Premier',  32000,   0.5,  1.5, false, false, true,  false, 'active',     false,
        'Text model of Amazon for chat and retrieval; no tools or system messages'),
    ('bedrock', 'meta.llama3-3-70b-instruct-v1:0',           'Llama 3.3 70B Instruct',    128000,  0.72, 0.72, false, true,  true,  true,  'active',     false,
        'Open-weight chat model of Meta; some regions need its us. inference profile'),
    ('bedrock', 'meta.llama3-1-8b-instruct-v1:0',            'Llama 3.1 8B Instruct',     128000,  0.22, 0.22, false, true,  true,  true,  'active',     false,
        'Small open-weight chat model of Meta'),
    ('bedrock', 'mistral.mistral-large-2402-v1:0',           'Mistral Large (24.02)',      32000,     4,   12, false, true,  true,  true,  'active',     false,
        'Mistral''s largest model of February 2024'),
    ('bedrock', 'mistral.mistral-small-2402-v1:0',           'Mistral Small (24.02)',      32000,     1,    3, false, true,  true,  true,  'active',     false,
        'Mistral''s model of February 2024 for many short requests'),
    ('bedrock', 'mistral.mixtral-8x7b-instruct-v0:1',        'Mixtral 8x7B Instruct',      32000,  0.45,  0.7, false, false, true,  false, 'active',     false,
        'Open-weight mixture of experts; no tools or system messages'),
    ('bedrock', 'cohere.command-r-plus-v1:0',                'Command R+',                128000,     3,   15, false, true,  true,  true,  'active',     false,
        'Cohere''s model for retrieval and tools in several steps'),
    ('bedrock', 'cohere.command-r-v1:0',                     'Command R',                 128000,   0.5,  1.5, false, true,  true,  true,  'active',     false,
        'Cohere''s less expensive model for retrieval and long texts'),
    ('bedrock', 'ai21.jamba-1-5-large-v1:0',                 'Jamba 1.5 Large',           256000,     2,    8, false, true,  true,  true,  'active',     false,
        'AI21''s hybrid Mamba-Transformer model with a 256K context'),
    ('bedrock', 'ai21.jamba-1-5-mini-v1:0',                  'Jamba 1.5 Mini',            256000,   0.2,  0.4, false, true,  true,  true,  'active',     false,
        'Smaller, faster Jamba with the same 256K context'),

    ('microsoft-copilot', 'gpt-4o',       'GPT-4o (Azure)',        128000,   2.5,   10, true,  true,  true,  true,  'active',     true,
        'Version 2024-11-20; price of a Global Standard deployment'),
    ('microsoft-copilot', 'gpt-4o-mini',  'GPT-4o mini (Azure)',   128000,  0.15,  0.6, true,  true,  true,  true,  'active',     false,
        'Version 2024-07-18; price of a Global Standard deployment'),
    ('microsoft-copilot', 'o1',           'o1 (Azure)',            200000,    15,   60, true,  true,  false, true,  'active',     false,
        'Version 2024-12-17, limited access; needs apiVersion 2024-12-01-preview or later'),
    ('microsoft-copilot', 'o3-mini',      'o3-mini (Azure)',       200000,   1.1,  4.4, false, true,  true,  true,  'active',     false,
        'Version 2025-01-31; needs a preview apiVersion'),
    ('microsoft-copilot', 'gpt-4',        'GPT-4 Turbo (Azure)',   128000,    10,   30, true,  true,  true,  true,  'active',     false,
        'Version turbo-2024-04-09 of gpt-4, which is GPT-4 Turbo with image input'),
    ('microsoft-copilot', 'gpt-35-turbo', 'GPT-3.5 Turbo (Azure)',  16385,   0.5,  1.5, false, true,  true,  true,  'active',     false,
        'Version 0125; Azure spells the identifier without a dot'),
    ('microsoft-copilot', 'gpt-4-32k',    'GPT-4 32K (Azure)',      32768,    60,  120, false, false, true,  true,  'deprecated', false,
        'Version 0613; deprecated, retires 2025-06-06')
)
SELECT
    pg_temp.seeded_id('model/' || provider || '/' || identifier) AS id,
    provider,
    system_provider.id AS provider_id,
    identifier,
    name,
    description,
    context_length,
    jsonb_build_object(
        'supportsSystemMessages', system_messages,
        'supportsStreaming', streaming,
        'supportsTools', tools,
        'supportsFunctionCalling', tools,
        'supportsVision', vision,
        'maxContextLength', context_length,
        'supportedRoles', CASE WHEN system_messages THEN supported_roles
            ELSE array_remove(array_remove(supported_roles, 'system'), 'developer') END
    ) AS capabilities,
    jsonb_build_object(
        'inputTokenPrice', trim_scale(input_price::numeric / 1000),
        'outputTokenPrice', trim_scale(output_price::numeric / 1000),
        'currency', 'USD',
        'billingUnit', '1K tokens',
        'lastUpdated', '2025-02-10'
    ) AS pricing_info,
    status,
    is_default
FROM model JOIN system_provider USING (provider);

-- What UP inserted, edited or not. The last three were seeded where the provider was.
DELETE FROM models USING (VALUES
    ('model/openai/gpt-6.1-sol'),
    ('model/openai/gpt-6.1-terra'),
    ('model/openai/gpt-6-astra'),
    ('model/openai/gpt-6-luna'),
    ('model/openai/gpt-5.5'),
    ('model/openai/gpt-5'),
    ('model/openai/gpt-4.1'),
    ('model/anthropic/claude-opus-5-5'),
    ('model/anthropic/claude-fable-5-2'),
    ('model/anthropic/claude-sonnet-5-5'),
    ('model/anthropic/claude-haiku-5-5'),
    ('model/anthropic/claude-opus-5'),
    ('model/anthropic/claude-sonnet-5'),
    ('model/bedrock/anthropic.claude-sonnet-5-5'),
    ('model/bedrock/anthropic.claude-fable-5-2'),
    ('model/bedrock/anthropic.claude-haiku-5-5'),
    ('model/bedrock/anthropic.claude-haiku-4-5-20251001-v1:0'),
    ('model/bedrock/amazon.nova-2-lite-v1:0'),
    ('model/bedrock/mistral.mistral-large-3-675b-instruct'),
    ('model/bedrock/mistral.ministral-3-14b-instruct'),
    ('model/bedrock/deepseek.v3.2'),
    ('model/bedrock/qwen.qwen3-235b-a22b-2507-v1:0'),
    ('model/bedrock/qwen.qwen3-coder-30b-a3b-v1:0'),
    ('model/bedrock/openai.gpt-oss-120b-1:0'),
    ('model/bedrock/moonshotai.kimi-k2.5'),
    ('model/bedrock/zai.glm-5'),
    ('model/bedrock/minimax.minimax-m2.5'),
    ('model/microsoft-copilot/gpt-6-sol'),
    ('model/microsoft-copilot/gpt-6-luna'),
    ('model/microsoft-copilot/gpt-5.6-sol'),
    ('model/microsoft-copilot/gpt-5.5'),
    ('model/microsoft-copilot/gpt-5.4-mini'),
    ('model/microsoft-copilot/gpt-5'),
    ('model/microsoft-copilot/gpt-4.1')
) AS inserted (name) WHERE models.id = pg_temp.seeded_id(inserted.name);
DELETE FROM models USING system_provider, (VALUES
    ('model/bedrock/amazon.nova-pro-v1:0'),
    ('model/bedrock/amazon.nova-micro-v1:0'),
    ('model/bedrock/cohere.command-r-plus-v1:0')
) AS inserted (name)
WHERE models.id = pg_temp.seeded_id(inserted.name) AND provider_id = system_provider.id AND NOT is_seeded;

-- Models that a migration made and nobody edited. The earlier installation made them together with their provider.
CREATE TEMP VIEW untouched_model AS
    SELECT models.id, system_provider.provider, models.identifier, models.provider_id, is_default
    FROM models JOIN system_provider ON system_provider.id = provider_id
    WHERE models.updated_at = models.created_at AND (
        models.id = pg_temp.seeded_id('model/' || provider || '/' || identifier)
        OR (NOT is_seeded AND models.created_at = system_provider.created_at)
    );

UPDATE models SET
    name = offered.name,
    description = offered.description,
    context_length = offered.context_length,
    capabilities = offered.capabilities,
    pricing_info = offered.pricing_info,
    status = offered.status
FROM untouched_model AS untouched JOIN offered_model AS offered USING (provider_id, identifier)
WHERE models.id = untouched.id AND offered.identifier IN (
    'amazon.nova-pro-v1:0', 'amazon.nova-micro-v1:0', 'cohere.command-r-plus-v1:0'
);

UPDATE models SET status = 'active'
FROM untouched_model AS untouched JOIN offered_model AS offered USING (provider_id, identifier)
WHERE models.id = untouched.id AND models.status = 'deprecated' AND offered.status = 'active';

UPDATE models SET is_default = true
FROM untouched_model AS untouched JOIN offered_model AS offered USING (provider_id, identifier)
WHERE models.id = untouched.id AND offered.is_default AND NOT EXISTS (
    SELECT FROM models AS other WHERE other.provider_id = untouched.provider_id AND other.is_default
);

-- An edited provider keeps a limit that UP raised: nobody knows what it was.
UPDATE providers SET
    api_endpoint = system_provider.api_endpoint,
    capabilities = jsonb_set(capabilities, '{maxContextLength}', to_jsonb(greatest(
        max_context_length, (SELECT max(context_length) FROM models WHERE provider_id = providers.id)
    )))
FROM system_provider WHERE providers.id = system_provider.id AND NOT is_edited;

UPDATE provider_templates SET
    provider_config = jsonb_set(
        provider_config, '{capabilities,maxContextLength}', to_jsonb(max_context_length)
    ),
    default_models = (
        SELECT jsonb_agg(jsonb_build_object(
            'identifier', identifier,
            'name', name,
            'description', description,
            'contextLength', context_length,
            'capabilities', capabilities,
            'isDefault', is_default
        ) ORDER BY is_default DESC, identifier)
        FROM offered_model WHERE provider = system_provider.provider AND status = 'active'
    )
FROM system_provider
WHERE provider_templates.id = pg_temp.seeded_id('template/' || provider) AND updated_at = provider_templates.created_at;

DROP VIEW untouched_model;
DROP TABLE offered_model, system_provider;
DROP FUNCTION pg_temp.seeded_id;
ALTER TABLE providers ENABLE TRIGGER update_providers_updated_at;
ALTER TABLE models ENABLE TRIGGER update_models_updated_at;
ALTER TABLE provider_templates ENABLE TRIGGER update_provider_templates_updated_at;
