#ifndef TEST_JOURNAL_FOREIGN_H
#define TEST_JOURNAL_FOREIGN_H

/* Letters to and from a peer gateway, XC-GW-01, and checkpoints of a log like its. */

#include "fixture.h"

/** A journal that is open, and who asks it. */
struct desk {
    struct fixture f;
    struct journal_reader *reader;
    struct arena *a;
};

void desk_begin(struct desk *d);
void desk_end(struct desk *d);

/** Closes the journal and opens it again. */
void desk_again(struct desk *d);

/** How many messages wait in a box. */
size_t desk_undelivered(struct desk *d, const char *box);

/** The first ten notices for a box after a number; gives how many there are. */
size_t desk_notices(struct desk *d, const char *box, uint64_t after, struct notice **ret_rows);

#define FOREIGN_ORIGIN "gw1.xc.example/log"

/** Letter n from XA-CA-01 to XC-CA-01, which is at home at XC-GW-01. */
void letter_out(struct letter *l, uint64_t n);

/** Letter n from XC-CA-01 to XA-CA-01, which XC-GW-01 has relayed. */
void letter_in(struct letter *l, uint64_t n);

/** Digest of release 1 that letters in have come with. */
struct slice letter_in_release(void);

/** Makes the posting of a peer's receipt for a stage of a letter out. */
void letter_remote(struct letter *l, enum stage stage, const char *receipt);

#define FOREIGN_LEAVES 64

struct foreign_log {
    struct digest leaves[FOREIGN_LEAVES];
};

/** Its leaves are numbers, from the one given on others than those of the log from FOREIGN_LEAVES
 * on. */
void foreign_log_make(struct foreign_log *log, uint64_t other_from);

/** A checkpoint; points into itself. */
struct foreign_checkpoint {
    struct digest path[MERKLE_MAX_CONSISTENCY];
    struct slice slices[MERKLE_MAX_CONSISTENCY];
    char note[128];
    struct peer_checkpoint checkpoint;
};

/** The log's checkpoint of a size, proved from an old one; 0: without a proof. */
void foreign_checkpoint(const struct foreign_log *log, uint64_t old_size, uint64_t size,
                        struct foreign_checkpoint *ret);

#endif
