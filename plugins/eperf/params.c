#include "plugins/eperf/params.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "scm_config.h"

/* How a field travels. BOOL: true/false, sent when true. NUMBER: sent when not 0. ALWAYS: sent even when 0.
 * FLAG: a bool that iperf3 sends as the number 1. TEXT: sent when not "". */
enum kind { BOOL, FLAG, NUMBER, ALWAYS, TEXT };

#define FIELD(key, kind, member, min, max)                                                                             \
    {key, kind, offsetof(struct eperf_params, member), sizeof(((struct eperf_params *)0)->member), min, max}

/* Protocol and direction are not plain members (iperf3 has a key per value): params_to_json and params_from_json have
 * them. "reading" limits are what a peer may ask at all; policies of the server come after. */
static const struct field {
    const char *key;
    enum kind kind;
    size_t offset, size;
    uint64_t min, max;
} fields[] = {
    FIELD("omit", ALWAYS, omit, 0, EPERF_OMIT_MAX),
    FIELD("time", ALWAYS, duration, 0, EPERF_DURATION_MAX),
    FIELD("num", ALWAYS, bytes, 0, INT64_MAX),
    FIELD("blockcount", ALWAYS, blocks, 0, INT64_MAX),
    FIELD("MSS", NUMBER, mss, 0, EPERF_MSS_MAX),
    FIELD("nodelay", BOOL, nodelay, 0, 1),
    FIELD("parallel", ALWAYS, streams, 1, EPERF_STREAMS_MAX),
    FIELD("window", NUMBER, window, 0, EPERF_WINDOW_MAX),
    FIELD("len", ALWAYS, block_len, 1, EPERF_BLOCK_MAX),
    FIELD("bandwidth", NUMBER, rate, 0, INT64_MAX),
    FIELD("TOS", NUMBER, tos, 0, 255),
    FIELD("congestion", TEXT, congestion, 0, 0),
    FIELD("title", TEXT, title, 0, 0),
    FIELD("udp_counters_64bit", FLAG, counters_64bit, 0, 1),
};
enum { NFIELDS = sizeof fields / sizeof fields[0] };

void eperf_params_default(struct eperf_params *p)
{
    *p = (struct eperf_params){
        .protocol = EPERF_TCP, .direction = EPERF_UPLOAD, .streams = 3, .duration = 5, .interval = 1.0};
}

static uint64_t get_number(const struct eperf_params *p, const struct field *f)
{
    const char *at = (const char *)p + f->offset;
    switch (f->size) {
    case 1: return *(const uint8_t *)at;
    case 4: return *(const uint32_t *)at;
    default: return *(const uint64_t *)at;
    }
}

static void set_number(struct eperf_params *p, const struct field *f, uint64_t v)
{
    char *at = (char *)p + f->offset;
    switch (f->size) {
    case 1: *(uint8_t *)at = (uint8_t)v; break;
    case 4: *(uint32_t *)at = (uint32_t)v; break;
    default: *(uint64_t *)at = v; break;
    }
}

static json_t *encode(const struct eperf_params *p, const struct field *f)
{
    switch (f->kind) {
    case BOOL: return get_number(p, f) ? json_true() : NULL;
    case FLAG:
    case NUMBER: return get_number(p, f) ? json_integer((json_int_t)get_number(p, f)) : NULL;
    case ALWAYS: return json_integer((json_int_t)get_number(p, f));
    case TEXT: {
        const char *text = (const char *)p + f->offset;
        return *text ? json_string(text) : NULL;
    }
    }
    return NULL;
}

json_t *params_to_json(const struct eperf_params *p)
{
    json_t *o = json_object();
    if (!o)
        return NULL;
    int bad = json_object_set_new(o, p->protocol == EPERF_UDP ? "udp" : "tcp", json_true());
    for (size_t i = 0; i < NFIELDS; i++) {
        json_t *v = encode(p, &fields[i]);
        if (v)
            bad |= json_object_set_new(o, fields[i].key, v);
    }
    if (p->direction == EPERF_DOWNLOAD)
        bad |= json_object_set_new(o, "reverse", json_true());
    if (p->direction == EPERF_BOTH)
        bad |= json_object_set_new(o, "bidirectional", json_true());
    bad |= json_object_set_new(o, "pacing_timer", json_integer(1000)); /* iperf3 always sends it */
    bad |= json_object_set_new(o, "client_version", json_string("eperf " PACKAGE_VERSION));
    if (!bad)
        return o;
    json_decref(o);
    return NULL;
}

static bool fail(char error[EPERF_ERROR_MAX], const char *key, const char *why)
{
    snprintf(error, EPERF_ERROR_MAX, "parameter \"%s\": %s", key, why);
    return false;
}

