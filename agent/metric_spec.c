#include "agent/metric_spec.h"

#include <string.h>

static const char expected[] = "expected [host/]plugin[-instance]/type[-instance][:ds], or sum(…), count(…) or percent(…) of one";

static const struct {
    const char *name;
    enum metric_function function;
} functions[] = {
    {"sum(",     METRIC_SUM    },
    {"count(",   METRIC_COUNT  },
    {"percent(", METRIC_PERCENT},
};

bool metric_is_pattern(const char *s)
{
    return strpbrk(s, "*?") != NULL;
}

/* The usual two-pointer match: on a mismatch the last star takes one more byte. Linear for one star, n*m at worst. */
bool metric_glob(const char *pattern, const char *text, size_t len)
{
    const char *p = pattern, *t = text, *end = text + len, *star = NULL, *resume = NULL;

    while (t < end) {
        if (*p == '*') {
            star = p++;
            resume = t;
        } else if ((*p == '?' && *t != '/') || (*p == *t && *p != '\0')) {
            p++;
            t++;
        } else if (star && *resume != '/') {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (*p == '*')
        p++;
    return *p == '\0';
}

/* Puts a name and its instance together again, as identifiers have them. */
static bool join(char out[IDENT_PART_MAX + 1], const char *name, const char *instance)
{
    size_t n = strlen(name), k = strlen(instance);

    if (n + k + (k ? 1 : 0) > IDENT_PART_MAX)
        return false;
    memcpy(out, name, n + 1);
    if (k) {
        out[n] = '-';
        memcpy(out + n + 1, instance, k + 1);
    }
    return true;
}

bool metric_spec_parse(const char *s, size_t len, struct metric_spec *out, const char **why)
{
    struct ident id;

    *why = expected;
    memset(out, 0, sizeof *out);
    if (len > METRIC_SPEC_MAX)
        return false;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        size_t n = strlen(functions[i].name);
        if (len > n && memcmp(s, functions[i].name, n) == 0 && s[len - 1] == ')') {
            out->function = functions[i].function;
            s += n;
            len -= n + 1;
            break;
        }
    }
    if (memchr(s, '(', len) || memchr(s, ')', len) || !ident_parse(s, len, &id))
        return false;
    if (!join(out->plugin, id.plugin, id.plugin_instance) || !join(out->type, id.type, id.type_instance))
        return false;
    memcpy(out->host, id.host, sizeof out->host);
    memcpy(out->ds, id.ds, sizeof out->ds);
    out->own_host = id.host[0] == '\0';
    if (metric_is_pattern(out->ds)) {
        *why = "expected the name of one data source behind ':', not a pattern";
        return false;
    }
    if (out->function == METRIC_PERCENT && !strchr(out->type, '-')) {
        *why = "expected a type with an instance in percent(…), like memory-used";
        return false;
    }
    return true;
}
