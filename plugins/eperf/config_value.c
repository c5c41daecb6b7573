#include "plugins/eperf/config_reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/num.h"
#include "plugins/eperf/net.h"

/* As the server reads it. */
static bool network_ok(const char *text)
{
    struct net_prefix p;
    return net_prefix_parse(text, &p);
}

bool config_is_address(const char *text)
{
    return !strchr(text, '/') && network_ok(text);
}

static bool in_range(const struct option *o, double v)
{
    return v >= o->min && v <= o->max; /* false for NaN */
}

/* A whole number or one with a suffix, "10G"; an option that may be given by suffix may be plain, too. */
static bool read_scaled(const struct option *o, const struct config_value *v, uint64_t *out)
{
    uint64_t max = (uint64_t)o->max;
    if (v->type == CONFIG_NUMBER && in_range(o, v->number)) {
        *out = (uint64_t)v->number;
        return true;
    }
    return v->type == CONFIG_STRING &&
           (o->kind == RATE ? num_rate : num_size)(v->string, strlen(v->string), max, out) &&
           in_range(o, (double)*out);
}

bool config_value_read(const struct option *o, const struct config_value *v, unsigned char *base, size_t i)
{
    void *field = base + o->offset;
    switch (o->kind) {
    case BOOLEAN:
        if (v->type != CONFIG_BOOLEAN)
            return false;
        *(bool *)field = v->boolean;
        return true;
    case INTEGER:
        if (v->type != CONFIG_NUMBER || !in_range(o, v->number) || floor(v->number) != v->number)
            return false;
        *(uint64_t *)field = (uint64_t)v->number;
        return true;
    case SECONDS:
        if (v->type != CONFIG_NUMBER || !in_range(o, v->number))
            return false;
        *(double *)field = v->number;
        return true;
    case RATE:
    case SIZE:
        return read_scaled(o, v, field);
    case STRING:
        if (v->type != CONFIG_STRING || v->string[0] == '\0' || strlen(v->string) >= (size_t)o->max)
            return false;
        memcpy(field, v->string, strlen(v->string) + 1);
        return true;
    case PROTOCOL:
        if (v->type != CONFIG_STRING ||
            (strcasecmp(v->string, "tcp") != 0 && strcasecmp(v->string, "udp") != 0))
            return false;
        *(bool *)field = strcasecmp(v->string, "udp") == 0;
        return true;
    case BLACKOUT:
        return v->type == CONFIG_STRING &&
               sched_parse_blackout(v->string, (struct sched_blackout *)field + i);
    case NETWORK:
        if (v->type != CONFIG_STRING || strlen(v->string) > CONFIG_HOST_MAX || !network_ok(v->string))
            return false;
        memcpy((char(*)[CONFIG_HOST_MAX + 1]) field + i, v->string, strlen(v->string) + 1);
        return true;
    }
    return false;
}

const char *config_value_text(const struct config_value *v, char *buf, size_t size)
{
    switch (v->type) {
    case CONFIG_STRING:
        snprintf(buf, size, "\"%s\"", v->string);
        break;
    case CONFIG_NUMBER:
        snprintf(buf, size, "%g", v->number);
        break;
    case CONFIG_BOOLEAN:
        return v->boolean ? "true" : "false";
    }
    return buf;
}
