-- Rows of the kind that the predecessor leaves, each with a fault of its own: 30 in the registry, and some around it.
-- Ids say what they are: 1.. providers, 2.. models, 3.. templates, 4.. connections, 5.. others.
-- All of its seed's rows have one created_at: its transaction's.

CREATE TABLE sessions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID REFERENCES users(id) ON DELETE CASCADE,
    expires_at TIMESTAMP WITH TIME ZONE
);
INSERT INTO users (id, username, email, password_hash, updated_at)
VALUES ('50000000-0000-4000-8000-000000000001', 'ada', 'ada@example.org', 'x', '2024-01-01');
INSERT INTO sessions (user_id, expires_at) SELECT id, '2025-01-01' FROM users;
INSERT INTO ratings (prompt_id, user_id, rating) SELECT prompts.id, users.id, 5 FROM prompts, users;

INSERT INTO providers (id, identifier, name, api_endpoint, auth_method, auth_config, capabilities, status, is_system, created_by, created_at, updated_at) VALUES
    -- The limit is below that of a model.
    ('10000000-0000-4000-8000-000000000001', 'openai', 'OpenAI', 'https://api.openai.com/v1', 'api_key',
     '{"type": "api_key", "fields": {"apiKey": {"required": true}}}',
     '{"supportsSystemMessages": true, "supportsStreaming": true, "supportsTools": true, "maxContextLength": 4096, "supportedRoles": ["system", "user"], "supportedAuthMethods": ["api_key"]}',
     'active', true, NULL, '2025-02-10 09:00+00', '2025-02-10 09:00+00'),
    -- No status; a limit that is a string; no roles, no methods.
    ('10000000-0000-4000-8000-000000000002', 'anthropic', 'Anthropic', 'https://api.anthropic.com', 'api_key',
     '{"type": "api_key", "fields": {"apiKey": {"required": true}}}',
     '{"supportsSystemMessages": true, "supportsStreaming": true, "maxContextLength": "200000", "supportedRoles": []}',
     NULL, true, NULL, '2025-02-10 09:00+00', '2025-02-10 09:00+00'),
    -- Braces in the host; a required field is missing.
    ('10000000-0000-4000-8000-000000000003', 'bedrock', 'AWS Bedrock', 'https://bedrock-runtime.{region}.amazonaws.com', 'aws_iam',
     '{"type": "aws_iam", "fields": {"accessKeyId": {"required": true}, "region": {"required": true, "default": "eu-west-1"}}}',
     '{"supportsSystemMessages": true, "supportsStreaming": true, "supportsTools": false, "maxContextLength": 200000, "supportedRoles": ["user"], "supportedAuthMethods": ["aws_iam"]}',
     'active', true, NULL, '2025-02-10 09:00+00', '2025-02-10 09:00+00'),
    -- An operator's endpoint in a system row, edited; braces in the path may stay.
    ('10000000-0000-4000-8000-000000000004', 'microsoft-copilot', 'Microsoft Copilot', 'https://ours.openai.azure.com/{deployment}', 'api_key',
     '{"type": "api_key", "fields": {"apiKey": {"required": true}}}',
     '{"supportsSystemMessages": true, "supportsStreaming": true, "supportsTools": true, "maxContextLength": 128000, "supportedRoles": ["user"], "supportedAuthMethods": ["api_key"]}',
     'active', true, NULL, '2025-02-10 09:00+00', '2025-06-01 09:00+00'),
    -- An operator's system provider, which describes nothing; no limit, but models.
    ('10000000-0000-4000-8000-000000000005', 'house-llm', 'Ours', 'http://llm.internal:8080', 'custom', '{}', '{}',
     'active', true, '50000000-0000-4000-8000-000000000001', '2025-03-01 09:00+00', '2025-03-01 09:00+00'),
    -- No times, not known whether it is the system's; fields of another method; braces in the host are the operator's.
    ('10000000-0000-4000-8000-000000000006', 'gateway', 'Gateway', 'https://{tenant}.example.org', 'oauth2',
     '{"type": "api_key", "fields": {"clientId": {"required": true}}, "headers": {"x": "{{clientId}}"}}',
     '{"supportsSystemMessages": "yes", "supportsStreaming": null, "rateLimits": {"rpm": 60}}',
     'testing', NULL, '50000000-0000-4000-8000-000000000001', NULL, NULL);

