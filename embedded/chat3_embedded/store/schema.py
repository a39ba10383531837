"""The tables and their indexes."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS tenants (
    tenant_id TEXT PRIMARY KEY, created_at REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS api_keys (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, permissions TEXT NOT NULL,
    active INTEGER NOT NULL, expires_at REAL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS users (
    tenant_id TEXT, user_id TEXT, type TEXT NOT NULL, created_at REAL NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS users_by_time ON users (tenant_id, created_at);

CREATE TABLE IF NOT EXISTS user_counters (
    tenant_id TEXT, user_id TEXT, total_messages INTEGER NOT NULL,
    version INTEGER NOT NULL, updated_at REAL,
    PRIMARY KEY (tenant_id, user_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS unread_by_type (
    tenant_id TEXT, user_id TEXT, dialog_id TEXT, from_type TEXT, unread INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, user_id, dialog_id, from_type)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS dialogs (
    tenant_id TEXT, dialog_id TEXT, created_at REAL NOT NULL, member_count INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, dialog_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dialogs_by_time ON dialogs (tenant_id, created_at);

CREATE TABLE IF NOT EXISTS members (
    tenant_id TEXT, dialog_id TEXT, user_id TEXT, user_key TEXT NOT NULL,
    created_at REAL NOT NULL, unread_count INTEGER NOT NULL,
    last_seen_at REAL NOT NULL, last_message_at REAL NOT NULL,
    PRIMARY KEY (tenant_id, dialog_id, user_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS members_by_user ON members (tenant_id, user_id);
CREATE INDEX IF NOT EXISTS members_by_key ON members (tenant_id, user_key);

CREATE TABLE IF NOT EXISTS messages (
    tenant_id TEXT, message_id TEXT, dialog_id TEXT NOT NULL, sender_id TEXT NOT NULL,
    content TEXT NOT NULL, type TEXT NOT NULL, created_at REAL NOT NULL,
    topic_id TEXT, quoted TEXT,
    deleted INTEGER, deleted_at REAL, deleted_by TEXT,
    edited INTEGER, edited_at REAL, edited_by TEXT,
    PRIMARY KEY (tenant_id, message_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS messages_by_dialog ON messages (tenant_id, dialog_id, created_at);
CREATE INDEX IF NOT EXISTS messages_by_time ON messages (tenant_id, created_at);

CREATE TABLE IF NOT EXISTS message_versions (
    tenant_id TEXT, message_id TEXT, number INTEGER, content TEXT NOT NULL, edited_by TEXT,
    created_at REAL NOT NULL,
    PRIMARY KEY (tenant_id, message_id, number)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS statuses (
    number INTEGER PRIMARY KEY, object_id TEXT NOT NULL, tenant_id TEXT NOT NULL,
    message_id TEXT NOT NULL, user_id TEXT NOT NULL, user_type TEXT, status TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS statuses_by_message ON statuses (tenant_id, message_id, user_id);

CREATE TABLE IF NOT EXISTS reactions (
    object_id TEXT NOT NULL, tenant_id TEXT, message_id TEXT, user_id TEXT, reaction TEXT,
    created_at REAL NOT NULL,
    PRIMARY KEY (tenant_id, message_id, user_id, reaction)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS topics (
    tenant_id TEXT, topic_id TEXT, dialog_id TEXT NOT NULL, created_at REAL NOT NULL,
    PRIMARY KEY (tenant_id, topic_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS topics_by_dialog ON topics (tenant_id, dialog_id, created_at);

CREATE TABLE IF NOT EXISTS packs (
    tenant_id TEXT, pack_id TEXT, created_at REAL NOT NULL,
    PRIMARY KEY (tenant_id, pack_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS pack_dialogs (
    tenant_id TEXT, pack_id TEXT, dialog_id TEXT, added_at REAL NOT NULL,
    PRIMARY KEY (tenant_id, pack_id, dialog_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pack_dialogs_by_dialog ON pack_dialogs (tenant_id, dialog_id);

CREATE TABLE IF NOT EXISTS read_tasks (
    tenant_id TEXT, dialog_id TEXT, user_id TEXT, read_until REAL NOT NULL,
    PRIMARY KEY (tenant_id, dialog_id, user_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS meta (
    object_id TEXT NOT NULL, tenant_id TEXT, entity_type TEXT, entity_id TEXT, key TEXT,
    value TEXT NOT NULL, data_type TEXT NOT NULL, created_by TEXT, created_at REAL NOT NULL,
    PRIMARY KEY (tenant_id, entity_type, entity_id, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS meta_by_value ON meta (tenant_id, entity_type, key, value);

CREATE TABLE IF NOT EXISTS meta_indexes (
    tenant_id TEXT, entity_type TEXT, index_id TEXT, definition TEXT NOT NULL,
    PRIMARY KEY (tenant_id, entity_type, index_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS outgoing (
    number INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, routing_key TEXT NOT NULL,
    body BLOB NOT NULL, headers TEXT NOT NULL, timestamp_ms INTEGER NOT NULL, published_at REAL
);
CREATE INDEX IF NOT EXISTS outgoing_by_due ON outgoing (due, number) WHERE published_at IS NULL;

CREATE TABLE IF NOT EXISTS countings (
    number INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, counting TEXT NOT NULL
);
"""

# Columns that came later, in their order: a file of an earlier version of ours gets them.
ADDED = {
    "messages": (
        "deleted INTEGER",
        "deleted_at REAL",
        "deleted_by TEXT",
        "edited INTEGER",
        "edited_at REAL",
        "edited_by TEXT",
    ),
}
