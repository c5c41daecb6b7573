/* The collectd end of hostres: its options, its types and its callbacks. Values leave through
 * dispatch_plugin.c. */
#include "collectd.h"
#include "plugin.h"
#include "utils/common/common.h"

#include <math.h>
#include <strings.h>

#include "plugins/hostres/report.h"

enum option_kind { OPTION_MATCH, OPTION_BOOLEAN, OPTION_SAMPLE_INTERVAL, OPTION_ROOT, OPTION_NET_SOURCE };

static struct options options = {
    .report_inactive = true,
    .sample_interval = 1,
    .group = {[GROUP_INTERFACE] = true,
              [GROUP_MEMORY] = true,
              [GROUP_LOAD] = true,
              [GROUP_RELATIVE] = true,
              [GROUP_TOTAL] = true,
              [GROUP_PEAK] = true,
              [GROUP_PERCENT] = true,
              [GROUP_SELF] = true},
};

/* One row per option of <Plugin hostres>. */
static const struct {
    const char *key;
    enum option_kind kind;
    void *at;
} option_table[] = {
    {"Interface",       OPTION_MATCH,           &options.match                 },
    {"IgnoreSelected",  OPTION_BOOLEAN,         &options.match.ignore          },
    {"ReportInactive",  OPTION_BOOLEAN,         &options.report_inactive       },
    {"SampleInterval",  OPTION_SAMPLE_INTERVAL, &options.sample_interval       },
    {"ProcRoot",        OPTION_ROOT,            &options.proc_root             },
    {"SysRoot",         OPTION_ROOT,            &options.sys_root              },
    {"NetSource",       OPTION_NET_SOURCE,      &options.net_mode              },
    {"ReportInterface", OPTION_BOOLEAN,         &options.group[GROUP_INTERFACE]},
    {"ReportMemory",    OPTION_BOOLEAN,         &options.group[GROUP_MEMORY]   },
    {"ReportLoad",      OPTION_BOOLEAN,         &options.group[GROUP_LOAD]     },
    {"ReportRelative",  OPTION_BOOLEAN,         &options.group[GROUP_RELATIVE] },
    {"ReportTotal",     OPTION_BOOLEAN,         &options.group[GROUP_TOTAL]    },
    {"ReportPeak",      OPTION_BOOLEAN,         &options.group[GROUP_PEAK]     },
    {"ReportPercent",   OPTION_BOOLEAN,         &options.group[GROUP_PERCENT]  },
    {"ReportSelf",      OPTION_BOOLEAN,         &options.group[GROUP_SELF]     },
    {"ReportCpu",       OPTION_BOOLEAN,         &options.group[GROUP_CPU]      },
    {"ReportPressure",  OPTION_BOOLEAN,         &options.group[GROUP_PRESSURE] },
};

static struct report *report;

static void warn(const char *text)
{
    WARNING("hostres plugin: %s", text);
}

static int set_match(const oconfig_item_t *ci, struct match *match)
{
    char error[128], *name = NULL;

    if (cf_util_get_string(ci, &name) != 0)
        return -1;
    int rc = match_add(match, name, error, sizeof error);
    if (rc != 0)
        ERROR("hostres plugin: Interface \"%s\": %s", name, error);
    free(name);
    return rc;
}

static int set_sample_interval(const oconfig_item_t *ci, double *seconds)
{
    double v;

    if (cf_util_get_double(ci, &v) != 0)
        return -1;
    if (!(v >= 0.01 && v <= 86400)) {
        ERROR("hostres plugin: SampleInterval %g: expected seconds, from 0.01 up to Interval", v);
        return -1;
    }
    *seconds = v;
    return 0;
}

/* An absolute path, without slashes at its end. */
static int set_root(const oconfig_item_t *ci, char **root)
{
    if (cf_util_get_string(ci, root) != 0)
        return -1;
    if ((*root)[0] != '/') {
        ERROR("hostres plugin: %s \"%s\": expected an absolute path", ci->key, *root);
        return -1;
    }
    for (size_t n = strlen(*root); n > 1 && (*root)[n - 1] == '/'; n--)
        (*root)[n - 1] = '\0';
    return 0;
}