INSERT INTO models (id, provider_id, identifier, name, context_length, capabilities, pricing_info, status, is_default, created_at, updated_at) VALUES
    -- Two defaults: the older stays. No maxContextLength in any.
    ('20000000-0000-4000-8000-000000000001', '10000000-0000-4000-8000-000000000001', 'gpt-4', 'GPT-4', 8192, '{}', NULL, 'active', true, '2025-02-10 09:00+00', '2025-02-10 09:00+00'),
    ('20000000-0000-4000-8000-000000000002', '10000000-0000-4000-8000-000000000001', 'gpt-4-turbo-preview', 'GPT-4 Turbo', 128000, '{"supportsTools": true}', NULL, 'active', true, '2025-04-01 09:00+00', '2025-04-01 09:00+00'),
    ('20000000-0000-4000-8000-000000000003', '10000000-0000-4000-8000-000000000001', 'gpt-3.5-turbo', 'GPT-3.5', 16385, '{"maxContextLength": 16385}', 'null', 'active', NULL, '2025-02-10 09:00+00', '2025-02-10 09:00+00'),
    ('20000000-0000-4000-8000-000000000004', '10000000-0000-4000-8000-000000000002', 'claude-3-opus-20240229', 'Claude 3 Opus', 200000, '{"maxContextLength": 0}', NULL, NULL, true, '2025-02-10 09:00+00', '2025-02-10 09:00+00'),
    -- Edited by an operator, though shut down since.
    ('20000000-0000-4000-8000-000000000005', '10000000-0000-4000-8000-000000000002', 'claude-2.1', 'Our Claude', 200000, '{"maxContextLength": 200000}', NULL, 'active', false, '2025-02-10 09:00+00', '2025-05-05 09:00+00'),
    ('20000000-0000-4000-8000-000000000006', '10000000-0000-4000-8000-000000000003', 'amazon.nova-pro-v1:0', 'Nova', 4096, '{"maxContextLength": 4096}', '{"currency": "EUR"}', 'active', false, '2025-02-10 09:00+00', '2025-02-10 09:00+00'),
    -- An operator's, added later below a system provider.
    ('20000000-0000-4000-8000-000000000007', '10000000-0000-4000-8000-000000000003', 'cohere.command-r-v1:0', 'Mine', 4096, '{"maxContextLength": 4096}', NULL, 'active', true, '2025-07-01 09:00+00', '2025-07-01 09:00+00'),
    ('20000000-0000-4000-8000-000000000008', '10000000-0000-4000-8000-000000000005', 'house-1', 'House 1', 32000, '{"maxContextLength": 32000}', NULL, 'active', true, '2025-03-02 09:00+00', '2025-03-02 09:00+00'),
    ('20000000-0000-4000-8000-000000000009', '10000000-0000-4000-8000-000000000005', 'house-2', 'House 2', 64000, '{"maxContextLength": 64000}', NULL, 'active', true, '2025-03-01 09:00+00', '2025-03-01 09:00+00'),
    -- Without a provider: duplicates, one of them with the name that the next would get, and two defaults.
    ('20000000-0000-4000-8000-00000000000a', NULL, 'llama-3', 'Llama', 8192, '{}', NULL, 'active', false, '2025-03-01 09:00+00', '2025-03-01 09:00+00'),
    ('20000000-0000-4000-8000-00000000000b', NULL, 'llama-3', 'Llama', 8192, '{}', NULL, 'active', true, '2025-03-03 09:00+00', '2025-03-03 09:00+00'),
    ('20000000-0000-4000-8000-00000000000c', NULL, 'llama-3', 'Llama', 16384, '{}', NULL, 'inactive', true, '2025-03-02 09:00+00', '2025-03-02 09:00+00'),
    ('20000000-0000-4000-8000-00000000000d', NULL, 'llama-3-2', 'Llama', 8192, '{}', NULL, 'active', false, '2025-03-04 09:00+00', NULL),
    ('20000000-0000-4000-8000-00000000000e', NULL, repeat('m', 100), 'Long', 8192, '{}', NULL, 'active', false, '2025-03-01 09:00+00', '2025-03-01 09:00+00'),
    ('20000000-0000-4000-8000-00000000000f', NULL, repeat('m', 100), 'Long', 8192, '{}', NULL, 'active', false, '2025-03-02 09:00+00', '2025-03-02 09:00+00');

