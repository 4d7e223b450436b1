-- What a template makes a provider of has the shape that a provider's own columns must have: an object with name,
-- apiEndpoint, authMethod, authConfig and capabilities. Templates that an earlier installation seeded have keys in
-- snake case, which nothing reads.
--
-- Rows of another shape are not mended: what their provider should be, only their owner knows. UP names them and
-- changes nothing. From the first statement on none can be written; validating keeps nobody waiting.

-- UP transaction:false
DO $$
DECLARE
    rows bigint;
    ids  text[];
BEGIN
    ALTER TABLE provider_templates
        ADD CONSTRAINT provider_templates_provider_config_check CHECK ((
            jsonb_typeof(provider_config) = 'object'
            AND jsonb_typeof(provider_config -> 'name') = 'string'
            AND provider_config ->> 'apiEndpoint' ~* '^https?://[^/?#]'
            AND provider_config ->> 'apiEndpoint' ~ '^[!-~]+$'
            AND provider_config ->> 'authMethod' IN ('api_key', 'oauth2', 'aws_iam', 'custom')
            AND provider_config -> 'authConfig' ->> 'type' = provider_config ->> 'authMethod'
            AND jsonb_typeof(provider_config -> 'authConfig' -> 'fields') = 'object'
            AND provider_config -> 'authConfig' -> 'fields' ?& CASE provider_config ->> 'authMethod'
                WHEN 'api_key' THEN ARRAY['apiKey']
                WHEN 'oauth2' THEN ARRAY['clientId', 'clientSecret', 'tokenUrl']
                WHEN 'aws_iam' THEN ARRAY['accessKeyId', 'secretAccessKey', 'region']
                ELSE '{}'
            END
            AND provider_config -> 'capabilities' @@ 'strict $.maxContextLength >= 1
                && $.maxContextLength <= 2000000 && $.maxContextLength.floor() == $.maxContextLength
                && $.supportsSystemMessages.type() == "boolean"
                && $.supportsStreaming.type() == "boolean"
                && $.supportsTools.type() == "boolean"
                && $.supportedRoles.type() == "array" && $.supportedRoles.size() > 0
                && $.supportedAuthMethods.type() == "array" && $.supportedAuthMethods.size() > 0'
        ) IS TRUE) NOT VALID;

    EXECUTE format('SELECT count(*), array_agg(id::text ORDER BY id) FROM provider_templates WHERE NOT (%s)',
        (SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint
         WHERE conrelid = 'provider_templates'::regclass AND conname = 'provider_templates_provider_config_check'))
        INTO rows, ids;
    IF rows > 0 THEN
        RAISE EXCEPTION '% row(s) of provider_templates break provider_templates_provider_config_check (id %)',
            rows, array_to_string(ids[:20], ', ') || CASE WHEN rows > 20 THEN ' and others' ELSE '' END
            USING HINT = 'provider_config must hold name, apiEndpoint, authMethod, authConfig and capabilities as a '
                'provider has them: change those rows, or delete templates that nobody uses, then upgrade again; '
                'nothing has been changed';
    END IF;
END
$$;

ALTER TABLE provider_templates VALIDATE CONSTRAINT provider_templates_provider_config_check;

-- DOWN
ALTER TABLE provider_templates DROP CONSTRAINT provider_templates_provider_config_check;
