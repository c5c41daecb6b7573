#include "plugins/eperf/result_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const state_texts[] = {
    [RESULT_IDLE] = "idle", [RESULT_WAITING] = "waiting", [RESULT_RUNNING] = "running",
    [RESULT_OK] = "ok",     [RESULT_FAILED] = "failed",
};

const char *result_state_text(enum result_state s)
{
    return state_texts[s];
}

struct result_figures result_figures(const struct eperf_direction_result *d, const struct eperf_result *r)
{
    struct result_figures f = {.present = d->present, .shared = r->shared};
    if (!d->present)
        return f;
    /* What arrived is what the network carried; a peer that told nothing leaves us what was acknowledged. */
    const struct eperf_figures *far = d->receiver.end > 0 ? &d->receiver : &d->sender;
    f.mean = far->rate;
    f.min = fmin(d->rate_min, f.mean);
    f.max = fmax(d->rate_max, f.mean);
    if (r->params.protocol == EPERF_UDP) {
        f.has_udp = d->receiver.end > 0;
        f.jitter = d->receiver.jitter;
        if (d->receiver.packets > 0 && d->receiver.lost > 0)
            f.loss = fmin(100, 100 * (double)d->receiver.lost / (double)d->receiver.packets);
    } else {
        f.has_retransmits = d->sender.has_tcp_info;
        f.retransmits = d->sender.retransmits;
        f.has_rtt = d->sender.has_tcp_info && d->sender.rtt_us > 0;
        f.rtt = d->sender.rtt_us * 1e-6;
        snprintf(f.verdict, sizeof f.verdict, "%s", eperf_verdict_text(d->verdict));
    }
    return f;
}

/* Takes over v; a NULL v (out of memory, or a number that JSON lacks) leaves the key null. */
static void set(json_t *o, const char *key, json_t *v)
{
    json_object_set_new(o, key, v ? v : json_null());
}

static json_t *figures_json(const struct result_figures *f)
{
    json_t *o = json_object();
    if (!f->present || !o) {
        json_decref(o);
        return json_null();
    }
    set(o, "mean", json_real(f->mean));
    set(o, "min", json_real(f->min));
    set(o, "max", json_real(f->max));
    set(o, "retransmits", f->has_retransmits ? json_integer((json_int_t)f->retransmits) : json_null());
    set(o, "rtt", f->has_rtt ? json_real(f->rtt) : json_null());
    set(o, "jitter", f->has_udp ? json_real(f->jitter) : json_null());
    set(o, "loss", f->has_udp ? json_real(f->loss) : json_null());
    set(o, "shared", json_integer(f->shared));
    set(o, "verdict", f->verdict[0] ? json_string(f->verdict) : json_null());
    return o;
}

static const char *protocol_text(const struct config_test *t)
{
    return t->udp ? "udp" : "tcp";
}

json_t *result_json(const struct config_test *t, const struct result_status *s)
{
    json_t *o = json_object();
    if (!o)
        return NULL;
    set(o, "test", json_string(t->name));
    set(o, "peer", json_string(t->host));
    set(o, "port", json_integer((json_int_t)t->port));
    set(o, "protocol", json_string(protocol_text(t)));
    set(o, "connections", json_integer((json_int_t)t->connections));
    set(o, "state", json_string(result_state_text(s->state)));
    set(o, "last_run", json_integer(s->last_run));
    set(o, "duration", json_real(s->duration));
    set(o, "last_error", s->last_error[0] ? json_string(s->last_error) : json_null());
    set(o, "run_id", json_integer((json_int_t)s->run_id));
    set(o, "upload", figures_json(&s->upload));
    set(o, "download", figures_json(&s->download));
    return o;
}

