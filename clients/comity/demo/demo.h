#ifndef COMITY_DEMO_H
#define COMITY_DEMO_H

/*
 * The demo: fictional States with one ministry each, their gateways and a PKI of their own, all in
 * one folder of this machine.
 *
 *     DIR/demo                       what was asked for, and the lock of demo up and restart
 *     DIR/demo.json                  what demo up printed, with the processes of now; only while up
 *     DIR/pki/                       made by certs/make-demo-pki
 *     DIR/rulebook/                  law, States, parties, and their signatures
 *     DIR/gateways/XA-GW-01/         comityd.yaml, journal/, lock/, log/, comityd.err, ready, pid
 *     DIR/witnesses/XA-MIN-01/       witness.key, vkey, state.db, witness.err, ready, pid
 *     DIR/home/                      contexts of the parties and their archives
 */

#include <jansson.h>
#include <sys/types.h>

#include "base/reader.h"
#include "comity/invocation.h"

#define DEMO_DIR_BYTES   256
#define DEMO_PATH_BYTES  512
#define DEMO_STATES      4
#define DEMO_SIGNATORIES (3 + DEMO_STATES)
#define DEMO_MARK        "demo" /* the file that says what demo a folder holds */

/** One State of the fiction and its ministry, which is its party CC-CA-01. */
struct demo_state {
    const char *code, *name, *ministry;
    const char *languages; /* as the directory writes them */
};

/** A program of the demo: a gateway, or the witness of a State. */
struct demo_gateway {
    char id[16]; /* "XA-GW-01"; "XA-MIN-01" of a witness, which has one port */
    unsigned port, http_port;
    pid_t pid; /* 0: not running */
};

struct demo {
    char dir[DEMO_DIR_BYTES]; /* absolute */
    const struct demo_state *states[DEMO_STATES];
    size_t state_count;
    bool hub; /* the first State's gateway is the home of all */
    struct demo_gateway gateways[DEMO_STATES];
    size_t gateway_count;
    struct demo_gateway witnesses[DEMO_STATES]; /* each of all logs, for readers of its State */
    size_t witness_count;
    char data[DEMO_PATH_BYTES];    /* folder that holds policies/ and certs/ */
    char comityd[DEMO_PATH_BYTES]; /* a path, or a name to be looked for in PATH */
    char witness[DEMO_PATH_BYTES]; /* the same of comity-witness */
    const char *user; /* whom comityd becomes when started as root; NULL: nobody else */
    uid_t uid;        /* of that user */
    gid_t gid;
};

/* ---- plan.c: who takes part ---- */

/** Reads "XA,XC"; NULL: XA and XC at one hub. COMITY_INPUT */
enum comity_exit demo_plan(struct demo *demo, const char *states, bool witnessed,
                           struct comity_fault *reterr);

/** One line that tells this demo from another: "hub XA XC" or "each XA XC witnessed". */
void demo_line(const struct demo *demo, char line[static DEMO_PATH_BYTES]);

/** The gateway at which the State's ministry is at home. */
const struct demo_gateway *demo_home(const struct demo *demo, const struct demo_state *state);

/** The transfer tier of one State towards another, as in the cases; NULL: none is agreed. */
const char *demo_tier(const struct demo_state *from, const struct demo_state *to);

/** Prints a path below DIR; it always fits, since DIR is bounded. */
[[gnu::format(printf, 3, 4)]] void
demo_path(const struct demo *demo, char path[static DEMO_PATH_BYTES], const char *format, ...);

/** "xa-ca-01", the context of a State's ministry. */
void demo_context_name(const struct demo_state *state, char name[static 16]);

/* ---- place.c: what is needed of this machine ---- */

/** Takes DIR, absolute afterwards, making it where missing. COMITY_INPUT, COMITY_FAILED */
enum comity_exit demo_folder(struct demo *demo, const char *dir, bool make,
                             struct comity_fault *reterr);

/**
 * Takes DIR for this process; closing the descriptor or ending the process gives it back.
 * COMITY_FAILED; COMITY_CONFLICT while another process has it
 */
enum comity_exit demo_take(const struct demo *demo, int *ret_fd, struct comity_fault *reterr);

/** Finds policies/, certs/ and comityd, and the user to become as root. COMITY_FAILED */
enum comity_exit demo_place(struct demo *demo, const char *comityd, struct comity_fault *reterr);

/** Whether the user that comityd becomes can reach DIR. COMITY_INPUT */
enum comity_exit demo_reachable(const struct demo *demo, struct comity_fault *reterr);

/* ---- files.c, directory.c: what is written ---- */

/** Runs make-demo-pki for every gateway and party. */
enum comity_exit demo_pki(const struct demo *demo, struct comity_fault *reterr);

/** Copies the law; writes folders, contexts and parties. */
enum comity_exit demo_files(const struct demo *demo, struct comity_fault *reterr);

/** Writes what names the ports: the States' directory and the configurations. */
enum comity_exit demo_addresses(const struct demo *demo, struct comity_fault *reterr);

