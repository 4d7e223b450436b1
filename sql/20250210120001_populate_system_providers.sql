-- The four system providers, the models they offered on 2025-02-10 and one template for each. Connections that
-- name a provider are linked to it.
--
-- The facts are the vendors' published prices and limits of that date, compared with public price lists. Where
-- sources differ, or a figure could not be confirmed, the notes in tests/data/catalogue.json say so.
--
-- Ids are made from names such as promptlib/model/openai/gpt-4o, so that DOWN can tell the rows inserted here
-- from an operator's. They are valid UUIDs of version 8 (RFC 9562): the first 32 hexadecimal digits of the
-- name's SHA-256, with an 8 for the version as digit 13 and an 8 for the variant as digit 17.
--
-- In all of them created_at and updated_at are equal until somebody edits the row. A provider of the same
-- identifier, or a template of the same name, that exists already stays as it is, and no models are added
-- below it.

-- data_loss: a connection may be linked to an operator's own provider, and DOWN cannot tell such a link
-- from one that the operator made.

-- UP data_loss:accepted
WITH provider (
    identifier, name, description, api_endpoint, auth_method, headers, test_endpoint, max_context_length,
    supported_roles
) AS (VALUES
    ('openai', 'OpenAI',
        'GPT and reasoning models through OpenAI''s own API',
        'https://api.openai.com/v1', 'api_key',
        -- A header whose field is empty has to be left out.
        jsonb '{"Authorization": "Bearer {{apiKey}}", "OpenAI-Organization": "{{organizationId}}", "OpenAI-Project": "{{projectId}}"}',
        '/models', 200000,
        ARRAY['system', 'developer', 'user', 'assistant', 'tool']),
    ('anthropic', 'Anthropic',
        'Claude models through Anthropic''s own API',
        'https://api.anthropic.com/v1', 'api_key',
        '{"x-api-key": "{{apiKey}}", "anthropic-version": "2023-06-01"}',
        '/models', 200000,
        -- The system prompt is a parameter of a request, not a role.
        ARRAY['user', 'assistant']),
    ('bedrock', 'AWS Bedrock',
        'Models of Anthropic, Amazon, Meta, Mistral and others through AWS; each has to be enabled per account and region',
        'https://bedrock-runtime.us-east-1.amazonaws.com', 'aws_iam',
        -- Requests are signed (SigV4); no header is the same for all.
        '{}',
        -- On the control plane: bedrock instead of bedrock-runtime in the host.
        '/foundation-models', 300000,
        ARRAY['system', 'user', 'assistant']),
    ('microsoft-copilot', 'Microsoft Copilot (Azure OpenAI)',
        'OpenAI models on Azure; YOUR-RESOURCE in the endpoint stands for the name of the Azure resource',
        'https://YOUR-RESOURCE.openai.azure.com', 'api_key',
        '{"api-key": "{{apiKey}}"}',
        '/openai/models?api-version=2024-10-21', 200000,
        ARRAY['system', 'developer', 'user', 'assistant', 'tool'])
),
auth_field (provider, name, required, sensitive, description, default_value) AS (VALUES
    ('openai', 'apiKey',         true,  true,  'secret key',           NULL),
    ('openai', 'organizationId', false, false, 'organization id',      NULL),
    ('openai', 'projectId',      false, false, 'project id',           NULL),
    ('openai', 'baseUrl',        false, false, 'replacement base URL', NULL),

    ('anthropic', 'apiKey',  true,  true,  'secret key',           NULL),
    ('anthropic', 'baseUrl', false, false, 'replacement base URL', NULL),

    ('bedrock', 'accessKeyId',     true,  true,  'IAM access key id',     NULL),
    ('bedrock', 'secretAccessKey', true,  true,  'IAM secret access key', NULL),
    ('bedrock', 'region',          true,  false, 'AWS region',            'us-east-1'),
    ('bedrock', 'sessionToken',    false, true,  'STS session token',     NULL),

    ('microsoft-copilot', 'apiKey',         true,  true,  'resource key',           NULL),
    ('microsoft-copilot', 'endpoint',       true,  false, 'resource endpoint URL',  NULL),
    ('microsoft-copilot', 'apiVersion',     false, false, 'data-plane api-version', '2024-10-21'),
    ('microsoft-copilot', 'deploymentName', false, false, 'deployment to call',     NULL)
),
-- Prices in this list are USD per 1,000,000 tokens, as the vendors quote them.
model (
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
),
seeded (name, id) AS (
    SELECT name, overlay(overlay(left(digest, 32) PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid
    FROM (
        SELECT 'provider/' || identifier FROM provider
        UNION ALL SELECT 'model/' || provider || '/' || identifier FROM model
        UNION ALL SELECT 'template/' || identifier FROM provider
    ) AS named (name), encode(sha256(('promptlib/' || name)::bytea), 'hex') AS digest
),
provider_row AS (
    SELECT
        (SELECT id FROM seeded WHERE seeded.name = 'provider/' || identifier) AS id,
        identifier,
        name,
        description,
        api_endpoint,
        auth_method,
        jsonb_build_object(
            'type', auth_method,
            'fields', (
                SELECT jsonb_object_agg(field.name, jsonb_strip_nulls(jsonb_build_object(
                    'required', field.required,
                    'sensitive', field.sensitive,
                    'description', field.description,
                    'default', field.default_value
                )))
                FROM auth_field AS field WHERE field.provider = provider.identifier
            ),
            'headers', headers,
            'testEndpoint', test_endpoint
        ) AS auth_config,
        jsonb_build_object(
            'supportsSystemMessages', true,
            'supportsStreaming', true,
            'supportsTools', true,
            'maxContextLength', max_context_length,
            'supportedRoles', supported_roles,
            'supportedAuthMethods', ARRAY[auth_method]
        ) AS capabilities
    FROM provider
),
model_row AS (
    SELECT
        (SELECT id FROM seeded WHERE seeded.name = 'model/' || provider || '/' || model.identifier) AS id,
        (SELECT id FROM seeded WHERE seeded.name = 'provider/' || provider) AS provider_id,
        model.identifier,
        model.name,
        model.description,
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
    FROM model JOIN provider ON provider.identifier = model.provider
),
template_row AS (
    SELECT
        (SELECT id FROM seeded WHERE seeded.name = 'template/' || identifier) AS id,
        name,
        'Endpoint, credential fields and models of ' || name AS description,
        jsonb_build_object(
            'name', name,
            'description', description,
            'apiEndpoint', api_endpoint,
            'authMethod', auth_method,
            'authConfig', auth_config,
            'capabilities', capabilities
        ) AS provider_config,
        (
            SELECT jsonb_agg(jsonb_build_object(
                'identifier', model_row.identifier,
                'name', model_row.name,
                'description', model_row.description,
                'contextLength', context_length,
                'capabilities', model_row.capabilities,
                'isDefault', is_default
            ) ORDER BY is_default DESC, model_row.identifier)
            FROM model_row WHERE provider_id = provider_row.id AND status = 'active'
        ) AS default_models
    FROM provider_row
),
new_provider AS (
    INSERT INTO providers
        (id, identifier, name, description, api_endpoint, auth_method, auth_config, capabilities, is_system)
    SELECT id, identifier, name, description, api_endpoint, auth_method, auth_config, capabilities, true
    FROM provider_row
    ON CONFLICT DO NOTHING
    RETURNING id
),
new_model AS (
    INSERT INTO models
        (id, provider_id, identifier, name, description, context_length, capabilities, pricing_info, status,
         is_default)
    SELECT id, provider_id, identifier, name, description, context_length, capabilities, pricing_info, status,
           is_default
    FROM model_row WHERE provider_id IN (SELECT id FROM new_provider)
    ON CONFLICT DO NOTHING
)
INSERT INTO provider_templates (id, name, description, provider_config, default_models, is_system)
SELECT id, name, description, provider_config, default_models, true
FROM template_row
WHERE name NOT IN (SELECT name FROM provider_templates)
ON CONFLICT DO NOTHING;

-- A link is not an edit: the trigger that sets updated_at rests meanwhile. The table is locked against other
-- writers until the end of the transaction, so theirs are not missed. A deferred constraint, should an
-- operator have made one, is checked at once: a pending check would keep the trigger from being enabled.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM connections JOIN providers ON providers.identifier = connections.provider
        WHERE connections.provider_id IS NULL
    ) THEN
        SET CONSTRAINTS ALL IMMEDIATE;
        ALTER TABLE connections DISABLE TRIGGER update_connections_updated_at;
        UPDATE connections SET provider_id = providers.id
        FROM providers
        WHERE providers.identifier = connections.provider AND connections.provider_id IS NULL;
        ALTER TABLE connections ENABLE TRIGGER update_connections_updated_at;
    END IF;
END
$$;

-- DOWN
DO $$
DECLARE
    allow_data_loss CONSTANT boolean =
        coalesce(current_setting('promptlib.allow_data_loss', true), '') = 'on';
    seeded_names    CONSTANT text[] = ARRAY[
        'provider/openai',
        'provider/anthropic',
        'provider/bedrock',
        'provider/microsoft-copilot',
        'model/openai/gpt-4o',
        'model/openai/gpt-4o-mini',
        'model/openai/o1',
        'model/openai/o3-mini',
        'model/openai/o1-mini',
        'model/openai/gpt-4-turbo',
        'model/openai/gpt-4',
        'model/openai/gpt-3.5-turbo',
        'model/openai/gpt-4-32k',
        'model/anthropic/claude-3-5-sonnet-20241022',
        'model/anthropic/claude-3-5-haiku-20241022',
        'model/anthropic/claude-3-opus-20240229',
        'model/anthropic/claude-3-5-sonnet-20240620',
        'model/anthropic/claude-3-haiku-20240307',
        'model/anthropic/claude-3-sonnet-20240229',
        'model/anthropic/claude-2.1',
        'model/bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0',
        'model/bedrock/anthropic.claude-3-5-haiku-20241022-v1:0',
        'model/bedrock/anthropic.claude-3-opus-20240229-v1:0',
        'model/bedrock/anthropic.claude-3-haiku-20240307-v1:0',
        'model/bedrock/anthropic.claude-v2:1',
        'model/bedrock/amazon.nova-pro-v1:0',
        'model/bedrock/amazon.nova-lite-v1:0',
        'model/bedrock/amazon.nova-micro-v1:0',
        'model/bedrock/amazon.titan-text-premier-v1:0',
        'model/bedrock/meta.llama3-3-70b-instruct-v1:0',
        'model/bedrock/meta.llama3-1-8b-instruct-v1:0',
        'model/bedrock/mistral.mistral-large-2402-v1:0',
        'model/bedrock/mistral.mistral-small-2402-v1:0',
        'model/bedrock/mistral.mixtral-8x7b-instruct-v0:1',
        'model/bedrock/cohere.command-r-plus-v1:0',
        'model/bedrock/cohere.command-r-v1:0',
        'model/bedrock/ai21.jamba-1-5-large-v1:0',
        'model/bedrock/ai21.jamba-1-5-mini-v1:0',
        'model/microsoft-copilot/gpt-4o',
        'model/microsoft-copilot/gpt-4o-mini',
        'model/microsoft-copilot/o1',
        'model/microsoft-copilot/o3-mini',
        'model/microsoft-copilot/gpt-4',
        'model/microsoft-copilot/gpt-35-turbo',
        'model/microsoft-copilot/gpt-4-32k',
        'template/openai',
        'template/anthropic',
        'template/bedrock',
        'template/microsoft-copilot'
    ];
    -- As in UP, and in the order of the names.
    seeded_ids      CONSTANT uuid[] = ARRAY(
        SELECT overlay(overlay(left(digest, 32) PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid
        FROM unnest(seeded_names) WITH ORDINALITY AS named (name, position),
            encode(sha256(('promptlib/' || name)::bytea), 'hex') AS digest
        ORDER BY position
    );
    lost_models     text;
    lost_links      text;
BEGIN
    -- Nobody may add a model or a link between the count and the deletion.
    LOCK TABLE providers, models, connections IN SHARE ROW EXCLUSIVE MODE;
    SELECT format('%s model(s) that no migration created (%s)', sum(own.count),
        string_agg(own.provider || ': ' || own.count, ', ' ORDER BY own.provider))
    INTO lost_models
    FROM (
        SELECT providers.identifier AS provider, count(*)
        FROM models JOIN providers ON providers.id = models.provider_id
        WHERE providers.id = ANY (seeded_ids) AND models.id <> ALL (seeded_ids)
        GROUP BY providers.identifier
    ) AS own
    HAVING count(*) > 0;
    -- UP links a connection by its provider column alone, and to an operator's provider if that has the
    -- identifier by then. All other links do not come back.
    SELECT format('%s link(s) of connections that the next upgrade would not restore (%s)', sum(lost.count),
        string_agg(lost.provider || ': ' || lost.count, ', ' ORDER BY lost.provider))
    INTO lost_links
    FROM (
        SELECT providers.identifier AS provider, count(*)
        FROM connections JOIN providers ON providers.id = connections.provider_id
        WHERE providers.id = ANY (seeded_ids) AND (
            seeded_names[array_position(seeded_ids, providers.id)] <> 'provider/' || connections.provider
            OR EXISTS (
                SELECT FROM providers AS own
                WHERE own.identifier = connections.provider AND own.id <> ALL (seeded_ids)
            )
        )
        GROUP BY providers.identifier
    ) AS lost
    HAVING count(*) > 0;
    IF (lost_models IS NOT NULL OR lost_links IS NOT NULL) AND NOT allow_data_loss THEN
        RAISE EXCEPTION 'removing the system providers would delete %', concat_ws(' and ', lost_models, lost_links)
            USING HINT = concat_ws('; ',
                'move them to a provider of your own to keep them',
                CASE WHEN lost_links IS NOT NULL THEN
                    'a link also comes back if connections.provider names the provider as it was seeded' END,
                'alembic -x allow_data_loss=on downgrade ... deletes them for good');
    END IF;

    -- As in UP: losing a link is not an edit either, and ON DELETE SET NULL would fire the trigger.
    IF EXISTS (SELECT FROM connections WHERE provider_id = ANY (seeded_ids)) THEN
        SET CONSTRAINTS ALL IMMEDIATE;
        ALTER TABLE connections DISABLE TRIGGER update_connections_updated_at;
        UPDATE connections SET provider_id = NULL WHERE provider_id = ANY (seeded_ids);
        ALTER TABLE connections ENABLE TRIGGER update_connections_updated_at;
    END IF;

    DELETE FROM provider_templates WHERE id = ANY (seeded_ids);
    DELETE FROM models WHERE id = ANY (seeded_ids);
    DELETE FROM providers WHERE id = ANY (seeded_ids);
END
$$;