/* A whole number in range; iperf3's cJSON prints large ones as reals, and -1 as 2^64-1. */
static bool whole(const json_t *v, uint64_t min, uint64_t max, uint64_t *out)
{
    if (!json_is_number(v))
        return false;
    double d = json_number_value(v);
    if (!(d >= (double)min) || d > (double)max || d >= 18446744073709551615.0)
        return false;
    uint64_t n = json_is_integer(v) ? (uint64_t)json_integer_value(v) : (uint64_t)d;
    if ((double)n != d || n < min || n > max)
        return false;
    *out = n;
    return true;
}

static bool decode(struct eperf_params *p, const struct field *f, const json_t *v, char *error)
{
    uint64_t n;
    switch (f->kind) {
    case BOOL:
    case FLAG: /* either form: versions differ */
        if (json_is_boolean(v))
            n = json_is_true(v);
        else if (!whole(v, f->min, f->max, &n))
            return fail(error, f->key, "expected true, false, 0 or 1");
        set_number(p, f, n);
        return true;
    case NUMBER:
    case ALWAYS:
        if (!whole(v, f->min, f->max, &n)) {
            snprintf(error, EPERF_ERROR_MAX, "parameter \"%s\": expected a whole number, %llu to %llu", f->key,
                     (unsigned long long)f->min, (unsigned long long)f->max);
            return false;
        }
        set_number(p, f, n);
        return true;
    case TEXT:
        if (!json_is_string(v) || json_string_length(v) >= f->size)
            return fail(error, f->key, "expected a string, and a shorter one");
        memcpy((char *)p + f->offset, json_string_value(v), json_string_length(v) + 1);
        return true;
    }
    return false;
}

static bool flag(const json_t *o, const char *key, bool *out, char *error)
{
    const json_t *v = json_object_get(o, key);
    *out = false;
    if (!v)
        return true;
    *out = json_is_true(v) || json_number_value(v) == 1;
    return *out || json_is_false(v) || (json_is_number(v) && json_number_value(v) == 0) ||
           fail(error, key, "expected true or false");
}

bool params_from_json(struct eperf_params *p, const json_t *o, char error[EPERF_ERROR_MAX])
{
    if (!json_is_object(o))
        return fail(error, "", "expected an object");
    *p = (struct eperf_params){.streams = 1, .interval = 1.0};
    bool tcp, udp, sctp, reverse, both;
    if (!flag(o, "tcp", &tcp, error) || !flag(o, "udp", &udp, error) || !flag(o, "sctp", &sctp, error) ||
        !flag(o, "reverse", &reverse, error) || !flag(o, "bidirectional", &both, error))
        return false;
    if (sctp || (tcp && udp))
        return fail(error, sctp ? "sctp" : "udp", "expected either tcp or udp");
    p->protocol = udp ? EPERF_UDP : EPERF_TCP;
    p->direction = both ? EPERF_BOTH : reverse ? EPERF_DOWNLOAD : EPERF_UPLOAD;
    for (size_t i = 0; i < NFIELDS; i++) {
        const json_t *v = json_object_get(o, fields[i].key);
        if (v && !decode(p, &fields[i], v, error))
            return false;
    }
    if (!p->block_len)
        p->block_len = udp ? 1460 : 128 << 10;
    return eperf_params_check(p, error);
}

bool eperf_params_check(const struct eperf_params *p, char error[EPERF_ERROR_MAX])
{
    if (p->streams < 1 || p->streams > EPERF_STREAMS_MAX)
        return fail(error, "parallel", "expected 1 to 128 connections");
    if (p->duration > EPERF_DURATION_MAX)
        return fail(error, "time", "expected at most 86400 seconds");
    if (p->omit > EPERF_OMIT_MAX)
        return fail(error, "omit", "expected at most 600 seconds");
    if (p->interval != 0 && !(p->interval >= 0.1 && p->interval <= 60))
        return fail(error, "interval", "expected 0, or 0.1 to 60 seconds");
    if (p->bytes && p->blocks)
        return fail(error, "num", "expected a number of bytes or of blocks, not both");
    if (p->protocol == EPERF_TCP && p->block_len > EPERF_BLOCK_MAX)
        return fail(error, "len", "expected at most 1 MiB");
    if (p->protocol == EPERF_UDP && p->block_len &&
        (p->block_len < EPERF_DATAGRAM_MIN || p->block_len > EPERF_DATAGRAM_MAX))
        return fail(error, "len", "expected 16 to 65507 bytes for UDP");
    if (p->mss && (p->mss < 88 || p->mss > EPERF_MSS_MAX))
        return fail(error, "MSS", "expected 88 to 9216 bytes");
    if (p->window > EPERF_WINDOW_MAX)
        return fail(error, "window", "expected at most 512 MiB");
    return true;
}