bool result_file_write(const char *dir, const struct config_test *t, const struct result_status *s)
{
    char path[CONFIG_PATH_MAX + CONFIG_NAME_MAX + 16], beside[sizeof path];
    snprintf(path, sizeof path, "%s/%s.json", dir, t->name);
    snprintf(beside, sizeof beside, "%s/.%s.json", dir, t->name);
    json_t *doc = result_json(t, s);
    char *text = doc ? json_dumps(doc, JSON_INDENT(2)) : NULL;
    json_decref(doc);
    if (!text) {
        errno = ENOMEM;
        return false;
    }
    FILE *f = NULL;
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd >= 0 && !(f = fdopen(fd, "w")))
        close(fd);
    bool ok = f && fchmod(fd, 0644) == 0 && fputs(text, f) >= 0 && fputc('\n', f) != EOF;
    if (f && fclose(f) != 0)
        ok = false;
    int failed = errno;
    free(text);
    if (ok && rename(beside, path) == 0)
        return true;
    if (ok)
        failed = errno;
    if (fd >= 0)
        unlink(beside);
    errno = failed;
    return false;
}

/* A number that was known; null and anything else is none. */
static bool known(const json_t *o, const char *key, double *out)
{
    const json_t *v = json_object_get(o, key);
    *out = json_number_value(v);
    return json_is_number(v) && *out >= 0;
}

/* figures_json() the other way; absent where that made no sense. */
static struct result_figures figures_read(const json_t *o)
{
    struct result_figures f = {0};
    double count;
    f.present = known(o, "mean", &f.mean) && known(o, "min", &f.min) && known(o, "max", &f.max);
    if (!f.present)
        return (struct result_figures){0};
    if ((f.has_retransmits = known(o, "retransmits", &count)))
        f.retransmits = (uint64_t)fmin(count, 0x1p53);
    f.has_rtt = known(o, "rtt", &f.rtt);
    f.has_udp = known(o, "jitter", &f.jitter) && known(o, "loss", &f.loss);
    if (known(o, "shared", &count))
        f.shared = (unsigned)fmin(count, UINT_MAX);
    const char *verdict = json_string_value(json_object_get(o, "verdict"));
    snprintf(f.verdict, sizeof f.verdict, "%s", verdict ? verdict : "");
    return f;
}

/* The figures are of what the test still measures; its configuration may have changed. */
static bool same_way(json_t *doc, const struct config_test *t)
{
    const char *peer, *protocol;
    return json_unpack(doc, "{s:s, s:s}", "peer", &peer, "protocol", &protocol) == 0 &&
           strcmp(peer, t->host) == 0 && strcmp(protocol, protocol_text(t)) == 0;
}

void result_file_read(const char *dir, const struct config_test *t, struct result_status *s)
{
    *s = (struct result_status){.state = RESULT_IDLE};
    char path[CONFIG_PATH_MAX + CONFIG_NAME_MAX + 16];
    snprintf(path, sizeof path, "%s/%s.json", dir, t->name);
    json_t *doc = json_load_file(path, 0, NULL);
    const char *state, *error;
    json_t *last_error;
    json_int_t last_run, run_id;
    if (doc && json_unpack(doc, "{s:s, s:I, s:o, s:I}", "state", &state, "last_run", &last_run, "last_error",
                           &last_error, "run_id", &run_id) == 0) {
        if (strcmp(state, state_texts[RESULT_OK]) == 0)
            s->state = RESULT_OK;
        else if (strcmp(state, state_texts[RESULT_FAILED]) == 0)
            s->state = RESULT_FAILED;
        s->last_run = last_run > 0 ? last_run : 0;
        s->run_id = run_id > 0 && run_id <= UINT32_MAX ? (uint64_t)run_id : 0;
        if ((error = json_string_value(last_error)))
            snprintf(s->last_error, sizeof s->last_error, "%s", error);
        known(doc, "duration", &s->duration);
        if (same_way(doc, t)) {
            s->upload = figures_read(json_object_get(doc, "upload"));
            s->download = figures_read(json_object_get(doc, "download"));
        }
    }
    json_decref(doc);
}
