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

-- When retention took key, salt, documents and every personal value.
ALTER TABLE letters ADD COLUMN forgotten_at TEXT;

CREATE INDEX letters_forgotten ON letters (id) WHERE forgotten_at IS NOT NULL;

-- When the letter was last sealed, or else printed or posted here.
ALTER TABLE overview ADD COLUMN went_at TEXT;

UPDATE overview SET went_at = (
    SELECT max(at) FROM events WHERE events.letter = overview.letter
        AND (body -> '$.what.sealed' IS NOT NULL
             OR body ->> '$.what' IN ('printed_here', 'posted_here'))
);

-- What else one citizen was sent: few rows for each.
CREATE INDEX overview_by_recipient ON overview (recipient) WHERE recipient IS NOT NULL;

CREATE INDEX overview_changed ON overview (changed_at);
