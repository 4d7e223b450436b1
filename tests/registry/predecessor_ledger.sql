-- What the predecessor remembers: its own migrations by SHA-256 of its own texts, and another component's.
CREATE TABLE migrations (
    id VARCHAR(255) PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    executed_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    checksum VARCHAR(64) NOT NULL
);
INSERT INTO migrations (id, name, executed_at, checksum) VALUES
    ('20250204110000', 'create prompt templates', '2025-02-04 11:05:01+00', encode(sha256('1'), 'hex')),
    ('20250204110001', 'populate prompt templates', '2025-02-04 11:05:02+00', encode(sha256('2'), 'hex')),
    ('20250210120000', 'create dynamic providers', '2025-02-10 12:01:03+00', encode(sha256('3'), 'hex')),
    ('20250210120001', 'populate system providers', '2025-02-10 12:01:04+00', encode(sha256('4'), 'hex'));
