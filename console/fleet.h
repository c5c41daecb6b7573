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
};

/* Reads the configuration and starts net-snmp. Returns EXIT_WELL, or another exit_status after stderr has
 * told why. */
int fleet_open(struct fleet *f, const struct globals *globals);

/* Adds hosts: names of hosts, "@POOL" for pools; no words: the default pool or all pools. At least one host
 * must come of it. Returns as fleet_open. */
int fleet_add(struct fleet *f, char **words, int n);

void fleet_close(struct fleet *f);

#endif
