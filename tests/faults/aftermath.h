#ifndef FAULTS_AFTERMATH_H
#define FAULTS_AFTERMATH_H

/* What must hold after anything failed: nobody is blamed, nothing is lost or there twice. */

#include "scenario/scene.h"

/** Nobody was told that it was at fault. */
void check_nobody_blamed(const struct client *client);

/**
 * The letter, whatever has become of it so far, arrives once: submitted again it gets its receipt,
 * and fresh links get one delivery and one notice. Leaves nothing waiting.
 */
void check_arrives_once(struct world *world, const struct letter *letter);

/** Takes what waits for Corland on this link, if anything; whether something did. */
bool take_mail(struct world *world, struct client *xc, const struct letter *letter);

/**
 * The letter, accepted before and whatever has become of its delivery, is delivered, and the sender
 * gets one notice of it. Leaves nothing waiting.
 */
void check_told_once(struct world *world, const struct letter *letter);

/** Ends the world and frees it; what it has published must hold to the last octet. */
void end_and_verify(struct world *world, uint64_t *ret_size);

#endif
