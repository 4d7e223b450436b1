-- Users and their connections to LLM providers: the tables that the later migrations build on.
--
-- A database set up by the application's earlier init script has them already, together with prompts and
-- ratings that reference users. There, UP finds each object in its place and changes nothing, and DOWN keeps
-- the tables.

-- UP
CREATE TABLE IF NOT EXISTS users (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    username      varchar(50) NOT NULL UNIQUE,
    email         varchar(255) NOT NULL UNIQUE,
    password_hash varchar(255) NOT NULL,
    role          varchar(20) DEFAULT 'user' CHECK (role IN ('admin', 'user', 'viewer')),
    created_at    timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at    timestamptz DEFAULT CURRENT_TIMESTAMP,
    last_login    timestamptz,
    preferences   jsonb DEFAULT '{}'
);

CREATE TABLE IF NOT EXISTS connections (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        varchar(255) NOT NULL,
    provider    varchar(50) NOT NULL CHECK (provider IN ('openai', 'bedrock')),
    owner_id    uuid REFERENCES users ON DELETE CASCADE,
    config      jsonb NOT NULL,
    status      varchar(20) DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'error')),
    created_at  timestamptz DEFAULT CURRENT_TIMESTAMP,
    updated_at  timestamptz DEFAULT CURRENT_TIMESTAMP,
    last_tested timestamptz
);

CREATE INDEX IF NOT EXISTS idx_connections_owner_id ON connections (owner_id);
CREATE INDEX IF NOT EXISTS idx_connections_provider ON connections (provider);

-- Neither functions nor triggers have an IF NOT EXISTS, and OR REPLACE would overwrite what is there.
DO $$
BEGIN
    IF to_regprocedure('update_updated_at_column()') IS NULL THEN
        CREATE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
            NEW.updated_at = CURRENT_TIMESTAMP;
            RETURN NEW;
        END;
        $function$;
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = 'users'::regclass AND tgname = 'update_users_updated_at'
    ) THEN
        CREATE TRIGGER update_users_updated_at BEFORE UPDATE ON users
            FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
    END IF;

    IF NOT EXISTS (
        SELECT FROM pg_trigger
        WHERE tgrelid = 'connections'::regclass AND tgname = 'update_connections_updated_at'
    ) THEN
        CREATE TRIGGER update_connections_updated_at BEFORE UPDATE ON connections
            FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
    END IF;
END
$$;

-- DOWN
DO $$
DECLARE
    base_tables      CONSTANT regclass[] = ARRAY['users', 'connections']::regclass[];
    allow_data_loss  CONSTANT boolean =
        coalesce(current_setting('promptlib.allow_data_loss', true), '') = 'on';
    referencing      text;
    user_count       bigint;
    connection_count bigint;
BEGIN
    SELECT string_agg(DISTINCT conrelid::regclass::text, ', ') INTO referencing
    FROM pg_constraint
    WHERE contype = 'f' AND confrelid = ANY (base_tables) AND conrelid <> ALL (base_tables);

    IF referencing IS NOT NULL THEN
        RAISE NOTICE 'users and connections stay: they are referenced by %', referencing;
        RETURN;
    END IF;

    -- Nobody may add a row between the count and the drop.
    LOCK TABLE users, connections IN ACCESS EXCLUSIVE MODE;
    SELECT count(*) INTO user_count FROM users;
    SELECT count(*) INTO connection_count FROM connections;
    IF user_count + connection_count > 0 AND NOT allow_data_loss THEN
        RAISE EXCEPTION 'dropping the base tables would delete % user(s) and % connection(s)',
            user_count, connection_count
            USING HINT = 'back them up first if they matter; '
                'alembic -x allow_data_loss=on downgrade ... deletes them for good';
    END IF;

    DROP TABLE connections;
    DROP TABLE users;

    IF EXISTS (SELECT FROM pg_trigger WHERE tgfoid = 'update_updated_at_column()'::regprocedure) THEN
        RAISE NOTICE 'function update_updated_at_column() stays: triggers of other tables use it';
    ELSE
        DROP FUNCTION update_updated_at_column();
    END IF;
END
$$;
