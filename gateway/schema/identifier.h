#ifndef SCHEMA_IDENTIFIER_H
#define SCHEMA_IDENTIFIER_H

/* The identifying numbers that States already use, as patterns and check digits. Pure checks. */

#include "base/slice.h"

/** min..max decimal digits. */
bool identifier_is_digits(struct slice s, size_t min, size_t max);
/** A pseudonym of a subject: [A-Za-z0-9-]{1,40} */
bool identifier_is_sid(struct slice s);
/** E.164: + and 7 to 15 digits, the first of them not 0. */
bool identifier_is_phone(struct slice s);
/** Something@something without blanks, at most 254 octets. */
bool identifier_is_email(struct slice s);
/** ISO 13616 with its check digits, no blanks. */
bool identifier_is_iban(struct slice s);
/** ISO 9362: 8 or 11 characters. */
bool identifier_is_bic(struct slice s);
/** 15 digits with the check digit of ISO/IEC 7812 (Luhn). */
bool identifier_is_imei(struct slice s);
/** The characters of an IPv4 or IPv6 address with its separators. */
bool identifier_is_ip(struct slice s);

#endif
