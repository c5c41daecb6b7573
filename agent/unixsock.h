/* collectd's unixsock protocol: what we send as text, and a pure incremental parser for what comes back.
 *
 * A reply is a status line "N text" and, for N > 0, N further lines. N < 0 is an error that has no further lines. Bytes come in
 * any division; nothing is copied but the tail of an unfinished line. Pure: no I/O, no time; fuzzed. */
#ifndef SCM_AGENT_UNIXSOCK_H
#define SCM_AGENT_UNIXSOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UNIXSOCK_LINE_MAX = 1024,     /* collectd cuts lines at 1 KiB itself */
    UNIXSOCK_VALUES_MAX = 4000000 /* lines of one reply: more is not a collectd we know */
};

enum unixsock_item {
    UNIXSOCK_NONE,   /* all bytes used up: feed more */
    UNIXSOCK_STATUS, /* status line: count (may be negative), line/len its text after the number */
    UNIXSOCK_LINE,   /* one of the further lines: line/len without '\n' */
    UNIXSOCK_END,    /* the reply is complete: the next request's begins */
    UNIXSOCK_BAD     /* not the protocol; close the connection. Stays so until unixsock_reset */
};

struct unixsock_parser {
    bool end_due, bad;
    int64_t left;    /* further lines of this reply still to come */
    int64_t count;   /* of the last status line */
    const char *line; /* of the last item; valid until the next call */
    size_t len;
    size_t kept;     /* bytes of an unfinished line in keep */
    char keep[UNIXSOCK_LINE_MAX];
};

void unixsock_reset(struct unixsock_parser *p);
/* Takes the next item out of *data (advances *data, lessens *size). */
enum unixsock_item unixsock_next(struct unixsock_parser *p, const char **data, size_t *size);

/* "1182204284.123 host/plugin/type": ms since 1970 (the time of the value by its sender's clock) and the identifier in
 * place. False for anything else. */
bool unixsock_listval_line(const char *line, size_t len, int64_t *time_ms, const char **ident, size_t *ident_len);
/* "shortterm=3.78e+00", "value=NaN": the name in place. False for anything else; NaN is true and NAN. */
bool unixsock_getval_line(const char *line, size_t len, const char **name, size_t *name_len, double *value);

/* s as a quoted word ('"' and '\' escaped, control bytes as blanks), NUL-terminated. Returns its length, 0 if it does not fit. */
size_t unixsock_quote(char *buf, size_t size, const char *s);

#endif