/** Writes rulebook/states/demo and rulebook/parties/XA/demo. */
enum comity_exit demo_directory_states(const struct demo *demo, struct comity_fault *reterr);
enum comity_exit demo_directory_parties(const struct demo *demo, struct comity_fault *reterr);

/** The origin of a gateway's log: "xa-gw-01.comity.example/audit/demo". */
void demo_origin(const struct demo_gateway *gateway, char origin[static 64]);

/** Writes a text file below DIR. COMITY_FAILED */
enum comity_exit demo_write(const struct demo *demo, const char *path, struct slice text,
                            unsigned mode, struct comity_fault *reterr);

/* ---- signing.c: who signs the rulebook, and its numbers ---- */

/** The parties that only sign: of the federation for law and States, and of each State. Gives how
 * many there are. */
size_t demo_signatories(const struct demo *demo, char ids[static DEMO_SIGNATORIES][16]);

/** Signs every object of the rulebook. COMITY_FAILED */
enum comity_exit demo_sign(const struct demo *demo, struct comity_fault *reterr);

/** What a configuration says of those who sign. */
void demo_put_authorities(const struct demo *demo, struct buffer *out);

/**
 * Writes a text of the rulebook behind a line that ends with its number: one more than that of the
 * text which is there already, where that is another one.
 *
 * head  the first lines, up to and with "number "
 */
enum comity_exit demo_write_numbered(const struct demo *demo, const char *path, const char *head,
                                     struct slice rest, struct comity_fault *reterr);

/* ---- ports.c, links.c: who listens where, who is linked with whom ---- */

/** Gives every gateway two free ports of its own, every witness one. COMITY_FAILED */
enum comity_exit demo_ports_choose(struct demo *demo, struct comity_fault *reterr);

/** Whether somebody takes connections at a port. */
bool demo_port_answers(unsigned port);

/** Whether between choosing a port and binding it somebody else took it. */
bool demo_port_was_taken(struct demo *demo);

/**
 * Whether every gateway has a link to every other one, by what they said since they were started.
 * missing is a list of those that have none, " XA-GW-01 with XC-GW-01, ...".
 */
bool demo_linked(const struct demo *demo, char missing[static DEMO_PATH_BYTES]);

/* ---- record.c: what is remembered while the demo is up ---- */

/** What demo up prints for programs; a new reference. */
json_t *demo_json(const struct demo *demo);

/** Writes DIR/demo.json. COMITY_FAILED */
enum comity_exit demo_record(const struct demo *demo, json_t *json, struct comity_fault *reterr);

/** Reads DIR/demo.json; a new reference. COMITY_UNKNOWN if there is none, COMITY_FAILED */
enum comity_exit demo_recorded(const struct demo *demo, json_t **ret_json,
                               struct comity_fault *reterr);

/** Forgets it: nothing runs any more. */
void demo_unrecord(const struct demo *demo);

/* ---- daemon.c: processes ---- */

/** Runs a program to its end, its words going to a file. COMITY_FAILED with its last line. */
enum comity_exit demo_run(char *const argv[], const char *words, struct comity_fault *reterr);

/** Starts every witness and gateway and waits until each is ready, linked and cosigned. On failure
 * none runs. */
enum comity_exit demo_start(struct demo *demo, struct comity_fault *reterr);

/** Starts one gateway or witness again, with the configuration that it has, and waits until it is
 * ready. */
enum comity_exit demo_again(struct demo *demo, struct demo_gateway *gateway,
                            struct comity_fault *reterr);

/** The process of the gateway or witness with this id; 0 if it does not run. */
pid_t demo_running(const struct demo *demo, const char *id);

/** Stops one by a signal, and by SIGKILL after ten seconds. COMITY_FAILED */
enum comity_exit demo_stop(const struct demo *demo, const char *id, pid_t pid, int how,
                           struct comity_fault *reterr);

/* ---- witness.c: witnesses ---- */

/** Makes the keys of those that have none. COMITY_FAILED */
enum comity_exit demo_witness_keys(const struct demo *demo, struct comity_fault *reterr);

/** The rows of all of them behind a log's, as the directory has them. COMITY_FAILED */
enum comity_exit demo_put_witnesses(const struct demo *demo, struct buffer *out,
                                    struct comity_fault *reterr);

#define DEMO_OPTIONS 9

/** What a witness is started with; argv points into it. */
struct demo_command {
    char program[DEMO_PATH_BYTES], options[DEMO_OPTIONS][16], values[DEMO_OPTIONS][DEMO_PATH_BYTES];
    char *argv[2 * DEMO_OPTIONS + 2];
};
void demo_witness_command(const struct demo *demo, const struct demo_gateway *witness,
                          struct demo_command *ret_command);

/** Whether all witnesses have cosigned a gateway's log, and what they did others' was told to it.
 */
bool demo_witnessed(const struct demo *demo, const struct demo_gateway *gateway);

#endif
