#include "journal/sqlite/sqlite.h"

#define VERSION     9
#define VERSION_OLD 2 /* from this one on they are brought up to it */

/*
 * An entry belongs to a message by its number; so the one index over random ids is that of message,
 * and a commit of many entries touches few pages. delivery is 0 for what is in no box. relayed is
 * the entry that answered the peer who brought a message. A notice's number is never used again,
 * for links page by it. restored has a row for each time that a backup was put in place: the size
 * that the log had, how many of its entries are there without openings, and whether the log tells
 * of it. rewound says which of a peer's restorations was answered last, and when. law has the
 * objects of the rulebooks that were in force, of each the newest. keeping has a row for each
 * message whose octets are there, and when they are erased: after the retention, but not before
 * `ends`, and never after `retain`; a row on hold is passed over. confidential has the threads of
 * which a message claimed it, and thread_of those of entries that no row of message has a thread
 * for. keys has one line for each key in force that concerns this gateway. person has, of each
 * person in a case, the key that makes the pseudonym; `place` is a keyed index.
 */
#define RESTORED_TABLES                                                                            \
    "CREATE TABLE restored("                                                                       \
    "  size INTEGER PRIMARY KEY, lost INTEGER NOT NULL, time INTEGER NOT NULL,"                    \
    "  told INTEGER NOT NULL) STRICT;"                                                             \
    "CREATE TABLE rewound("                                                                        \
    "  box TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY(box, size)) STRICT, WITHOUT ROWID;"

/* What a peer may have lost is found by what has not expired yet, not by going through all that
 * ever went there or came from it. */
#define REWINDING                                                                                  \
    "CREATE TABLE rewound_last("                                                                   \
    "  box TEXT NOT NULL PRIMARY KEY, size INTEGER NOT NULL, time INTEGER NOT NULL)"               \
    "  STRICT, WITHOUT ROWID;"                                                                     \
    "INSERT INTO rewound_last SELECT box, max(size), 0 FROM rewound GROUP BY box;"                 \
    "DROP TABLE rewound;"                                                                          \
    "ALTER TABLE rewound_last RENAME TO rewound;"                                                  \
    "CREATE INDEX message_out ON message(box, expires)"                                            \
    "  WHERE delivery > 0 AND relayed = 0 AND box <> recipient;"                                   \
    "CREATE INDEX message_in ON message(origin, expires) WHERE relayed > 0;"

#define LAW_TABLE                                                                                  \
    "CREATE TABLE law(one INTEGER PRIMARY KEY CHECK(one = 1), objects BLOB NOT NULL) STRICT;"

/* What was accepted before there was a retention is kept as if accepted when it was decided last.
 */
#define KEEPING_TABLE                                                                              \
    "CREATE TABLE keeping("                                                                        \
    "  message INTEGER PRIMARY KEY, accepted INTEGER NOT NULL, ends INTEGER NOT NULL,"             \
    "  retain INTEGER NOT NULL, erase INTEGER NOT NULL, held INTEGER NOT NULL) STRICT;"            \
    "CREATE INDEX keeping_erase ON keeping(erase, message) WHERE held = 0;"                        \
    "INSERT INTO keeping SELECT number, received, iif(stage = 4 OR stage > 17, 0, expires),"       \
    "  9223372036854775807, 9223372036854775807, 0 FROM message WHERE wrapped IS NOT NULL;"

#define CONTENT_TABLES                                                                             \
    "CREATE TABLE confidential(thread BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;"                    \
    "CREATE TABLE thread_of(entry INTEGER PRIMARY KEY, thread BLOB NOT NULL) STRICT;"              \
    "CREATE TABLE keys(one INTEGER PRIMARY KEY CHECK(one = 1), lines BLOB NOT NULL) STRICT;"       \
    "CREATE TABLE person(place BLOB PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;"

/* The one without a size is written now; of the others nothing is added. Where there is no row, the
 * only log is the one that the lock database knows. */
#define LOG_TABLE                                                                                  \
    "CREATE TABLE log("                                                                            \
    "  number INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE, size INTEGER, root BLOB,"          \
    "  note BLOB) STRICT;"

/* Those that the retention has not come to, without going through all that it has. */
#define OPEN_INDEX "CREATE INDEX entry_open ON entry(number) WHERE wrapped IS NOT NULL;"

