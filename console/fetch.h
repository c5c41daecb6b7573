/* One question to an agent: some scalars and some columns of tables, asked with GETBULK until the tables end.
 *
 * The scalars are the non-repeaters of the first request, so that a host with a row or two in its tables is
 * known after one request and one answer. Nothing here does I/O: requests come out, varbinds go in. An agent
 * that lies is caught here: an OID that does not advance, a wrong type, a malformed index, more rows or more
 * variables than there may be. */
#ifndef SCM_CONSOLE_FETCH_H
#define SCM_CONSOLE_FETCH_H

#include "console/answer.h"

enum {
    FETCH_COLUMNS_MAX = 14,
    FETCH_REPETITIONS_MAX = 50,
    FETCH_WHY_MAX = 160 /* bytes of an explanation */
};

struct fetch_spec {
    const enum mib_object *scalars;
    size_t n_scalars;
    const enum mib_object *columns;
    size_t n_columns; /* at most FETCH_COLUMNS_MAX */
    size_t rows_max;  /* of one table; an agent with more is lying (events: the fetch ends there) */
    size_t
        rows_usual; /* a guess at the greatest number of rows, 0: none; right guesses make one request do */
    uint32_t after; /* events: only those with a greater index */
};

/* One request to send: GETBULK with n OIDs, the first `non_repeaters` of them asked once. */
struct fetch_request {
    size_t n, non_repeaters, repetitions;
    struct fetch_oid {
        size_t len;
        oid name[MIB_OID_MAX];
    } oids[MIB_SCALARS + FETCH_COLUMNS_MAX];
};

struct fetch {
    const struct fetch_spec *spec; /* outlives the fetch */
    struct answer *answer;         /* filled as varbinds come in; the caller's */
    bool started;                  /* the scalars have been asked */
    size_t repetitions;            /* of the request under way */
    struct fetch_column {
        struct mib_index at; /* the last row seen */
        size_t rows;
        bool done;
    } columns[FETCH_COLUMNS_MAX];
};

enum fetch_result {
    FETCH_MORE, /* ask fetch_next again */
    FETCH_DONE,
    FETCH_LIE,  /* why says what was wrong */
    FETCH_ERROR /* the agent said no (genErr, authorizationError …): why says what */
};

void fetch_start(struct fetch *f, const struct fetch_spec *spec, struct answer *answer);

/* The next request. Only after fetch_start or FETCH_MORE. */
void fetch_next(const struct fetch *f, struct fetch_request *out);

/* Takes the answer to the last request: its error-status and its variables. */
enum fetch_result fetch_take(struct fetch *f, long error_status, const netsnmp_variable_list *vars,
                             char why[FETCH_WHY_MAX]);

#endif
