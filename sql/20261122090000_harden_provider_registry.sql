-- The registry's rules, held by the database: no row that breaks one can be written any more. Both kinds of
-- database, made from empty or by an earlier installation, have the same schema from here on.
--
-- Rows that break a rule are mended where only one outcome makes sense, and counted in notices. Where somebody
-- has to decide (a provider's identifier, an endpoint, a context length out of range, a template without
-- models), UP names the rule and the rows, and changes nothing. No mend and no link changes an updated_at.
--
-- It runs outside a transaction, because connections may hold millions of rows that are in use: they are linked
-- in small transactions. Everything else concerns providers, models and provider_templates, which are small:
-- they are locked once, while the first statement mends them. Constraints are added without looking at the rows
-- (NOT VALID) and validated afterwards, which keeps nobody waiting.

-- UP transaction:false
DO $$
DECLARE
    unassigned uuid = overlay(overlay(left(encode(sha256('promptlib/provider/unassigned'), 'hex'), 32)
        PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid;
    has_limit  CONSTANT jsonpath = 'strict $.maxContextLength >= 1 && $.maxContextLength <= 2000000
        && $.maxContextLength.floor() == $.maxContextLength';
    mended     text[] = '{}';
    line       text;
    rows       bigint;
    twin       record;
    free       text;
    suffix     text;
    rule       record;
    broken     text[] = '{}';
    ids        uuid[];
BEGIN
    LOCK TABLE providers, models, provider_templates IN ACCESS EXCLUSIVE MODE;
    -- A mend is not an edit. A pending check of a deferred constraint would keep the triggers from resting.
    SET CONSTRAINTS ALL IMMEDIATE;
    ALTER TABLE providers DISABLE TRIGGER update_providers_updated_at;
    ALTER TABLE models DISABLE TRIGGER update_models_updated_at;
    ALTER TABLE provider_templates DISABLE TRIGGER update_provider_templates_updated_at;

    UPDATE providers SET
        status = coalesce(status, 'active'), is_system = coalesce(is_system, false),
        created_at = coalesce(created_at, CURRENT_TIMESTAMP), updated_at = coalesce(updated_at, CURRENT_TIMESTAMP)
    WHERE num_nulls(status, is_system, created_at, updated_at) > 0;
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s provider(s): NULL became the default', rows);

    UPDATE models SET
        status = coalesce(status, 'active'), is_default = coalesce(is_default, false),
        created_at = coalesce(created_at, CURRENT_TIMESTAMP), updated_at = coalesce(updated_at, CURRENT_TIMESTAMP)
    WHERE num_nulls(status, is_default, created_at, updated_at) > 0;
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s model(s): NULL became the default', rows);

    UPDATE provider_templates SET
        is_system = coalesce(is_system, false),
        created_at = coalesce(created_at, CURRENT_TIMESTAMP), updated_at = coalesce(updated_at, CURRENT_TIMESTAMP)
    WHERE num_nulls(is_system, created_at, updated_at) > 0;
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s template(s): NULL became the default', rows);

    DELETE FROM provider_templates USING (
        SELECT id, row_number() OVER (
            PARTITION BY name, description, provider_config, default_models, is_system, created_by
            ORDER BY created_at, id
        ) AS place
        FROM provider_templates
    ) AS ranked
    WHERE provider_templates.id = ranked.id AND place > 1;
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s template(s) removed: exact duplicates of an older one', rows);

    rows = 0;
    FOR twin IN
        SELECT id, name FROM (
            SELECT id, name, row_number() OVER (PARTITION BY name ORDER BY created_at, id) AS place
            FROM provider_templates
        ) AS ranked
        WHERE place > 1 ORDER BY name, place
    LOOP
        FOR number IN 2..2147483647 LOOP
            suffix = format(' (%s)', number);
            free = left(twin.name, 255 - length(suffix)) || suffix;
            EXIT WHEN NOT EXISTS (SELECT FROM provider_templates WHERE name = free);
        END LOOP;
        UPDATE provider_templates SET name = free WHERE id = twin.id;
        rows = rows + 1;
    END LOOP;
    mended = mended || format('%s template(s) renamed: an older one has the name', rows);

    IF EXISTS (SELECT FROM models WHERE provider_id IS NULL) THEN
        INSERT INTO providers
            (id, identifier, name, description, api_endpoint, auth_method, auth_config, capabilities, status)
        SELECT unassigned, 'unassigned', 'Unassigned',
            'Models that had no provider; the host of the endpoint does not exist',
            'https://unassigned.invalid', 'custom', '{"type": "custom", "fields": {}}',
            jsonb_build_object(
                'supportsSystemMessages', false,
                'supportsStreaming', false,
                'supportsTools', false,
                'maxContextLength', max(context_length),
                'supportedRoles', ARRAY['user', 'assistant'],
                'supportedAuthMethods', ARRAY['custom']
            ),
            'inactive'
        FROM models WHERE provider_id IS NULL
        ON CONFLICT (identifier) DO NOTHING;
        SELECT id INTO unassigned FROM providers WHERE identifier = 'unassigned';

        rows = 0;
        FOR twin IN SELECT id, identifier FROM models WHERE provider_id IS NULL ORDER BY created_at, id LOOP
            FOR number IN 1..2147483647 LOOP
                suffix = CASE WHEN number > 1 THEN format('-%s', number) ELSE '' END;
                free = left(twin.identifier, 100 - length(suffix)) || suffix;
                -- Those that are still to be moved keep their names if they can.
                EXIT WHEN NOT EXISTS (
                    SELECT FROM models WHERE identifier = free
                    AND (provider_id = unassigned OR (provider_id IS NULL AND number > 1))
                );
            END LOOP;
            UPDATE models SET provider_id = unassigned, identifier = free WHERE id = twin.id;
            rows = rows + 1;
        END LOOP;
        mended = mended || format('%s model(s) without a provider moved to the provider unassigned', rows);
    END IF;

    UPDATE models SET is_default = false FROM (
        SELECT id, row_number() OVER (PARTITION BY provider_id ORDER BY created_at, id) AS place
        FROM models WHERE is_default
    ) AS ranked
    WHERE models.id = ranked.id AND place > 1;
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s model(s) not the default any more: an older one of the provider is', rows);

    UPDATE models SET capabilities = capabilities || jsonb_build_object('maxContextLength', context_length)
    WHERE jsonb_typeof(capabilities) = 'object' AND (capabilities @@ has_limit) IS NOT TRUE;
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s model(s): maxContextLength from context_length', rows);

    UPDATE models SET pricing_info = NULL WHERE pricing_info = 'null';
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s model(s): the JSON null of pricing_info became NULL', rows);

    UPDATE providers SET api_endpoint = concrete.api_endpoint
    FROM (VALUES
        ('openai',            'https://api.openai.com/v1'),
        ('anthropic',         'https://api.anthropic.com/v1'),
        ('bedrock',           'https://bedrock-runtime.us-east-1.amazonaws.com'),
        ('microsoft-copilot', 'https://YOUR-RESOURCE.openai.azure.com')
    ) AS concrete (identifier, api_endpoint)
    WHERE is_system AND providers.identifier = concrete.identifier
        AND providers.api_endpoint ~ '^[^/]*//[^/?#]*[{}]';
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s provider(s): the host of the endpoint has no braces any more', rows);

    UPDATE providers SET auth_config = complete.auth_config
    FROM providers AS old,
        LATERAL (SELECT coalesce(jsonb_object_agg(
            field, '{"required": true, "sensitive": true, "description": ""}'::jsonb
        ), '{}') FROM unnest(CASE old.auth_method
            WHEN 'api_key' THEN ARRAY['apiKey']
            WHEN 'oauth2' THEN ARRAY['clientId', 'clientSecret', 'tokenUrl']
            WHEN 'aws_iam' THEN ARRAY['accessKeyId', 'secretAccessKey', 'region']
        END) AS field) AS required (fields),
        LATERAL (SELECT old.auth_config || jsonb_build_object(
            'type', old.auth_method,
            'fields', required.fields || CASE WHEN jsonb_typeof(old.auth_config -> 'fields') = 'object'
                THEN old.auth_config -> 'fields' ELSE '{}' END
        )) AS complete (auth_config)
    WHERE providers.id = old.id AND jsonb_typeof(old.auth_config) = 'object'
        AND complete.auth_config <> old.auth_config;
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s provider(s): type and required fields of auth_config', rows);

    UPDATE providers SET capabilities = complete.capabilities
    FROM providers AS old,
        LATERAL (SELECT old.capabilities || jsonb_object_agg(key, CASE
            WHEN key = 'maxContextLength' AND old.capabilities @@ has_limit
                OR key LIKE 'supports%' AND jsonb_typeof(old.capabilities -> key) = 'boolean'
                OR key LIKE 'supported%' AND old.capabilities -> key @@ 'strict $.type() == "array" && $.size() > 0'
            THEN old.capabilities -> key ELSE careful END)
        FROM (VALUES
            ('supportsSystemMessages', jsonb 'false'),
            ('supportsStreaming', 'false'),
            ('supportsTools', 'false'),
            ('supportedRoles', '["user", "assistant"]'),
            ('supportedAuthMethods', jsonb_build_array(old.auth_method)),
            ('maxContextLength', to_jsonb(coalesce(
                (SELECT max(context_length) FROM models WHERE provider_id = old.id), 4096)))
        ) AS needed (key, careful)) AS complete (capabilities)
    WHERE providers.id = old.id AND jsonb_typeof(old.capabilities) = 'object'
        AND complete.capabilities <> old.capabilities;
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s provider(s): required keys of capabilities', rows);

    UPDATE providers
    SET capabilities = jsonb_set(capabilities, '{maxContextLength}', to_jsonb(largest.context_length))
    FROM (SELECT provider_id, max(context_length) FROM models GROUP BY provider_id)
        AS largest (provider_id, context_length)
    WHERE providers.id = largest.provider_id AND capabilities @@ has_limit
        AND (capabilities -> 'maxContextLength')::numeric < largest.context_length;
    GET DIAGNOSTICS rows = ROW_COUNT;
    mended = mended || format('%s provider(s): maxContextLength raised to that of a model', rows);

    ALTER TABLE providers ENABLE TRIGGER update_providers_updated_at;
    ALTER TABLE models ENABLE TRIGGER update_models_updated_at;
    ALTER TABLE provider_templates ENABLE TRIGGER update_provider_templates_updated_at;

    ALTER TABLE providers
        ADD CONSTRAINT providers_identifier_check CHECK (identifier ~ '^[a-z0-9_-]{2,50}$') NOT VALID,
        -- A URI is written in ASCII. In a seeded row nobody fills in what braces stand for.
        ADD CONSTRAINT providers_api_endpoint_check CHECK (
            api_endpoint ~* '^https?://[^/?#]' AND api_endpoint ~ '^[!-~]+$'
            AND NOT (is_system AND api_endpoint ~ '^[^/]*//[^/?#]*[{}]')
        ) NOT VALID,
        ADD CONSTRAINT providers_auth_config_check CHECK ((
            jsonb_typeof(auth_config) = 'object'
            AND auth_config ->> 'type' = auth_method
            AND jsonb_typeof(auth_config -> 'fields') = 'object'
            AND auth_config -> 'fields' ?& CASE auth_method
                WHEN 'api_key' THEN ARRAY['apiKey']
                WHEN 'oauth2' THEN ARRAY['clientId', 'clientSecret', 'tokenUrl']
                WHEN 'aws_iam' THEN ARRAY['accessKeyId', 'secretAccessKey', 'region']
                ELSE '{}'
            END
        ) IS TRUE) NOT VALID,
        ADD CONSTRAINT providers_capabilities_check CHECK ((
            capabilities @@ 'strict $.maxContextLength >= 1 && $.maxContextLength <= 2000000
                && $.maxContextLength.floor() == $.maxContextLength
                && $.supportsSystemMessages.type() == "boolean"
                && $.supportsStreaming.type() == "boolean"
                && $.supportsTools.type() == "boolean"
                && $.supportedRoles.type() == "array" && $.supportedRoles.size() > 0
                && $.supportedAuthMethods.type() == "array" && $.supportedAuthMethods.size() > 0'
        ) IS TRUE) NOT VALID,
        ADD CONSTRAINT providers_complete CHECK (
            status IS NOT NULL AND is_system IS NOT NULL AND created_at IS NOT NULL AND updated_at IS NOT NULL
        ) NOT VALID;

    ALTER TABLE models
        ADD CONSTRAINT models_identifier_check CHECK (identifier ~ '^[A-Za-z0-9_./:-]{1,100}$') NOT VALID,
        ADD CONSTRAINT models_context_length_check CHECK (context_length BETWEEN 1 AND 2000000) NOT VALID,
        ADD CONSTRAINT models_capabilities_check CHECK ((
            capabilities @@ 'strict $.maxContextLength >= 1 && $.maxContextLength <= 2000000
                && $.maxContextLength.floor() == $.maxContextLength'
        ) IS TRUE) NOT VALID,
        ADD CONSTRAINT models_pricing_info_check CHECK (jsonb_typeof(pricing_info) = 'object') NOT VALID,
        ADD CONSTRAINT models_complete CHECK (
            provider_id IS NOT NULL AND status IS NOT NULL AND is_default IS NOT NULL
            AND created_at IS NOT NULL AND updated_at IS NOT NULL
        ) NOT VALID;
    CREATE UNIQUE INDEX models_default_key ON models (provider_id) WHERE is_default;

    ALTER TABLE provider_templates
        ADD CONSTRAINT provider_templates_name_key UNIQUE (name),
        ADD CONSTRAINT provider_templates_default_models_check CHECK (
            (default_models @@ 'strict $.type() == "array" && $.size() > 0') IS TRUE
        ) NOT VALID,
        ADD CONSTRAINT provider_templates_complete CHECK (
            is_system IS NOT NULL AND created_at IS NOT NULL AND updated_at IS NOT NULL
        ) NOT VALID;

    -- The rules of this transaction: an operator may have others, not valid for reasons of his own.
    FOR rule IN
        SELECT conname AS name, conrelid::regclass AS of_table, pg_get_expr(conbin, conrelid) AS condition
        FROM pg_constraint
        WHERE NOT convalidated AND xmin = pg_current_xact_id()::xid
        ORDER BY 2, 1
    LOOP
        EXECUTE format('SELECT count(*), array_agg(id) FROM %s WHERE (%s) IS FALSE',
            rule.of_table, rule.condition) INTO rows, ids;
        IF rows > 0 THEN
            broken = broken || format('%s row(s) of %s break %s (id %s)',
                rows, rule.of_table, rule.name, array_to_string(ids[:3], ', '));
        END IF;
    END LOOP;
    IF broken <> '{}' THEN
        RAISE EXCEPTION '%', array_to_string(broken, '; ')
            USING HINT = 'nobody but you can say what is right there: change those rows, then upgrade again; '
                'nothing has been changed';
    END IF;

    -- The limit of context lengths lies in another table, so triggers hold it, from either side. They run as
    -- their owner: whoever may write models need not be allowed to lock providers.
    CREATE FUNCTION require_model_within_limit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
    DECLARE
        most numeric;
    BEGIN
        IF TG_OP = 'UPDATE' AND NEW.context_length <= OLD.context_length AND NEW.provider_id = OLD.provider_id THEN
            RETURN NULL;
        END IF;
        -- Nobody may lower the limit until this model is visible to him.
        SELECT capabilities -> 'maxContextLength' INTO most FROM providers WHERE id = NEW.provider_id FOR SHARE;
        IF NEW.context_length > most THEN
            RAISE check_violation USING
                MESSAGE = format('context_length %s of model %s is above its provider''s maxContextLength %s',
                    NEW.context_length, NEW.identifier, most),
                HINT = 'raise the provider''s limit first',
                TABLE = 'models', COLUMN = 'context_length', CONSTRAINT = 'models_within_limit';
        END IF;
        RETURN NULL;
    END;
    $function$;

    CREATE FUNCTION require_limit_above_models() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
    DECLARE
        most    CONSTANT numeric = NEW.capabilities -> 'maxContextLength';
        largest integer;
    BEGIN
        IF most >= (OLD.capabilities -> 'maxContextLength')::numeric THEN
            RETURN NULL;
        END IF;
        IF current_setting('transaction_isolation') = 'repeatable read' THEN
            RAISE feature_not_supported USING
                MESSAGE = 'a provider''s maxContextLength cannot be lowered in REPEATABLE READ',
                HINT = 'models that others have added meanwhile cannot be seen there; use READ COMMITTED';
        END IF;
        SELECT max(context_length) INTO largest FROM models WHERE provider_id = NEW.id;
        IF largest > most THEN
            RAISE check_violation USING
                MESSAGE = format('maxContextLength %s of provider %s is below the context_length %s of a model',
                    most, NEW.identifier, largest),
                HINT = 'lower the model''s context_length first',
                TABLE = 'providers', COLUMN = 'capabilities', CONSTRAINT = 'providers_above_models';
        END IF;
        RETURN NULL;
    END;
    $function$;

    CREATE FUNCTION keep_system_providers() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $function$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE restrict_violation USING
                MESSAGE = format('system provider %s cannot be deleted', OLD.identifier),
                HINT = 'set its status to inactive',
                TABLE = 'providers', CONSTRAINT = 'providers_keep_system';
        ELSIF EXISTS (SELECT FROM providers WHERE is_system) THEN
            RAISE restrict_violation USING
                MESSAGE = 'system providers cannot be deleted, so providers cannot be truncated',
                TABLE = 'providers', CONSTRAINT = 'providers_keep_system';
        END IF;
        RETURN NULL;
    END;
    $function$;

    -- Whatever search_path a session has, its temporary tables included.
    FOREACH line IN ARRAY ARRAY['require_model_within_limit()', 'require_limit_above_models()', 'keep_system_providers()']
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %s, pg_temp', line,
            (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = 'providers'::regclass));
    END LOOP;

    CREATE TRIGGER models_within_limit AFTER INSERT OR UPDATE ON models
        FOR EACH ROW EXECUTE FUNCTION require_model_within_limit();
    CREATE TRIGGER providers_above_models AFTER UPDATE ON providers
        FOR EACH ROW WHEN (NEW.capabilities -> 'maxContextLength' <> OLD.capabilities -> 'maxContextLength')
        EXECUTE FUNCTION require_limit_above_models();
    CREATE TRIGGER providers_keep_system BEFORE DELETE ON providers
        FOR EACH ROW WHEN (OLD.is_system) EXECUTE FUNCTION keep_system_providers();
    CREATE TRIGGER providers_keep_system_at_truncate BEFORE TRUNCATE ON providers
        FOR EACH STATEMENT EXECUTE FUNCTION keep_system_providers();

    FOREACH line IN ARRAY mended LOOP
        IF line NOT LIKE '0 %' THEN
            RAISE NOTICE 'mended %', line;
        END IF;
    END LOOP;
END
$$;

-- Validating reads the rows and lets others write. What a valid CHECK says, SET NOT NULL takes for granted.
ALTER TABLE providers
    VALIDATE CONSTRAINT providers_identifier_check,
    VALIDATE CONSTRAINT providers_api_endpoint_check,
    VALIDATE CONSTRAINT providers_auth_config_check,
    VALIDATE CONSTRAINT providers_capabilities_check,
    VALIDATE CONSTRAINT providers_complete;
ALTER TABLE providers
    ALTER status SET NOT NULL,
    ALTER is_system SET NOT NULL,
    ALTER created_at SET NOT NULL,
    ALTER updated_at SET NOT NULL;
ALTER TABLE providers DROP CONSTRAINT IF EXISTS providers_complete;

ALTER TABLE models
    VALIDATE CONSTRAINT models_identifier_check,
    VALIDATE CONSTRAINT models_context_length_check,
    VALIDATE CONSTRAINT models_capabilities_check,
    VALIDATE CONSTRAINT models_pricing_info_check,
    VALIDATE CONSTRAINT models_complete;
ALTER TABLE models
    ALTER provider_id SET NOT NULL,
    ALTER status SET NOT NULL,
    ALTER is_default SET NOT NULL,
    ALTER created_at SET NOT NULL,
    ALTER updated_at SET NOT NULL;
ALTER TABLE models DROP CONSTRAINT IF EXISTS models_complete;

ALTER TABLE provider_templates
    VALIDATE CONSTRAINT provider_templates_default_models_check,
    VALIDATE CONSTRAINT provider_templates_complete;
ALTER TABLE provider_templates
    ALTER is_system SET NOT NULL,
    ALTER created_at SET NOT NULL,
    ALTER updated_at SET NOT NULL;
ALTER TABLE provider_templates DROP CONSTRAINT IF EXISTS provider_templates_complete;

-- Beside a UNIQUE constraint that begins with the same column, or on a column of two or three values.
DROP INDEX IF EXISTS
    idx_providers_identifier, idx_providers_status, idx_providers_is_system, idx_providers_created_at,
    idx_providers_created_by,
    idx_models_provider_id, idx_models_status, idx_models_is_default, idx_models_created_at,
    idx_provider_templates_name, idx_provider_templates_is_system, idx_provider_templates_created_by;
-- Lists are asked for by status, the oldest first. Seeded rows, which nobody looks for by user, need no entry.
CREATE INDEX idx_providers_status_created_at ON providers (status, created_at);
CREATE INDEX idx_providers_created_by ON providers (created_by) WHERE created_by IS NOT NULL;
CREATE INDEX idx_models_status_created_at ON models (status, created_at);
CREATE INDEX idx_provider_templates_created_by ON provider_templates (created_by) WHERE created_by IS NOT NULL;

-- Databases that an earlier installation made have none of these.
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

-- In transactions of 200 rows, so that nobody who edits a connection waits for more than one of them.
-- Rows that are being edited are left for the end and taken one by one. For this transaction alone the trigger's
-- function does nothing: disabling the trigger itself would lock the table.
DO $$
DECLARE
    trigger_function CONSTANT text = pg_get_functiondef('update_updated_at_column()'::regprocedure);
    batch_size       integer;
    batch            uuid[];
    rows             bigint;
    linked           bigint = 0;
BEGIN
    FOREACH batch_size IN ARRAY ARRAY[200, 1] LOOP
        FOR batch IN
            SELECT array_agg(id) FROM (
                SELECT connections.id, row_number() OVER () / batch_size AS number
                FROM connections JOIN providers ON providers.identifier = connections.provider
                WHERE connections.provider_id IS NULL
            ) AS unlinked
            GROUP BY number
        LOOP
            EXECUTE format('CREATE OR REPLACE FUNCTION %s RETURNS trigger LANGUAGE plpgsql AS %L',
                'update_updated_at_column()'::regprocedure, 'BEGIN RETURN NEW; END');
            EXECUTE format('
                WITH free AS (
                    SELECT id FROM connections WHERE id = ANY ($1) AND provider_id IS NULL
                    FOR NO KEY UPDATE %s
                )
                UPDATE connections SET provider_id = providers.id
                FROM free, providers
                WHERE connections.id = free.id AND providers.identifier = connections.provider',
                CASE WHEN batch_size > 1 THEN 'SKIP LOCKED' END) USING batch;
            GET DIAGNOSTICS rows = ROW_COUNT;
            linked = linked + rows;
            EXECUTE trigger_function;
            COMMIT;
        END LOOP;
    END LOOP;
    IF linked > 0 THEN
        RAISE NOTICE 'linked % connection(s) to the provider they name', linked;
    END IF;
END
$$;

-- DOWN
-- IF EXISTS is for an UP that was cut off halfway; otherwise there is nothing to tell of it.
SET LOCAL client_min_messages = warning;
DROP TRIGGER IF EXISTS providers_keep_system_at_truncate ON providers;
DROP TRIGGER IF EXISTS providers_keep_system ON providers;
DROP TRIGGER IF EXISTS providers_above_models ON providers;
DROP TRIGGER IF EXISTS models_within_limit ON models;
DROP FUNCTION IF EXISTS keep_system_providers(), require_limit_above_models(), require_model_within_limit();

ALTER TABLE providers
    DROP CONSTRAINT IF EXISTS providers_identifier_check,
    DROP CONSTRAINT IF EXISTS providers_api_endpoint_check,
    DROP CONSTRAINT IF EXISTS providers_auth_config_check,
    DROP CONSTRAINT IF EXISTS providers_capabilities_check,
    DROP CONSTRAINT IF EXISTS providers_complete,
    ALTER status DROP NOT NULL,
    ALTER is_system DROP NOT NULL,
    ALTER created_at DROP NOT NULL,
    ALTER updated_at DROP NOT NULL;
ALTER TABLE models
    DROP CONSTRAINT IF EXISTS models_identifier_check,
    DROP CONSTRAINT IF EXISTS models_context_length_check,
    DROP CONSTRAINT IF EXISTS models_capabilities_check,
    DROP CONSTRAINT IF EXISTS models_pricing_info_check,
    DROP CONSTRAINT IF EXISTS models_complete,
    ALTER provider_id DROP NOT NULL,
    ALTER status DROP NOT NULL,
    ALTER is_default DROP NOT NULL,
    ALTER created_at DROP NOT NULL,
    ALTER updated_at DROP NOT NULL;
ALTER TABLE provider_templates
    DROP CONSTRAINT IF EXISTS provider_templates_name_key,
    DROP CONSTRAINT IF EXISTS provider_templates_default_models_check,
    DROP CONSTRAINT IF EXISTS provider_templates_complete,
    ALTER is_system DROP NOT NULL,
    ALTER created_at DROP NOT NULL,
    ALTER updated_at DROP NOT NULL;

DROP INDEX IF EXISTS
    models_default_key, idx_providers_status_created_at, idx_providers_created_by, idx_models_status_created_at,
    idx_provider_templates_created_by;
CREATE INDEX IF NOT EXISTS idx_providers_identifier ON providers (identifier);
CREATE INDEX IF NOT EXISTS idx_providers_status ON providers (status);
CREATE INDEX IF NOT EXISTS idx_providers_is_system ON providers (is_system);
CREATE INDEX IF NOT EXISTS idx_providers_created_by ON providers (created_by);
CREATE INDEX IF NOT EXISTS idx_providers_created_at ON providers (created_at);
CREATE INDEX IF NOT EXISTS idx_models_provider_id ON models (provider_id);
CREATE INDEX IF NOT EXISTS idx_models_status ON models (status);
CREATE INDEX IF NOT EXISTS idx_models_is_default ON models (is_default);
CREATE INDEX IF NOT EXISTS idx_models_created_at ON models (created_at);
CREATE INDEX IF NOT EXISTS idx_provider_templates_name ON provider_templates (name);
CREATE INDEX IF NOT EXISTS idx_provider_templates_is_system ON provider_templates (is_system);
CREATE INDEX IF NOT EXISTS idx_provider_templates_created_by ON provider_templates (created_by);

-- What was mended stays mended, and links stay. The provider unassigned goes; models below it have none again.
DO $$
DECLARE
    allow_data_loss  CONSTANT boolean =
        coalesce(current_setting('promptlib.allow_data_loss', true), '') = 'on';
    unassigned       CONSTANT uuid = overlay(overlay(left(encode(sha256('promptlib/provider/unassigned'), 'hex'), 32)
        PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid;
    trigger_function CONSTANT text = pg_get_functiondef('update_updated_at_column()'::regprocedure);
    links            bigint;
BEGIN
    -- Nobody may add a model or a link between the count and the deletion.
    LOCK TABLE providers, models, connections IN SHARE ROW EXCLUSIVE MODE;
    SELECT count(*) INTO links FROM connections
    WHERE provider_id = unassigned AND provider <> 'unassigned';
    IF links > 0 AND NOT allow_data_loss THEN
        RAISE EXCEPTION 'removing the provider unassigned would delete % link(s) of connections that the next '
            'upgrade would not restore', links
            USING HINT = 'move them to a provider of your own to keep them; '
                'alembic -x allow_data_loss=on downgrade ... deletes them for good';
    END IF;
    -- Neither is an edit: the trigger's function rests, as in UP.
    EXECUTE format('CREATE OR REPLACE FUNCTION %s RETURNS trigger LANGUAGE plpgsql AS %L',
        'update_updated_at_column()'::regprocedure, 'BEGIN RETURN NEW; END');
    UPDATE models SET provider_id = NULL WHERE provider_id = unassigned;
    UPDATE connections SET provider_id = NULL WHERE provider_id = unassigned;
    DELETE FROM providers WHERE id = unassigned;
    EXECUTE trigger_function;
END
$$;