#define FINISH "PRAGMA user_version = 9; COMMIT;"

/* Of what a peer brought: looked through after each change of the rulebook. */
#define HELD_INDEX                                                                                 \
    "CREATE INDEX message_held ON message(number) WHERE kind = 12 AND relayed > 0 AND due > 0;"

/* Those of the oldest version. */
static const char tables[] =
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
    "  box TEXT NOT NULL, origin TEXT NOT NULL,"
    "  kind INTEGER NOT NULL, entry INTEGER NOT NULL, relayed INTEGER NOT NULL,"
    "  seal BLOB, thread BLOB, type TEXT,"
    "  stage INTEGER NOT NULL, received INTEGER NOT NULL, expires INTEGER NOT NULL,"
    "  waiting INTEGER NOT NULL, due INTEGER NOT NULL, due_time INTEGER NOT NULL,"
    "  delivery INTEGER NOT NULL, release_number INTEGER NOT NULL,"
    "  wrapped BLOB, inbox BLOB, local BLOB, body BLOB) STRICT;"
    "CREATE UNIQUE INDEX message_key ON message(sender, id, recipient);"
    "CREATE INDEX message_sent ON message(sender, number);"
    "CREATE UNIQUE INDEX message_mailbox ON message(box, delivery) WHERE delivery > 0;"
    "CREATE INDEX message_thread ON message(box, thread, delivery) WHERE delivery > 0;"
    "CREATE INDEX message_waiting ON message(box, delivery) WHERE waiting = 1;"
    "CREATE INDEX message_due ON message(due_time, number) WHERE due_time > 0;"
    "CREATE TABLE counter("
    "  party TEXT NOT NULL, thread BLOB NOT NULL, last INTEGER NOT NULL,"
    "  PRIMARY KEY(party, thread)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE notice("
    "  number INTEGER PRIMARY KEY, message INTEGER NOT NULL,"
    "  stage INTEGER NOT NULL, entry INTEGER NOT NULL, below INTEGER NOT NULL,"
    "  box TEXT NOT NULL) STRICT;"
    "CREATE INDEX notice_box ON notice(box, number);"
    "CREATE UNIQUE INDEX notice_once ON notice(message, stage);"
    "CREATE TABLE remote("
    "  place INTEGER PRIMARY KEY, message INTEGER NOT NULL, stage INTEGER NOT NULL,"
    "  wrapped BLOB NOT NULL, receipt BLOB NOT NULL) STRICT;"
    "CREATE TABLE step("
    "  origin TEXT NOT NULL, size INTEGER NOT NULL, old INTEGER NOT NULL, root BLOB NOT NULL,"
    "  path BLOB NOT NULL, note BLOB NOT NULL, PRIMARY KEY(origin, size)) STRICT;"
    "CREATE TABLE fork("
    "  number INTEGER PRIMARY KEY, origin TEXT NOT NULL, kept BLOB NOT NULL,"
    "  given BLOB NOT NULL, lifted INTEGER NOT NULL DEFAULT 0) STRICT;"
    "INSERT INTO tree VALUES(1, 0, 0, x'');";

/* Some of the oldest version were made before evidence could be laid aside. */
static const char early[] = "ALTER TABLE fork ADD COLUMN lifted INTEGER NOT NULL DEFAULT 0;";

/* What each version lacks that the next one has. */
static const char *const steps[VERSION] = {
    [VERSION_OLD] = HELD_INDEX RESTORED_TABLES,
    [3] = REWINDING,
    [4] = LAW_TABLE,
    [5] = KEEPING_TABLE,
    [6] = CONTENT_TABLES,
    [7] = LOG_TABLE,
    [8] = OPEN_INDEX,
};

