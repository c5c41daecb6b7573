/* The hosts of a command, and the poller that asks them: what every SNMP verb starts with. */
#ifndef SCM_CONSOLE_FLEET_H
#define SCM_CONSOLE_FLEET_H

#include "console/conf.h"
#include "console/poll.h"
#include "console/verb.h"

struct fleet {
    struct conf conf;
    netsnmp_session template;
    struct poller *poller;
    struct host **hosts; /* the poller's, in the order of the command line, each once */
    unsigned *ports;     /* of those that name none; 0: net-snmp's own */
    size_t n, room;
    struct fleet_names *names; /* being looked up again */
};

/* Reads the configuration and starts net-snmp. Returns EXIT_WELL, or another exit_status after stderr has
 * told why. */
int fleet_open(struct fleet *f, const struct globals *globals);

/* Adds hosts: names of hosts, "@POOL" for pools; no words: the default pool or all pools. At least one host
 * must come of it. Returns as fleet_open. */
int fleet_add(struct fleet *f, char **words, int n);

void fleet_close(struct fleet *f);

/* fleet_names.c. Looks up the names of the hosts from `first` on, all at once; fleet_add does. Returns as fleet_open. */
int fleet_look_up(struct fleet *f, size_t first);

/* For who asks for long: from now on the names of hosts that do not answer, or have no address, are looked up again and
 * again in the background, from the poller's timers, as long as it has others: a name server that was away, or a host
 * that moved, is not for good. false: out of memory. */
bool fleet_keep_looking_up(struct fleet *f);
void fleet_names_free(struct fleet_names *names);

#endif
