-- The ledger's schema as SQLite tells it. Kept equal by a test of the ledger crate;
-- with UTPOST_UPDATE_GOLDEN=1 that test writes it.

CREATE TABLE ledger (
    -- What the ledger is: one row, made with the file.
    -- In all tables times are RFC 3339 in UTC with nine decimals, so that they sort as text;
    -- digests, keys and salts are 32 bytes; JSON is in the form of the program's own types.
    id          INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    environment TEXT NOT NULL CHECK (environment IN ('practice', 'test', 'production')),
    channel_tag TEXT NOT NULL
) STRICT;

CREATE TABLE letters (
    -- Each letter and its two secrets. Retention removes both and leaves the row: without the
    -- salt nobody can guess a deleted personal value back from its digest.
    id           TEXT NOT NULL PRIMARY KEY,
    document_key BLOB CHECK (length(document_key) = 32),
    salt         BLOB CHECK (length(salt) = 32),
    begun        INTEGER NOT NULL DEFAULT 0 CHECK (begun IN (0, 1)) -- 1: it has events
, forgotten_at TEXT) STRICT, WITHOUT ROWID;

CREATE INDEX letters_not_begun ON letters (id) WHERE begun = 0;

CREATE TABLE events (
    -- What happened, in one chain for the whole ledger. Only personal values may go.
    position      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    letter        TEXT NOT NULL REFERENCES letters (id),
    at            TEXT NOT NULL,
    body          TEXT NOT NULL, -- JSON
    personal      TEXT,          -- JSON, name to value; NULL when there is none any more
    field_digests TEXT NOT NULL, -- JSON, name to SHA-256 of salt and value
    previous      BLOB NOT NULL CHECK (length(previous) = 32),
    hash          BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX events_of_letter ON events (letter, position);

CREATE TRIGGER events_stay BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events stay');
END;

CREATE TRIGGER events_stay_as_written
BEFORE UPDATE OF position, letter, at, body, field_digests, previous, hash ON events
BEGIN
    SELECT RAISE(ABORT, 'events stay as written');
END;

CREATE TRIGGER events_lose_personal_values_only
BEFORE UPDATE OF personal ON events WHEN NEW.personal IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'personal values only go');
END;

CREATE TABLE overview (
    -- What the lists show of each letter that has events: a fold of them, never the truth.
    number          INTEGER NOT NULL PRIMARY KEY, -- position of its first event: the older, the lower
    letter          TEXT NOT NULL UNIQUE REFERENCES letters (id),
    state           TEXT NOT NULL, -- its name alone
    stopped_for     TEXT,          -- JSON; why, while the letter is stopped
    kind            TEXT NOT NULL, -- JSON
    under_way       INTEGER NOT NULL CHECK (under_way IN (0, 1)), -- sealed and not finished
    in_outbox       INTEGER NOT NULL CHECK (in_outbox IN (0, 1)), -- unsent or on its way
    has_left        INTEGER NOT NULL CHECK (has_left IN (0, 1)),
    follow_up       INTEGER NOT NULL CHECK (follow_up IN (0, 1)), -- a person must look at it
    carrier         TEXT,          -- JSON
    receiver        TEXT,          -- organisation it is sealed for
    message_id      TEXT,
    conversation_id TEXT,
    attempts        INTEGER NOT NULL,
    notes           TEXT NOT NULL, -- JSON
    undo_until      TEXT,
    delivered_at    TEXT,          -- only while the letter counts as delivered
    created_at      TEXT NOT NULL,
    changed_at      TEXT NOT NULL,
    title           TEXT,          -- personal
    recipient_name  TEXT,          -- personal
    recipient       TEXT           -- personal
, went_at TEXT) STRICT;

CREATE INDEX overview_by_state ON overview (state);

CREATE INDEX overview_under_way ON overview (number) WHERE under_way = 1;

CREATE INDEX overview_in_outbox ON overview (number) WHERE in_outbox = 1;

CREATE INDEX overview_has_left ON overview (number) WHERE has_left = 1;

CREATE INDEX overview_follow_up ON overview (number) WHERE follow_up = 1;

CREATE INDEX overview_delivered ON overview (delivered_at) WHERE delivered_at IS NOT NULL;

CREATE UNIQUE INDEX overview_by_message ON overview (message_id) WHERE message_id IS NOT NULL;

CREATE UNIQUE INDEX overview_by_conversation ON overview (conversation_id)
WHERE conversation_id IS NOT NULL;

CREATE TABLE overview_words (
    -- What searches look in, folded; apart, so that many letters lie close together.
    number INTEGER NOT NULL PRIMARY KEY REFERENCES overview (number) ON DELETE CASCADE,
    words  TEXT NOT NULL -- personal
) STRICT;

CREATE TABLE documents (
    -- The bytes lie encrypted in files of their own; digest and size are of the plain bytes.
    letter TEXT NOT NULL REFERENCES letters (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    bytes  INTEGER NOT NULL,
    PRIMARY KEY (letter, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    -- Signed messages as sent, one for each attempt.
    letter  TEXT NOT NULL REFERENCES letters (id),
    attempt INTEGER NOT NULL,
    made_at TEXT NOT NULL,
    signed  TEXT NOT NULL, -- compact JWS; personal
    PRIMARY KEY (letter, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    -- Receipts exactly as received, each distinct text once. Anybody can write a known receipt
    -- id into a forged receipt, so the id alone is no key.
    number          INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order they came
    digest          BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    receipt_id      TEXT,
    conversation_id TEXT,
    letter          TEXT REFERENCES letters (id),
    raw             TEXT NOT NULL, -- compact JWS; personal
    received_at     TEXT NOT NULL,
    verdict         TEXT NOT NULL,
    signer          TEXT,
    acknowledged_at TEXT
) STRICT;

CREATE INDEX receipts_by_id ON receipts (receipt_id);

CREATE INDEX receipts_of_letter ON receipts (letter, number);

CREATE TABLE halts (
    -- When the agency's sending was stopped, and by whom it was let go on.
    number    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    code      TEXT NOT NULL, -- of the program's closed list
    since     TEXT NOT NULL,
    lifted_at TEXT,          -- NULL while it stands
    lifted_by TEXT           -- JSON
) STRICT;

CREATE UNIQUE INDEX halts_one_stands ON halts (lifted_at IS NULL) WHERE lifted_at IS NULL;

CREATE TABLE restorations (
    -- Each time the ledger was brought back from a backup. From then on it has another channel
    -- tag; receipts of letters sent before come under the former.
    number     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at         TEXT NOT NULL,
    former_tag TEXT NOT NULL UNIQUE,
    ended_at   TEXT -- NULL while nothing may be sent
) STRICT;

CREATE INDEX letters_forgotten ON letters (id) WHERE forgotten_at IS NOT NULL;

CREATE INDEX overview_by_recipient ON overview (recipient) WHERE recipient IS NOT NULL;

CREATE INDEX overview_changed ON overview (changed_at);
