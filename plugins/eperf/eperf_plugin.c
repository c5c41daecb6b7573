/* The collectd side of eperf: hands collectd's configuration to config.h, the runner's reports to collectd as
 * values and notifications, and notifications that name a test to the runner. A guest: it never exits, blocks
 * one of collectd's threads, or changes its signals. */
#include "collectd.h"
#include "plugin.h"

#include "common/num.h"
#include "plugins/eperf/config.h"
#include "plugins/eperf/runner.h"
#include "plugins/eperf/serve.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void module_register(void);

/* collectd's callbacks carry no pointer of ours. It calls config, init and shutdown from one thread, but
 * notifications from any, even while it shuts down: runner_lock guards the pointer that those follow. */
static struct config_reader *reader;
static bool config_failed;
static plugin_ctx_t context; /* collectd's idea of us, for threads that it did not make */
static struct serve *server;
static pthread_mutex_t runner_lock = PTHREAD_MUTEX_INITIALIZER;
static struct runner *runner;

static data_source_t rate_sources[] = {
    {"mean", DS_TYPE_GAUGE, 0, NAN},
    {"min",  DS_TYPE_GAUGE, 0, NAN},
    {"max",  DS_TYPE_GAUGE, 0, NAN},
};
static const data_set_t rate_set = {"eperf_rate", COUNT(rate_sources), rate_sources};

/* ---- reports to collectd ---- */

static void on_log(enum runner_level level, const char *text)
{
    static const int levels[] = {
        [RUNNER_INFO] = LOG_INFO, [RUNNER_WARNING] = LOG_WARNING, [RUNNER_ERROR] = LOG_ERR};
    plugin_log(levels[level], "eperf plugin: %s", text);
}

static void submit(const struct config_test *t, const char *type, const char *instance, const char *direction,
                   value_t *values, size_t n)
{
    value_list_t vl = VALUE_LIST_INIT;
    vl.values = values;
    vl.values_len = n;
    vl.interval = DOUBLE_TO_CDTIME_T(t->every);
    snprintf(vl.plugin, sizeof vl.plugin, "eperf");
    snprintf(vl.plugin_instance, sizeof vl.plugin_instance, "%s", t->name);
    snprintf(vl.type, sizeof vl.type, "%s", type);
    snprintf(vl.type_instance, sizeof vl.type_instance, "%s%s%s", instance,
             instance[0] && direction[0] ? "-" : "", direction);
    plugin_dispatch_values(&vl);
}

static void submit_gauge(const struct config_test *t, const char *type, const char *instance,
                         const char *direction, double value)
{
    submit(t, type, instance, direction, &(value_t){.gauge = value}, 1);
}

static void submit_direction(const struct config_test *t, const char *direction,
                             const struct result_figures *f)
{
    if (!f->present)
        return;
    value_t rates[] = {{.gauge = f->mean}, {.gauge = f->min}, {.gauge = f->max}};
    submit(t, "eperf_rate", "", direction, rates, COUNT(rates));
    if (f->has_retransmits)
        submit_gauge(t, "gauge", "retransmits", direction, (double)f->retransmits);
    if (f->has_rtt)
        submit_gauge(t, "latency", "rtt", direction, f->rtt);
    if (f->has_udp) {
        submit_gauge(t, "latency", "jitter", direction, f->jitter);
        submit_gauge(t, "percent", "loss", direction, f->loss);
    }
}

static void notify(const struct config_test *t, int severity, const char *text)
{
    notification_t n = {.severity = severity, .time = cdtime()};
    snprintf(n.host, sizeof n.host, "%s", hostname_g);
    snprintf(n.plugin, sizeof n.plugin, "eperf");
    snprintf(n.plugin_instance, sizeof n.plugin_instance, "%s", t->name);
    snprintf(n.type, sizeof n.type, "gauge");
    snprintf(n.type_instance, sizeof n.type_instance, "up");
    size_t len = strlen(text);
    /* NOTIF_MAX_MSG_LEN is short; the end of a long reason goes. */
    if (len >= sizeof n.message)
        len = sizeof n.message - 1;
    memcpy(n.message, text, len);
    plugin_dispatch_notification(&n);
}

static void on_report(const struct runner_report *report)
{
    static const double up_values[] = {[RUNNER_DOWN] = 0, [RUNNER_UP] = 1, [RUNNER_UNKNOWN] = NAN};
    const struct config_test *t = report->test;
    char text[1024];
    plugin_ctx_t ctx = context;
    ctx.interval = DOUBLE_TO_CDTIME_T(t->every);
    plugin_set_ctx(ctx);
    submit_direction(t, "upload", report->upload);
    submit_direction(t, "download", report->download);
    submit_gauge(t, "gauge", "up", "", up_values[report->up]);
    if (report->up == RUNNER_DOWN) {
        snprintf(text, sizeof text, "test \"%s\" of %s failed: %s", t->name, t->host, report->error);
        on_log(RUNNER_WARNING, text);
        notify(t, NOTIF_FAILURE, text);
    } else if (report->recovered) {
        snprintf(text, sizeof text, "test \"%s\" of %s works again", t->name, t->host);
        notify(t, NOTIF_OKAY, text);
    }
}