INSERT INTO provider_templates (id, name, description, provider_config, default_models, is_system, created_by, created_at, updated_at) VALUES
    -- Seeded three times; a NULL that becomes false would make a fourth.
    ('30000000-0000-4000-8000-000000000001', 'OpenAI', NULL, '{"api_endpoint": "x"}', '[{"identifier": "gpt-4"}]', true, NULL, '2025-02-10 09:00+00', '2025-02-10 09:00+00'),
    ('30000000-0000-4000-8000-000000000002', 'OpenAI', NULL, '{"api_endpoint": "x"}', '[{"identifier": "gpt-4"}]', true, NULL, '2025-02-11 09:00+00', '2025-02-11 09:00+00'),
    ('30000000-0000-4000-8000-000000000003', 'OpenAI', NULL, '{"api_endpoint": "x"}', '[{"identifier": "gpt-4"}]', true, NULL, '2025-02-12 09:00+00', '2025-02-12 09:00+00'),
    ('30000000-0000-4000-8000-000000000004', 'OpenAI', NULL, '{"api_endpoint": "x"}', '[{"identifier": "gpt-4"}]', NULL, NULL, '2025-02-13 09:00+00', '2025-02-13 09:00+00'),
    -- An operator's of the same name, older and younger than the seeded one.
    ('30000000-0000-4000-8000-000000000005', 'OpenAI', 'mine', '{"a": 1}', '[{"identifier": "x"}]', false, '50000000-0000-4000-8000-000000000001', '2025-03-01 09:00+00', '2025-03-02 09:00+00'),
    ('30000000-0000-4000-8000-000000000006', 'OpenAI (2)', 'mine', '{"a": 1}', '[{"identifier": "x"}]', false, '50000000-0000-4000-8000-000000000001', '2025-03-01 09:00+00', '2025-03-02 09:00+00'),
    ('30000000-0000-4000-8000-000000000007', 'Ours', NULL, '{}', '[{"identifier": "x"}]', false, NULL, '2025-03-02 09:00+00', '2025-03-02 09:00+00'),
    ('30000000-0000-4000-8000-000000000008', 'Ours', NULL, '{}', '[{"identifier": "y"}]', false, NULL, '2025-03-01 09:00+00', '2025-03-01 09:00+00'),
    ('30000000-0000-4000-8000-000000000009', 'Ours', NULL, '{}', '[{"identifier": "y"}]', false, NULL, '2025-03-03 09:00+00', '2025-03-04 09:00+00');

INSERT INTO connections (id, name, provider, owner_id, config, updated_at, provider_id) VALUES
    ('40000000-0000-4000-8000-000000000001', 'one', 'openai', '50000000-0000-4000-8000-000000000001', '{"secret": "x"}', '2024-06-01', NULL),
    ('40000000-0000-4000-8000-000000000002', 'two', 'bedrock', NULL, '{"secret": "y"}', '2024-06-01', NULL),
    ('40000000-0000-4000-8000-000000000003', 'three', 'no-such-provider', NULL, '{}', '2024-06-01', NULL),
    ('40000000-0000-4000-8000-000000000004', 'four', 'openai', NULL, '{}', '2024-06-01', '10000000-0000-4000-8000-000000000005'),
    ('40000000-0000-4000-8000-000000000005', 'five', 'gateway', NULL, '{}', NULL, NULL);
