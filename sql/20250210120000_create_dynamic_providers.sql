-- Providers, their models and templates for new providers become data instead of code, and a connection can
-- point at any of them.
--
-- Several indexes below are redundant. They are here because databases that ran an earlier version of this
-- migration have them, and both kinds of database have to stay comparable; a later migration removes them.

-- UP
CREATE TABLE providers (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    identifier    varchar(50) NOT NULL UNIQUE,
    name          varchar(255) NOT NULL,
    description   text,
    api_endpoint  varchar(500) NOT NULL,
    auth_method   varchar(50) NOT NULL CHECK (auth_method IN ('api_key', 'oauth2', 'aws_iam', 'custom')),
    auth_config   jsonb NOT NULL,
    capabilities  jsonb NOT NULL,
    status        varchar(20) DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'testing')),
    is_system     boolean DEFAULT false,
    created_by    uuid REFERENCES users ON DELETE SET NULL,
    created_at    timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at    timestamptz DEFAULT CURRENT_TIMESTAMP,
    last_tested   timestamptz,
    test_result   jsonb
);

CREATE TABLE models (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    provider_id    uuid REFERENCES providers ON DELETE CASCADE,
    identifier     varchar(100) NOT NULL,
    name           varchar(255) NOT NULL,
    description    text,
    context_length integer NOT NULL DEFAULT 4096,
    capabilities   jsonb NOT NULL,
    pricing_info   jsonb,
    status         varchar(20) DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'deprecated')),
    is_default     boolean DEFAULT false,
    created_at     timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at     timestamptz DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (provider_id, identifier)
);

CREATE TABLE provider_templates (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name            varchar(255) NOT NULL,
    description     text,
    provider_config jsonb NOT NULL,
    default_models  jsonb NOT NULL,
    is_system       boolean DEFAULT false,
    created_by      uuid REFERENCES users ON DELETE SET NULL,
    created_at      timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at      timestamptz DEFAULT CURRENT_TIMESTAMP
);

-- The provider is any row of providers now; a fixed list would refuse it.
ALTER TABLE connections ADD COLUMN provider_id uuid REFERENCES providers ON DELETE SET NULL;
ALTER TABLE connections DROP CONSTRAINT IF EXISTS connections_provider_check;

CREATE INDEX idx_providers_identifier ON providers (identifier);
CREATE INDEX idx_providers_status ON providers (status);
CREATE INDEX idx_providers_is_system ON providers (is_system);
CREATE INDEX idx_providers_created_by ON providers (created_by);
CREATE INDEX idx_providers_created_at ON providers (created_at);

CREATE INDEX idx_models_provider_id ON models (provider_id);
CREATE INDEX idx_models_identifier ON models (identifier);
CREATE INDEX idx_models_status ON models (status);
CREATE INDEX idx_models_is_default ON models (is_default);
CREATE INDEX idx_models_created_at ON models (created_at);

CREATE INDEX idx_provider_templates_name ON provider_templates (name);
CREATE INDEX idx_provider_templates_is_system ON provider_templates (is_system);
CREATE INDEX idx_provider_templates_created_by ON provider_templates (created_by);

CREATE INDEX idx_connections_provider_id ON connections (provider_id);

CREATE TRIGGER update_providers_updated_at BEFORE UPDATE ON providers
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE TRIGGER update_models_updated_at BEFORE UPDATE ON models
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE TRIGGER update_provider_templates_updated_at BEFORE UPDATE ON provider_templates
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

COMMENT ON TABLE providers IS 'LLM providers that connections can use';
COMMENT ON COLUMN providers.identifier IS 'Short name in URLs and in connections.provider, such as openai';
COMMENT ON COLUMN providers.api_endpoint IS 'Absolute base URL of the API';
COMMENT ON COLUMN providers.auth_config IS
    'Describes the credentials and never holds any: type, fields (name -> required, description, default, '
    'sensitive, validation), headers, testEndpoint';
COMMENT ON COLUMN providers.capabilities IS
    'supportsSystemMessages, supportsStreaming, supportsTools, maxContextLength (tokens), supportedRoles, '
    'supportedAuthMethods, rateLimits';
COMMENT ON COLUMN providers.is_system IS
    'True for rows that belong to the installation rather than to one user';
COMMENT ON COLUMN providers.created_by IS 'NULL for seeded rows and where the user was deleted';
COMMENT ON COLUMN providers.test_result IS 'Outcome of the connection test at last_tested';

COMMENT ON TABLE models IS 'Models that a provider offers';
COMMENT ON COLUMN models.identifier IS 'Name the provider''s API expects, unique within the provider';
COMMENT ON COLUMN models.context_length IS 'Tokens of input and output together that fit into one request';
COMMENT ON COLUMN models.capabilities IS
    'supportsSystemMessages, supportsStreaming, supportsTools, supportsFunctionCalling, supportsVision, '
    'supportsAudio, supportsImageGeneration, supportsCodeExecution, maxContextLength (tokens), supportedRoles';
COMMENT ON COLUMN models.pricing_info IS
    'inputTokenPrice and outputTokenPrice per 1,000 tokens, currency, billingUnit, lastUpdated (date); '
    'NULL where the price is unknown';
COMMENT ON COLUMN models.is_default IS 'True for the model that is offered first';

COMMENT ON TABLE provider_templates IS 'Presets from which an operator creates a provider with its models';
COMMENT ON COLUMN provider_templates.provider_config IS
    'name, description, apiEndpoint, authMethod, authConfig and capabilities of the new provider';
COMMENT ON COLUMN provider_templates.default_models IS
    'Array of its models: identifier, name, description, contextLength (tokens), capabilities, isDefault';
COMMENT ON COLUMN provider_templates.is_system IS
    'True for rows that belong to the installation rather than to one user';
COMMENT ON COLUMN provider_templates.created_by IS 'NULL for seeded rows and where the user was deleted';

-- DOWN
DO $$
DECLARE
    allow_data_loss CONSTANT boolean =
        coalesce(current_setting('promptlib.allow_data_loss', true), '') = 'on';
    provider_count  bigint;
    model_count     bigint;
    template_count  bigint;
BEGIN
    -- Nobody may add a row between the count and the drop.
    LOCK TABLE providers, models, provider_templates IN ACCESS EXCLUSIVE MODE;
    SELECT count(*) INTO provider_count FROM providers;
    SELECT count(*) INTO model_count FROM models;
    SELECT count(*) INTO template_count FROM provider_templates;
    IF provider_count + model_count + template_count > 0 AND NOT allow_data_loss THEN
        RAISE EXCEPTION 'dropping the provider tables would delete % provider(s), % model(s) and % template(s)',
            provider_count, model_count, template_count
            USING HINT = 'back them up first if they matter; '
                'alembic -x allow_data_loss=on downgrade ... deletes them for good';
    END IF;
END
$$;

ALTER TABLE connections DROP COLUMN provider_id;
DROP TABLE provider_templates;
DROP TABLE models;
DROP TABLE providers;

-- NOT VALID: connections to other providers stay as they are, new rows are checked.
ALTER TABLE connections ADD CONSTRAINT connections_provider_check
    CHECK (provider IN ('openai', 'bedrock')) NOT VALID;
-- As it was before UP, unless there are such connections.
DO $$
BEGIN
    ALTER TABLE connections VALIDATE CONSTRAINT connections_provider_check;
EXCEPTION WHEN check_violation THEN
    RAISE NOTICE 'connections_provider_check stays NOT VALID: there are connections to other providers';
END
$$;