/* The first number that a query gives; -1 without one. */
static int number_of(sqlite3 *db, const char *query)
{
    sqlite3_stmt *statement = NULL;
    int number = -1;
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static struct status change(sqlite3 *db, const char *text)
{
    int rc = sqlite3_exec(db, text, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL); /* of none there is: no matter */
    return rc == SQLITE_OK ? OK : rc == SQLITE_FULL ? FAIL(FULL) : FAIL(STORE);
}

static bool is_early(sqlite3 *db)
{
    return number_of(db, "SELECT count(*) FROM pragma_table_info('fork')"
                         " WHERE name = 'lifted'") == 0;
}

/* From a version on, or from nothing. */
static struct status grow(sqlite3 *db, int version)
{
    struct status s = change(db, "BEGIN IMMEDIATE");
    if (!failed(s) && version == 0)
        s = change(db, tables);
    if (!failed(s) && is_early(db))
        s = change(db, early);
    for (int v = version == 0 ? VERSION_OLD : version; !failed(s) && v < VERSION; v++)
        s = change(db, steps[v]);
    return failed(s) ? s : change(db, FINISH);
}

struct status schema_make(sqlite3 *db)
{
    int version = number_of(db, "PRAGMA user_version");
    if (version == VERSION)
        return OK;
    if (version == 0 || (version >= VERSION_OLD && version < VERSION))
        return grow(db, version);
    return version < 0 ? FAIL(STORE) : FAIL(CONFIG);
}

#define MESSAGE_COLUMNS                                                                            \
    "m.number, m.sender, m.id, m.recipient, m.box, m.origin, m.kind, m.entry, m.relayed, m.seal,"  \
    " m.thread, m.type, m.stage, m.received, m.expires, m.waiting, m.due, m.due_time, m.delivery," \
    " m.release_number, m.wrapped, m.inbox FROM message AS m"

#define STEP_COLUMNS "old, size, root, path, note FROM step WHERE origin = ?1"

const char *const statement_texts[SQL_COUNT_OF] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_LOOK] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_TREE] = "SELECT size, time, (SELECT coalesce(max(number), 0) FROM log), edge FROM tree",
    [SQL_LOG_ADD] = "INSERT INTO log(number, origin) VALUES(?, ?)",
    [SQL_LOG_CLOSE] = "UPDATE log SET size = ?2, root = ?3, note = ?4 WHERE number = ?1",
    [SQL_LOG] = "SELECT origin, size, root, note FROM log WHERE number = ?",
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
    [SQL_MESSAGE_ADD] = "INSERT INTO message(number, sender, id, recipient, box, origin, kind,"
                        " entry, relayed, seal, thread, type, stage, received, expires, waiting,"
                        " due, due_time, delivery, release_number, wrapped, body, local, inbox)"
                        " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                        " ?, ?)",
    [SQL_MESSAGE_SET] = "UPDATE message SET box = ?5, origin = ?6, kind = ?7, entry = ?8,"
                        " relayed = ?9, seal = ?10, thread = ?11, type = ?12, stage = ?13,"
                        " received = ?14, expires = ?15, waiting = ?16, due = ?17, due_time = ?18,"
                        " delivery = ?19, release_number = ?20, wrapped = ?21, body = ?22,"
                        " local = ?23, inbox = ?24 WHERE number = ?1 AND sender = ?2 AND id = ?3"
                        " AND recipient = ?4",
    [SQL_MESSAGE_STAGE] = "UPDATE message SET stage = ?, waiting = ?, due = ?, due_time = ?"
                          " WHERE number = ?",
    [SQL_MESSAGE] = "SELECT " MESSAGE_COLUMNS " WHERE sender = ? AND id = ? AND recipient = ?",
    [SQL_BODY] = "SELECT body FROM message WHERE number = ?",
    [SQL_LOCAL] = "SELECT local FROM message WHERE number = ?",
    [SQL_MESSAGE_NUMBERED] = "SELECT " MESSAGE_COLUMNS " WHERE number = ?",
    [SQL_MESSAGE_ERASE] = "UPDATE message SET wrapped = NULL, body = NULL, local = NULL,"
                          " inbox = NULL, waiting = 0, delivery = 0 WHERE number = ?",
    [SQL_ENTRY_ERASE] = "UPDATE entry SET wrapped = NULL, outer_opening = NULL,"
                        " inner_opening = NULL, closed_opening = NULL, release_octets = NULL"
                        " WHERE number = ?",
    [SQL_KEEP] =
        "INSERT INTO keeping"
        " VALUES(?1, ?2, ?3, ?4, min(max(?2 + ?5, ?3), ?4), 0)"
        " ON CONFLICT DO UPDATE SET ends = ?3, erase = min(max(accepted + ?5, ?3), retain)",
    [SQL_KEEP_FINISHED] = "UPDATE keeping SET ends = 0, erase = min(accepted + ?2, retain)"
                          " WHERE message = ?1",
    [SQL_KEEP_ALL] = "UPDATE keeping SET erase = min(max(accepted + ?1, ends), retain)"
                     " WHERE erase <> min(max(accepted + ?1, ends), retain)",
    [SQL_KEEP_HOLD] = "UPDATE keeping SET held = ?2 WHERE message = ?1",
    [SQL_KEEP_END] = "DELETE FROM keeping WHERE message = ?",
    [SQL_KEPT] = "SELECT held FROM keeping WHERE message = ?",
    [SQL_ERASABLE] = "SELECT k.message, coalesce(length(m.body), 0) + coalesce(length(m.local), 0)"
                     " + coalesce(length(m.inbox), 0) FROM keeping AS k CROSS JOIN message AS m"
                     " ON m.number = k.message WHERE k.held = 0 AND k.erase <= ?1"
                     " ORDER BY k.erase, k.message LIMIT ?2",
    [SQL_WITH_OPENINGS] = "SELECT number, entry, message FROM entry INDEXED BY entry_open"
                          " WHERE number >= ? AND wrapped IS NOT NULL ORDER BY number LIMIT ?",
    [SQL_NOTICE_OF] = "SELECT 1 FROM notice WHERE message = ?1 AND entry = ?2",
    [SQL_COUNT] = "INSERT INTO counter VALUES(?, ?,"
                  " 1 + (SELECT coalesce(sum(lost), 0) FROM restored))"
                  " ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
    [SQL_MAILBOX] = "SELECT " MESSAGE_COLUMNS " WHERE box = ?1 AND delivery > ?3"
                    " AND delivery > 0 AND entry < ?5 ORDER BY delivery LIMIT ?6",
    [SQL_THREAD] = "SELECT " MESSAGE_COLUMNS " WHERE box = ?1 AND thread = ?2"
                   " AND delivery > ?3 AND delivery > 0 AND entry < ?5 ORDER BY delivery LIMIT ?6",
    [SQL_UNDELIVERED] = "SELECT " MESSAGE_COLUMNS " WHERE box = ?1 AND delivery > ?3"
                        " AND waiting = 1 AND entry < ?5 AND expires >= ?4"
                        " ORDER BY delivery LIMIT ?6",
    [SQL_SENT] = "SELECT " MESSAGE_COLUMNS " WHERE sender = ?1 AND number > ?3 AND entry < ?5"
                 " ORDER BY number LIMIT ?6",
    [SQL_OVERDUE] = "SELECT " MESSAGE_COLUMNS " WHERE due_time > 0 AND due_time < ?4"
                    " AND entry < ?5 ORDER BY due_time, number LIMIT ?6",
    [SQL_HELD] = "SELECT " MESSAGE_COLUMNS " WHERE kind = 12 AND relayed > 0 AND due > 0"
                 " AND number > ?3 AND entry < ?5 ORDER BY number LIMIT ?6",
    [SQL_NOTICE_ADD] = "INSERT INTO notice(number, message, stage, entry, below, box)"
                       " VALUES(?, ?, ?, ?, ?, ?)",
    [SQL_NOTICE_DROP] = "DELETE FROM notice WHERE message = ? AND stage = ?",
    [SQL_NOTICES] = "SELECT n.number, n.message, n.stage, n.entry, n.below, m.sender, m.id,"
                    " m.recipient FROM notice AS n JOIN message AS m ON m.number = n.message"
                    " WHERE n.box = ?1 AND n.number > ?3 AND n.below <= ?5"
                    " ORDER BY n.number LIMIT ?6",
    [SQL_REMOTE_ADD] = "INSERT INTO remote VALUES(?, ?, ?, ?, ?)",
    [SQL_REMOTES] = "SELECT message, stage, wrapped, receipt FROM remote"
                    " WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?",
    [SQL_STEP_ADD] = "INSERT INTO step(origin, old, size, root, path, note)"
                     " VALUES(?, ?, ?, ?, ?, ?)",
    [SQL_STEP_LAST] = "SELECT " STEP_COLUMNS " ORDER BY size DESC LIMIT 1",
    [SQL_STEP] = "SELECT " STEP_COLUMNS " AND size = ?2",
    [SQL_STEPS] = "SELECT " STEP_COLUMNS " AND size > ?3 ORDER BY size LIMIT ?6",
    [SQL_FORK_ADD] = "INSERT INTO fork(origin, kept, given) SELECT ?1, ?2, ?3"
                     " WHERE (SELECT count(*) FROM fork WHERE origin = ?1 AND lifted = 0) < ?4",
    [SQL_FORK] = "SELECT kept, given FROM fork WHERE origin = ? AND lifted = 0"
                 " ORDER BY number LIMIT 1",
    [SQL_FORK_LIFT] = "UPDATE fork SET lifted = 1 WHERE origin = ?",
    [SQL_LAW] = "SELECT objects FROM law",
    [SQL_LAW_SET] = "INSERT INTO law VALUES(1, ?1) ON CONFLICT DO UPDATE SET objects = ?1",
    [SQL_KEYS] = "SELECT lines FROM keys",
    [SQL_KEYS_SET] = "INSERT INTO keys VALUES(1, ?1) ON CONFLICT DO UPDATE SET lines = ?1",
    [SQL_CONFIDENTIAL_ADD] = "INSERT OR IGNORE INTO confidential VALUES(?)",
    [SQL_THREAD_OF_ADD] = "INSERT INTO thread_of VALUES(?, ?)",
    [SQL_CONFIDENTIAL] = "SELECT 1 FROM confidential WHERE thread IN"
                         " ((SELECT thread FROM thread_of WHERE entry = ?1),"
                         " (SELECT thread FROM message WHERE number = ?2))",
    [SQL_PERSON] = "SELECT wrapped FROM person WHERE place = ?",
    [SQL_PERSON_ADD] = "INSERT INTO person VALUES(?, ?)",
    [SQL_PERSON_ERASE] = "DELETE FROM person WHERE place = ?",
    [SQL_RESTORED_ADD] = "INSERT INTO restored VALUES(?, ?, ?, 0)",
    [SQL_RESTORED] = "SELECT size, lost, time, told FROM restored ORDER BY size DESC LIMIT 1",
    [SQL_RESTORED_TOLD] = "UPDATE restored SET told = 1 WHERE size = ?",
    [SQL_COUNTERS_MOVE] = "UPDATE counter SET last = last + ?",
    [SQL_DUES_MOVE] = "UPDATE message SET due_time = max(due_time, ?) WHERE due_time > 0"
                      " AND relayed = 0 AND box <> recipient",
    [SQL_REWOUND] = "SELECT size, time FROM rewound WHERE box = ?",
    [SQL_REWOUND_SET] = "INSERT INTO rewound VALUES(?1, ?2, ?3)"
                        " ON CONFLICT DO UPDATE SET size = ?2, time = ?3",
    [SQL_REWIND] = "UPDATE message SET waiting = 1 WHERE box = ? AND expires > ?"
                   " AND delivery > 0 AND relayed = 0 AND box <> recipient AND stage IN (2, 3)",
    [SQL_NOTICES_AGAIN] =
        "INSERT OR REPLACE INTO notice(number, message, stage, entry, below, box)"
        " SELECT (SELECT coalesce(max(last), 0) FROM counter"
        " WHERE party = 'notices' AND thread = x'') + row_number() OVER (ORDER BY e.number),"
        " m.number, e.stage, e.number, ?3, m.origin FROM message AS m"
        " JOIN entry AS e ON e.message = m.number AND e.kind IN (1, 12, 13) AND e.kind = 13"
        " AND e.replaced = 0 AND e.stage <> 2 AND e.wrapped IS NOT NULL"
        " WHERE m.origin = ?1 AND m.expires >= ?2 AND m.relayed > 0",
    [SQL_NOTICES_COUNTED] = "INSERT INTO counter SELECT 'notices', x'', max(number) FROM notice"
                            " WHERE true HAVING max(number) > 0"
                            " ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
    [SQL_WAITING] = "SELECT count(*), coalesce((SELECT received FROM message WHERE box = ?1"
                    " AND waiting = 1 ORDER BY delivery LIMIT 1), 0) FROM message"
                    " WHERE box = ?1 AND waiting = 1",
};