static int set_net_source(const oconfig_item_t *ci, enum net_mode *mode)
{
    static const struct {
        const char *name;
        enum net_mode mode;
    } modes[] = {
        {"auto",    NET_AUTO   },
        {"proc",    NET_PROC   },
        {"netlink", NET_NETLINK}
    };
    char name[16];

    if (cf_util_get_string_buffer(ci, name, sizeof name) != 0)
        return -1;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (strcasecmp(name, modes[i].name) == 0) {
            *mode = modes[i].mode;
            return 0;
        }
    ERROR("hostres plugin: NetSource \"%s\": expected auto, proc or netlink", name);
    return -1;
}

static int set_option(const oconfig_item_t *ci, enum option_kind kind, void *at)
{
    switch (kind) {
    case OPTION_MATCH:
        return set_match(ci, at);
    case OPTION_BOOLEAN:
        return cf_util_get_boolean(ci, at);
    case OPTION_SAMPLE_INTERVAL:
        return set_sample_interval(ci, at);
    case OPTION_ROOT:
        return set_root(ci, at);
    case OPTION_NET_SOURCE:
        return set_net_source(ci, at);
    }
    return -1;
}

/* A bad value keeps collectd from starting, and `collectd -T` tells; an unknown option does not, as an older
 * plugin may meet a newer configuration. */
static int hostres_config(oconfig_item_t *block)
{
    int bad = 0;

    for (int i = 0; i < block->children_num; i++) {
        const oconfig_item_t *ci = &block->children[i];
        size_t o = 0, n = sizeof option_table / sizeof option_table[0];

        while (o < n && strcasecmp(ci->key, option_table[o].key) != 0)
            o++;
        if (o == n)
            WARNING("hostres plugin: unknown option %s", ci->key);
        else if (set_option(ci, option_table[o].kind, option_table[o].at) != 0)
            bad++;
    }
    return bad == 0 ? 0 : -1;
}

static int hostres_init(void)
{
    double interval = CDTIME_T_TO_DOUBLE(plugin_get_interval());

    if (report != NULL) /* collectd calls init again where a plugin is loaded twice */
        return 0;
    if (options.sample_interval > interval) {
        WARNING("hostres plugin: SampleInterval %g is longer than Interval: taking %g",
                options.sample_interval, interval);
        options.sample_interval = interval;
    }
    struct report_config config = {
        .options = &options,
        .interval_ns = (uint64_t)(interval * 1e9),
        .timeout = timeout_g > 0 ? (unsigned)timeout_g : 2,
        .warn = warn,
    };
    report = report_open(&config);
    if (report == NULL)
        ERROR("hostres plugin: out of memory");
    return report == NULL ? -1 : 0;
}

static int hostres_read(void)
{
    report_read(report);
    return 0; /* what is absent now may come; a failure would suspend the plugin for up to a day */
}

static int hostres_shutdown(void)
{
    report_close(report);
    report = NULL;
    match_free(&options.match);
    free(options.proc_root);
    free(options.sys_root);
    options.proc_root = options.sys_root = NULL;
    return 0;
}

void module_register(void)
{
    static data_source_t sources[] = {
        {.name = "rx", .type = DS_TYPE_GAUGE, .min = 0, .max = NAN},
        {.name = "tx", .type = DS_TYPE_GAUGE, .min = 0, .max = NAN},
    };
    static const data_set_t if_rate = {.type = "if_rate", .ds_num = 2, .ds = sources};

    plugin_register_data_set(&if_rate);
    plugin_register_complex_config("hostres", hostres_config);
    plugin_register_init("hostres", hostres_init);
    plugin_register_read("hostres", hostres_read);
    plugin_register_shutdown("hostres", hostres_shutdown);
}
