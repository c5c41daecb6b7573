/* What the kernel knows of this host and collectd does not: processors, interfaces with index and speed, the default route. */
#ifndef SCM_AGENT_HOST_KERNEL_H
#define SCM_AGENT_HOST_KERNEL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/view.h"

enum { HOST_ROUTES_MAX = 4096 }; /* more would hold up the loop */

struct host_interface {
    char name[IF_NAMESIZE];
    unsigned index;
    struct view_u32 speed;
    struct view_interface *row; /* host.c's: of the view that is being filled; NULL: none yet */
};

/* All zero before the first host_kernel_ask(). */
struct host_kernel {
    struct host_interface *interfaces; /* by name */
    size_t n;
    uint32_t cpus;           /* online; 0: unknown */
    char route[IF_NAMESIZE]; /* the default route's interface; "": there is none */
};

/* What cannot be had is as it was. route: whether the default route is wanted. */
void host_kernel_ask(struct host_kernel *k, bool route);
void host_kernel_free(struct host_kernel *k);
/* NULL: the kernel has none of that name. */
struct host_interface *host_kernel_interface(const struct host_kernel *k, const char *name, size_t len);

/* The interface of the default route with the lowest metric, out of /proc/net/route or, if there is none, /proc/net/ipv6_route (the
 * kernel lists its default routes last), as far as HOST_ROUTES_MAX lines of each. NULL: there is no such file. False: none. */
bool host_default_route(FILE *ipv4, FILE *ipv6, char *name, size_t size);

#endif
