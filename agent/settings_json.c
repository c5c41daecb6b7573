/* The stored form of struct settings: one JSON object. Version 1:
 *   {"admin": 1, "notifications": true, "lock": 0, "interface": "eth0",
 *    "portals": {NAME: {"admin": 1, "requester": ""}}, "limits": {NAME: {…}}, "eperf": {NAME: 7}}
 * Enumerations are the MIB's numbers. Absent keys leave what the configuration says. */
#include "agent/metric_spec.h"
#include "agent/settings.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

static json_t *dump_limit(const struct setting_limit *l)
{
    return json_pack("{ss si ss ss si si si si}", "metric", l->metric, "direction", (int)l->direction,
                     "threshold", l->threshold.text, "clear", l->clear.text, "hits", (int)l->hits,
                     "clear_hits", (int)l->clear_hits, "severity", (int)l->severity, "status",
                     (int)l->status);
}

char *settings_dump(const struct settings *s, size_t *len)
{
    json_t *portals = json_object(), *limits = json_object(), *eperf = json_object();
    int failed = 0;

    for (size_t i = 0; i < s->n_portals; i++)
        failed |= json_object_set_new(
            portals, s->portals[i].name,
            json_pack("{si ss}", "admin", (int)s->portals[i].admin, "requester", s->portals[i].requester));
    for (size_t i = 0; i < s->n_limits; i++)
        if (s->limits[i].storage == STORAGE_NONVOLATILE)
            failed |= json_object_set_new(limits, s->limits[i].name, dump_limit(&s->limits[i]));
    for (size_t i = 0; i < s->n_eperfs; i++)
        failed |= json_object_set_new(eperf, s->eperfs[i].name, json_integer(s->eperfs[i].run));
    json_t *doc = json_pack("{si sb sI so so so}", "admin", (int)s->admin, "notifications",
                            (int)s->notifications_enabled, "lock", (json_int_t)s->set_lock, "portals",
                            portals, "limits", limits, "eperf", eperf);
    if (doc != NULL && strcmp(s->host_interface, settings_base_interface(s)) != 0)
        failed |= json_object_set_new(doc, "interface", json_string(s->host_interface));
    char *text = doc != NULL && !failed ? json_dumps(doc, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    json_decref(doc);
    if (text != NULL)
        *len = strlen(text);
    return text;
}

/* ---- reading ---- */

/* An integer member from min to max; absent or anything else: false. */
static bool take_int(const json_t *o, const char *key, json_int_t min, json_int_t max, json_int_t *out)
{
    const json_t *v = json_object_get(o, key);

    if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
        return false;
    *out = json_integer_value(v);
    return true;
}

/* A string member without control bytes that fits size; anything else: false. */
static bool take_text(const json_t *o, const char *key, char *out, size_t size)
{
    const json_t *v = json_object_get(o, key);
    size_t len = json_string_length(v);

    if (!json_is_string(v) || len >= size || !view_text_ok(json_string_value(v), len))
        return false;
    memcpy(out, json_string_value(v), len);
    memset(out + len, 0, size - len);
    return true;
}

static bool take_decimal(const json_t *o, const char *key, bool may_be_empty, struct decimal *out)
{
    const json_t *v = json_object_get(o, key);

    if (!json_is_string(v))
        return false;
    if (json_string_length(v) == 0)
        return may_be_empty;
    return decimal_set(out, json_string_value(v), json_string_length(v));
}

static bool load_portal(struct settings *s, const char *name, const json_t *o)
{
    struct setting_portal *p = settings_portal_edit(s, name);
    json_int_t admin;

    if (p == NULL) /* the configuration has it no more */
        return true;
    if (!take_int(o, "admin", PORTAL_ADMIN_ON, PORTAL_ADMIN_HOLD, &admin) ||
        !take_text(o, "requester", p->requester, sizeof p->requester))
        return false;
    p->admin = (enum portal_admin)admin;
    return true;
}

static bool load_limit(struct settings *s, const char *name, const json_t *o)
{
    struct metric_spec spec;
    const char *why;
    struct setting_limit l = {.storage = STORAGE_NONVOLATILE,
                              .in_config = settings_limit_base(s, name) != NULL};
    size_t len = strlen(name);
    json_int_t direction, hits, clear_hits, severity, status;

    if (len == 0 || len > SCM_NAME_MAX || !take_text(o, "metric", l.metric, sizeof l.metric) ||
        (l.metric[0] != '\0' && !metric_spec_parse(l.metric, strlen(l.metric), &spec, &why)) ||
        !take_int(o, "direction", 0, LIMIT_BELOW, &direction) ||
        !take_decimal(o, "threshold", true, &l.threshold) || !take_decimal(o, "clear", true, &l.clear) ||
        !take_int(o, "hits", 1, LIMIT_HITS_MAX, &hits) ||
        !take_int(o, "clear_hits", 1, LIMIT_HITS_MAX, &clear_hits) ||
        !take_int(o, "severity", LIMIT_WARNING, LIMIT_FAILURE, &severity) ||
        !take_int(o, "status", ROW_ACTIVE, ROW_NOT_READY, &status))
        return false;
    memcpy(l.name, name, len);
    l.direction = (enum limit_direction)direction;
    l.hits = (uint32_t)hits;
    l.clear_hits = (uint32_t)clear_hits;
    l.severity = (enum limit_severity)severity;
    l.status = (enum row_status)status;
    if (!limit_ready(&l))
        l.status = ROW_NOT_READY;
    struct setting_limit *row = settings_limit_edit(s, name);
    if (row == NULL && (row = settings_limit_new(s, name)) == NULL)
        return false;
    *row = l;
    return true;
}

static bool load_eperf(struct settings *s, const char *name, const json_t *o)
{
    return json_is_integer(o) && json_integer_value(o) >= 0 && json_integer_value(o) <= UINT32_MAX &&
           settings_eperf_run(s, name, (uint32_t)json_integer_value(o));
}

/* Each member of o through load; those it refuses are counted. */
static void load_rows(struct settings *s, json_t *o,
                      bool (*load)(struct settings *, const char *, const json_t *), unsigned *skipped)
{
    const char *name;
    json_t *row;

    json_object_foreach(o, name, row) if (!load(s, name, row))(*skipped)++;
}

bool settings_load(struct settings *s, const char *json, size_t len, unsigned *skipped, char *err,
                   size_t err_size)
{
    json_error_t why;
    json_t *doc = json_loadb(json, len, JSON_REJECT_DUPLICATES, &why);
    json_int_t n;

    *skipped = 0;
    if (!json_is_object(doc)) {
        snprintf(err, err_size, "line %d: %s", why.line, doc == NULL ? why.text : "expected an object");
        json_decref(doc);
        return false;
    }
    if (take_int(doc, "admin", AGENT_RUNNING, AGENT_SHUTDOWN, &n))
        s->admin = n == AGENT_MAINTENANCE ? AGENT_MAINTENANCE : AGENT_RUNNING;
    if (json_is_boolean(json_object_get(doc, "notifications")))
        s->notifications_enabled = json_is_true(json_object_get(doc, "notifications"));
    if (take_int(doc, "lock", 0, INT32_MAX, &n))
        s->set_lock = (uint32_t)n;
    if (json_object_get(doc, "interface") != NULL &&
        !take_text(doc, "interface", s->host_interface, sizeof s->host_interface))
        (*skipped)++;
    load_rows(s, json_object_get(doc, "portals"), load_portal, skipped);
    load_rows(s, json_object_get(doc, "limits"), load_limit, skipped);
    load_rows(s, json_object_get(doc, "eperf"), load_eperf, skipped);
    json_decref(doc);
    return true;
}
