#ifndef APP_DIAGNOSIS_H
#define APP_DIAGNOSIS_H

/*
 * comityd --diagnose: how configuration, files and journal are, whether a gateway works with them
 * or not. It changes nothing, takes no lock, and says nothing secret and nothing of a message.
 */

/**
 * Prints one object of JSON: {"findings":[{"name","state","message","todo","exit"}]}, state as in
 * the checks of comity: OK, WARNING, CRITICAL or UNKNOWN; exit: of comity where it is CRITICAL.
 * Gives 0, or 1 where it could not be printed.
 *
 * version  of this program
 */
int diagnosis_run(const char *config, const char *version);

#endif
