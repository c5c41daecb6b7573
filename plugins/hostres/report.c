#include "plugins/hostres/report.h"

#include <stdlib.h>
#include <string.h>

#include "plugins/hostres/clock.h"
#include "plugins/hostres/dispatch.h"
#include "plugins/hostres/report_host.h"
#include "plugins/hostres/report_net.h"

struct report {
    const bool *group; /* of the options */
    struct complaints complaints;
    struct report_net net;
    struct report_host host;
};

static void report_self(struct report *r, uint64_t now_ns)
{
    static const struct label total_events = {"total_events"}, unreadable = {"unreadable"};
    static const char no_name[IF_NAME_SIZE];

    dispatch_subject(&dispatch_own, no_name);
    report_net_self(&r->net, now_ns);
    dispatch_counters(&total_events, &unreadable, &r->complaints.unreadable, 1);
}

void report_read(struct report *r)
{
    uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

    dispatch_begin();
    report_net_read(&r->net, now_ns);
    report_host_read(&r->host, now_ns);
    if (r->group[GROUP_SELF])
        report_self(r, now_ns);
}

struct report *report_open(const struct report_config *config)
{
    const struct options *o = config->options;
    const char *root = o->proc_root != NULL ? o->proc_root : "/proc";
    bool own_proc = strcmp(root, "/proc") == 0;
    struct report *r = calloc(1, sizeof *r);

    if (r == NULL)
        return NULL;
    r->group = o->group;
    r->complaints.warn = config->warn;
    if (report_host_open(&r->host, o, &r->complaints, root, own_proc) == 0 &&
        report_net_open(&r->net, config, &r->complaints, root, own_proc) == 0)
        return r;
    report_close(r);
    return NULL;
}

void report_close(struct report *r)
{
    if (r == NULL)
        return;
    report_net_close(&r->net);
    report_host_close(&r->host);
    free(r);
}
