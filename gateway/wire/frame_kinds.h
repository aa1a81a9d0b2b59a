#ifndef WIRE_FRAME_KINDS_H
#define WIRE_FRAME_KINDS_H

/* The frames in one list, from which the reading and the writing tables are made; for wire/ alone.
 */

/** X(kind, noun of its reader and writer, elements in all, kind and number included) */
#define FRAME_LIST(X)                                                                              \
    X(HELLO, hello, 9)                                                                             \
    X(WELCOME, hello, 9)                                                                           \
    X(SUBMIT, submit, 7)                                                                           \
    X(RECEIPT, receipt, 5)                                                                         \
    X(REFUSE, refuse, 7)                                                                           \
    X(DELIVER, deliver, 6)                                                                         \
    X(TAKEN, taken, 5)                                                                             \
    X(QUERY, query, 4)                                                                             \
    X(ANSWER, answer, 6)                                                                           \
    X(CHECKPOINT, checkpoint, 6)                                                                   \
    X(CREDIT, credit, 4)                                                                           \
    X(PING, ping, 2)                                                                               \
    X(PONG, pong, 3)                                                                               \
    X(BYE, bye, 3)

#endif
