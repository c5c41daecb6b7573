/* Names to addresses, all at once: a name server that is slow about one name costs the others nothing. */
#ifndef SCM_CONSOLE_RESOLVE_H
#define SCM_CONSOLE_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

enum { RESOLVE_ADDRESS_MAX = 80 };

struct resolve {
    char name[256];                    /* in */
    unsigned port;                     /* in; 0: none is written */
    bool tcp;                          /* in */
    int family;                        /* in: AF_INET, AF_INET6; AF_UNSPEC: either */
    char address[RESOLVE_ADDRESS_MAX]; /* out: "udp:10.0.0.1:161", "tcp6:[::1]:161"; "" where there is none */
    const char *why;                   /* out: what was wrong (static), where address is "" */
};

/* Looks all of them up, and waits at most timeout_ms. */
void resolve_all(struct resolve *list, size_t n, int timeout_ms);

/* The same in the background. begin: what it needs of list (n > 0) is copied; NULL: out of memory. done: nothing is
 * left to wait for. end: fills in the same list's address or why, gives up what is not there yet, and frees. */
struct lookups;
struct lookups *resolve_begin(const struct resolve *list, size_t n);
bool resolve_done(const struct lookups *all);
void resolve_end(struct lookups *all, struct resolve *list);

/* Does word need a look-up: a name, "name:port", or these after "udp:", "udp6:", "tcp:" or "tcp6:"? Then *out
 * says of what (with `port` where it has none). Addresses do not, nor net-snmp's other transports. Pure. */
bool resolve_wanted(const char *word, unsigned port, struct resolve *out);

#endif
