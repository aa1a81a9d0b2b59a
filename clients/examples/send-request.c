/*
 * Sends a document to one party. Where it is not known whether it arrived, the same is sent again.
 *
 *     cc send-request.c $(pkg-config --cflags --libs comity) -o send-request
 *     COMITY_CONTEXT=xa-ca-01 ./send-request a3-request.json XC-CA-01
 */
#include <comity.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 5

static enum comity_exit say_why(const struct comity_fault *fault)
{
    fprintf(stderr, "%s: %s\n", fault->code, fault->message);
    if (fault->hint[0] != '\0')
        fprintf(stderr, "%s\n", fault->hint);
    return fault->exit;
}

static enum comity_exit deliver(struct comity *comity, const char *document, const char *party)
{
    struct comity_sent *sent;
    struct comity_fault fault;
    struct comity_letter letter = {
        .document = document, .length = strlen(document), .to = &party, .to_count = 1};
    enum comity_exit code = comity_send(comity, &letter, &sent, &fault);
    for (int i = 1; i < ATTEMPTS && code == COMITY_DOUBT; i++) {
        struct comity_recipient doubtful = sent->recipients[0];
        comity_sent_free(sent);
        code = comity_resume(comity, doubtful.id, &sent, &fault); /* the same octets: never twice */
    }
    if (sent != NULL)
        printf("%s %s: %s, %s\n", sent->recipients[0].party, sent->recipients[0].id,
               sent->recipients[0].outcome, sent->recipients[0].proved ? "proved" : "not proved");
    comity_sent_free(sent);
    return code == COMITY_DONE ? code : say_why(&fault);
}

int main(int argc, char **argv)
{
    size_t room = 0;
    char *document = NULL;
    struct comity *comity = NULL;
    struct comity_fault fault;
    struct comity_options options = {.timeout_ms = 10000}; /* the context is $COMITY_CONTEXT */
    FILE *file = argc == 3 ? fopen(argv[1], "r") : NULL;
    if (file == NULL || getdelim(&document, &room, '\0', file) < 0) {
        fprintf(stderr, "usage: send-request FILE PARTY; FILE holds the document as JSON\n");
        return COMITY_INPUT;
    }
    enum comity_exit code = comity_open(&options, &comity, &fault);
    code = code == COMITY_DONE ? deliver(comity, document, argv[2]) : say_why(&fault);
    comity_close(comity);
    free(document);
    fclose(file);
    return code;
}
