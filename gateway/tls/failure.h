#ifndef TLS_FAILURE_H
#define TLS_FAILURE_H

/* Why a TLS connection came to nothing, told apart as far as somebody acts differently on it. */

#include <stdbool.h>

enum tls_failure {
    TLS_FAILURE_NONE,

    /* about the peer's certificate */
    TLS_FAILURE_MISSING,    /* it sent none */
    TLS_FAILURE_UNTRUSTED,  /* no CA of ours issued it, or it breaks a rule of X.509 */
    TLS_FAILURE_EXPIRED,    /* it or its CA's certificate has expired */
    TLS_FAILURE_EARLY,      /* it is not valid yet */
    TLS_FAILURE_REVOKED,    /* it is revoked */
    TLS_FAILURE_REVOCATION, /* we hold no current revocation list of its CA */
    TLS_FAILURE_PURPOSE,    /* it is not for this end of TLS */
    TLS_FAILURE_IDENTITY,   /* it names no identity, two, or an ill-formed one */
    TLS_FAILURE_STATE,      /* it names a State that its CA may not speak for */
    TLS_FAILURE_OTHER,      /* it names somebody else than we meant to reach */

    /* the peer's verdict on ours */
    TLS_FAILURE_REFUSED, /* it refused our certificate; the alert says more */

    /* about the protocol */
    TLS_FAILURE_VERSION,   /* no TLS 1.3 */
    TLS_FAILURE_ALGORITHM, /* no algorithm in common */
    TLS_FAILURE_ALPN,      /* it does not speak our protocol */
    TLS_FAILURE_RENEWALS,  /* more key updates than anybody needs */
    TLS_FAILURE_PROTOCOL,  /* anything else that breaks TLS */

    TLS_FAILURE_NETWORK, /* the connection broke */
    TLS_FAILURE_MEMORY,  /* ours: out of memory, or the library failed */
    TLS_FAILURE_COUNT
};

/** A sentence without its full stop, "certificate revoked". Static storage. */
const char *tls_failure_sentence(enum tls_failure failure);

/** Whether it is about a certificate, the peer's or ours: exit code 4 of programs. */
bool tls_failure_is_certificate(enum tls_failure failure);

#endif