/* ---- run now ---- */

static bool from_network(const notification_t *n)
{
    for (const notification_meta_t *m = n->meta; m; m = m->next)
        if (strcmp(m->name, "network:received") == 0)
            return true;
    return false;
}

/* plugin eperf, plugin instance the test, type run, our own or no host; a type instance that is a number
 * names the run. What came over the network is another host's business: its collectd has started that test
 * itself. */
static int on_notification(const notification_t *n, user_data_t *unused)
{
    if (strcmp(n->plugin, "eperf") != 0 || strcmp(n->type, "run") != 0 || from_network(n) ||
        (n->host[0] && strcmp(n->host, hostname_g) != 0))
        return 0;
    uint64_t run_id = 0;
    num_u64(n->type_instance, strlen(n->type_instance), 0, UINT32_MAX, &run_id);
    pthread_mutex_lock(&runner_lock);
    bool known = runner && runner_trigger(runner, n->plugin_instance, run_id);
    pthread_mutex_unlock(&runner_lock);
    if (!known)
        WARNING("eperf plugin: told to run test \"%s\" now, which is not configured", n->plugin_instance);
    return 0;
}

/* ---- configuration, life ---- */

enum { VALUES_MAX = 64 }; /* of one option */

static bool copy_values(const oconfig_item_t *ci, struct config_value *out, char *err)
{
    if (ci->values_num > VALUES_MAX) {
        snprintf(err, CONFIG_ERROR_SIZE, "%s: more than %d values", ci->key, VALUES_MAX);
        return false;
    }
    for (int i = 0; i < ci->values_num; i++) {
        const oconfig_value_t *v = &ci->values[i];
        out[i] = v->type == OCONFIG_TYPE_STRING
                     ? (struct config_value){.type = CONFIG_STRING, .string = v->value.string}
                 : v->type == OCONFIG_TYPE_NUMBER
                     ? (struct config_value){.type = CONFIG_NUMBER, .number = v->value.number}
                     : (struct config_value){.type = CONFIG_BOOLEAN, .boolean = v->value.boolean != 0};
    }
    return true;
}

/* An option, or a block and what is in it. collectd's tree tells an empty block from an option only by its
 * name. */
static bool read_item(const oconfig_item_t *ci, char *err)
{
    struct config_value values[VALUES_MAX];
    if (!copy_values(ci, values, err))
        return false;
    size_t n = (size_t)ci->values_num;
    if (ci->children_num == 0 && !config_is_block(ci->key))
        return config_option(reader, ci->key, values, n, err);
    if (!config_open(reader, ci->key, values, n, err))
        return false;
    for (int i = 0; i < ci->children_num; i++)
        if (!read_item(&ci->children[i], err))
            return false;
    return config_close(reader, err);
}

static int on_config(oconfig_item_t *ci)
{
    char err[CONFIG_ERROR_SIZE];
    if (!reader && !(reader = config_reader_new()))
        return -1;
    for (int i = 0; i < ci->children_num && !config_failed; i++)
        if (!read_item(&ci->children[i], err)) {
            ERROR("eperf plugin: %s", err);
            config_failed = true;
        }
    return config_failed ? -1 : 0;
}

static int on_init(void)
{
    static const struct runner_callbacks callbacks = {.report = on_report, .log = on_log};
    if (runner || server) /* collectd may call it again */
        return 0;
    if (config_failed || !reader) {
        ERROR("eperf plugin: %s; it does nothing",
              reader ? "its configuration has an error" : "not configured");
        return -1;
    }
    const struct config *config = config_get(reader);
    context = plugin_get_ctx();
    if (config->has_server && !(server = serve_start(&config->server, on_log)))
        ERROR("eperf plugin: cannot start the server: %s", strerror(errno));
    pthread_mutex_lock(&runner_lock);
    if (config->n_tests > 0 && !(runner = runner_start(config, &callbacks)))
        ERROR("eperf plugin: cannot start the tests: %s", strerror(errno));
    pthread_mutex_unlock(&runner_lock);
    return 0;
}

static int on_shutdown(void)
{
    pthread_mutex_lock(&runner_lock);
    struct runner *stopping = runner;
    runner = NULL;
    pthread_mutex_unlock(&runner_lock);
    if (stopping)
        runner_stop(stopping);
    if (server)
        serve_stop(server);
    server = NULL;
    config_reader_free(reader);
    reader = NULL;
    return 0;
}

void module_register(void)
{
    plugin_register_data_set(&rate_set);
    plugin_register_complex_config("eperf", on_config);
    plugin_register_init("eperf", on_init);
    plugin_register_notification("eperf", on_notification, NULL);
    plugin_register_shutdown("eperf", on_shutdown);
}
