#include "journal/sqlite/sqlite.h"

#define VERSION 1

/*
 * An entry belongs to a message by its number; so the one index over random ids is that of message,
 * and a commit of many entries touches few pages. delivery is 0 for what is in no mailbox.
 */
static const char tables[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE tree("
    "  one INTEGER PRIMARY KEY CHECK(one = 1),"
    "  size INTEGER NOT NULL, time INTEGER NOT NULL, edge BLOB NOT NULL) STRICT;"
    "CREATE TABLE node(place INTEGER PRIMARY KEY, hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE entry("
    "  number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, stage INTEGER NOT NULL,"
    "  hop INTEGER NOT NULL, message INTEGER, replaced INTEGER NOT NULL DEFAULT 0,"
    "  entry BLOB NOT NULL, leaf BLOB NOT NULL, wrapped BLOB,"
    "  outer_opening BLOB, inner_opening BLOB, closed_opening BLOB, release_octets BLOB) STRICT;"
    "CREATE UNIQUE INDEX entry_once ON entry(message, kind, stage, hop)"
    "  WHERE kind IN (1, 12, 13) AND replaced = 0;"
    "CREATE TABLE message("
    "  number INTEGER PRIMARY KEY,"
    "  sender TEXT NOT NULL, id BLOB NOT NULL CHECK(length(id) = 16), recipient TEXT NOT NULL,"
    "  kind INTEGER NOT NULL, entry INTEGER NOT NULL, seal BLOB, thread BLOB, type TEXT,"
    "  stage INTEGER NOT NULL, received INTEGER NOT NULL, expires INTEGER NOT NULL,"
    "  delivery INTEGER NOT NULL, release_number INTEGER NOT NULL,"
    "  wrapped BLOB, inbox BLOB, local BLOB, body BLOB) STRICT;"
    "CREATE UNIQUE INDEX message_key ON message(sender, id, recipient);"
    "CREATE INDEX message_sent ON message(sender, number);"
    "CREATE UNIQUE INDEX message_mailbox ON message(recipient, delivery) WHERE delivery > 0;"
    "CREATE INDEX message_thread ON message(recipient, thread, delivery) WHERE delivery > 0;"
    "CREATE INDEX message_waiting ON message(recipient, delivery)"
    "  WHERE delivery > 0 AND stage = 1;"
    "CREATE INDEX message_due ON message(expires, number) WHERE delivery > 0 AND stage = 1;"
    "CREATE TABLE counter("
    "  party TEXT NOT NULL, thread BLOB NOT NULL, last INTEGER NOT NULL,"
    "  PRIMARY KEY(party, thread)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE notice("
    "  entry INTEGER PRIMARY KEY, message INTEGER NOT NULL, sender TEXT NOT NULL) STRICT;"
    "CREATE INDEX notice_sender ON notice(sender, entry);"
    "INSERT INTO tree VALUES(1, 0, 0, x'');"
    "PRAGMA user_version = 1;"
    "COMMIT;";

static int version_of(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        version = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return version;
}

struct status schema_make(sqlite3 *db)
{
    int version = version_of(db);
    if (version == VERSION)
        return OK;
    if (version != 0)
        return FAIL(STORE);
    int rc = sqlite3_exec(db, tables, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : rc == SQLITE_FULL ? FAIL(FULL) : FAIL(STORE);
}

#define MESSAGE_COLUMNS                                                                            \
    "m.number, m.sender, m.id, m.recipient, m.kind, m.entry, m.seal, m.thread, m.type, m.stage,"   \
    " m.received, m.expires, m.delivery, m.release_number, m.wrapped, m.inbox FROM message AS m"

const char *const statement_texts[SQL_COUNT_OF] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_LOOK] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_TREE] = "SELECT size, time, edge FROM tree",
    [SQL_TREE_SET] = "UPDATE tree SET size = ?, time = ?, edge = ?",
    [SQL_NODE] = "SELECT hash FROM node WHERE place = ?",
    [SQL_NODE_ADD] = "INSERT INTO node VALUES(?, ?)",
    [SQL_LEAF] = "SELECT leaf FROM entry WHERE number = ?",
    [SQL_ENTRY_ADD] = "INSERT INTO entry(number, kind, stage, hop, message, entry, leaf, wrapped,"
                      " outer_opening, inner_opening, closed_opening, release_octets)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_ENTRY_REPLACE] = "UPDATE entry SET replaced = 1 WHERE number = ?",
    [SQL_ENTRY] = "SELECT number, kind, stage, hop, message, entry, leaf, wrapped, outer_opening,"
                  " inner_opening, closed_opening, release_octets FROM entry"
                  " WHERE number = ?",
    [SQL_ENTRY_OCTETS] = "SELECT entry FROM entry WHERE number = ?",
    [SQL_STAGE_ENTRY] = "SELECT number FROM entry"
                        " WHERE message = ? AND kind IN (1, 12, 13) AND kind = 13"
                        " AND stage = ? AND replaced = 0",
    [SQL_STAGES] = "SELECT number, stage FROM entry WHERE message = ?"
                   " AND kind IN (1, 12, 13) AND kind = 13 AND replaced = 0 AND number < ? ORDER "
                   "BY number LIMIT ?",
    [SQL_MESSAGE_ADD] = "INSERT INTO message(number, sender, id, recipient, kind, entry, seal,"
                        " thread, type, stage, received, expires, delivery, release_number,"
                        " wrapped, body, local, inbox)"
                        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SQL_MESSAGE_SET] = "UPDATE message SET kind = ?5, entry = ?6, seal = ?7, thread = ?8,"
                        " type = ?9, stage = ?10, received = ?11, expires = ?12, delivery = ?13,"
                        " release_number = ?14, wrapped = ?15, body = ?16, local = ?17,"
                        " inbox = ?18 WHERE number = ?1 AND sender = ?2 AND id = ?3"
                        " AND recipient = ?4",
    [SQL_MESSAGE_STAGE] = "UPDATE message SET stage = ? WHERE number = ?",
    [SQL_MESSAGE] = "SELECT " MESSAGE_COLUMNS " WHERE sender = ? AND id = ? AND recipient = ?",
    [SQL_BODY] = "SELECT body FROM message WHERE number = ?",
    [SQL_COUNT] = "INSERT INTO counter VALUES(?, ?, 1)"
                  " ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
    [SQL_MAILBOX] = "SELECT " MESSAGE_COLUMNS " WHERE recipient = ?1 AND delivery > ?3"
                    " AND delivery > 0 AND entry < ?5 ORDER BY delivery LIMIT ?6",
    [SQL_THREAD] = "SELECT " MESSAGE_COLUMNS " WHERE recipient = ?1 AND thread = ?2"
                   " AND delivery > ?3 AND delivery > 0 AND entry < ?5 ORDER BY delivery LIMIT ?6",
    [SQL_UNDELIVERED] = "SELECT " MESSAGE_COLUMNS " WHERE recipient = ?1 AND delivery > ?3"
                        " AND delivery > 0 AND stage = 1 AND entry < ?5 ORDER BY delivery LIMIT ?6",
    [SQL_SENT] = "SELECT " MESSAGE_COLUMNS " WHERE sender = ?1 AND number > ?3 AND entry < ?5"
                 " ORDER BY number LIMIT ?6",
    [SQL_OVERDUE] = "SELECT " MESSAGE_COLUMNS " WHERE expires < ?4 AND delivery > 0 AND stage = 1"
                    " AND entry < ?5 ORDER BY expires, number LIMIT ?6",
    [SQL_NOTICE_ADD] = "INSERT INTO notice VALUES(?, ?, ?)",
    [SQL_NOTICE_DROP] = "DELETE FROM notice WHERE entry = ?",
    [SQL_NOTICES] = "SELECT n.entry, e.stage, m.sender, m.id, m.recipient"
                    " FROM notice AS n JOIN entry AS e ON e.number = n.entry"
                    " JOIN message AS m ON m.number = n.message"
                    " WHERE n.sender = ?1 AND n.entry > ?3 AND n.entry < ?5"
                    " ORDER BY n.entry LIMIT ?6",
};
