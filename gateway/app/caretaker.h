#ifndef APP_CARETAKER_H
#define APP_CARETAKER_H

/* What the main thread does while the workers work: it watches, reloads, and takes in what peers
 * have given. */

#include <signal.h>

#include "app/adoption.h"
#include "app/reload.h"
#include "app/watch.h"

struct caretaker {
    struct running running;
    struct watch watch;
    struct arrivals *arrivals;
    struct adoption *adoption;
    struct reload_outcome outcome; /* of the last reload */
    bool journal_is_dead;
};

/** Blocks the signals that caretaker_work takes, for all threads that are started afterwards. */
void caretaker_signals(sigset_t *ret_signals);

/** Tells the main thread that something has arrived. Any thread. */
void caretaker_wake(void);

/** Works until the order to stop: true; or until the journal fails. */
bool caretaker_work(struct caretaker *caretaker, const sigset_t *signals);

#endif
