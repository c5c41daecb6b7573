/* Which of the hosts that collectd knows we are. */
#include <string.h>
#include <unistd.h>

#include "agent/metrics_inner.h"

const char *metrics_own_host(const struct metrics *m)
{
    return m->own_host[0] ? m->own_host : NULL;
}

static void own_host_is(struct metrics *m, const char *host, size_t len)
{
    if (strlen(m->own_host) == len && memcmp(m->own_host, host, len) == 0)
        return;
    memcpy(m->own_host, host, len);
    m->own_host[len] = '\0';
    selectors_own_host(m);
}

void metrics_set_own_host(struct metrics *m, const char *hostname)
{
    size_t n = hostname ? strlen(hostname) : 0;

    m->host_given = n > 0 && n <= IDENT_PART_MAX;
    if (m->host_given)
        own_host_is(m, hostname, n);
}

/* How like this machine's name a host of an identifier is: 3 equal, 2 same first label, 0 otherwise. collectd's FQDNLookup
 * puts the domain behind the name that the kernel knows. */
static int likeness(const char *host, size_t len, const char *node)
{
    size_t node_len = strlen(node), node_label = strcspn(node, ".");
    const char *dot = memchr(host, '.', len);
    size_t label = dot ? (size_t)(dot - host) : len;

    if (len == node_len && memcmp(host, node, len) == 0)
        return 3;
    return label == node_label && memcmp(host, node, label) == 0 ? 2 : 0;
}

/* Looks for the host that is us among those that report load/load; without one that is named like us, the only host there is. What
 * was found stays, until it has not been heard of for as long as a slow host may be silent. */
void own_host_find(struct metrics *m)
{
    char node[IDENT_PART_MAX + 1] = "";
    const struct metric *best = NULL;
    int best_likeness = 0;
    bool several = false;

    if (m->host_given || gethostname(node, sizeof node - 1) < 0)
        return;
    m->host_missing = true;
    for (size_t i = 0; i < m->n; i++) {
        const struct metric *x = m->order[i];
        if (!x->listed || x->len - x->plugin != 9 || memcmp(x->ident + x->plugin, "load/load", 9) != 0)
            continue;
        if (strlen(m->own_host) == x->plugin - 1 && memcmp(m->own_host, x->ident, x->plugin - 1) == 0)
            m->host_missing = false;
        int like = likeness(x->ident, x->plugin - 1, node);
        several = best && like == best_likeness ? true : several;
        if (!best || like > best_likeness) {
            best = x;
            best_likeness = like;
            several = false;
        }
    }
    if (!m->host_missing)
        m->host_seen_ms = m->round_ms;
    bool lost = m->own_host[0] == '\0' || m->round_ms - m->host_seen_ms > 2 * DEFAULT_INTERVAL_MS;
    if (best && !several && (best_likeness > 0 || lost))
        own_host_is(m, best->ident, best->plugin - 1);
}
