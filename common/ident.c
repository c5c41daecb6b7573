#include "common/ident.h"

#include <stdio.h>
#include <string.h>

/* Copies one part; false where it is empty, too long or holds a control byte. */
static bool take(const char *s, size_t len, char out[IDENT_PART_MAX + 1])
{
    if (len == 0 || len > IDENT_PART_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
            return false;
    memcpy(out, s, len);
    out[len] = '\0';
    return true;
}

/* name[-instance]; the instance may be absent, not empty. */
static bool take_pair(const char *s, size_t len, char *name, char *instance)
{
    const char *dash = memchr(s, '-', len);

    instance[0] = '\0';
    if (dash == NULL)
        return take(s, len, name);
    return take(s, (size_t)(dash - s), name) && take(dash + 1, len - (size_t)(dash + 1 - s), instance);
}

bool ident_parse(const char *s, size_t len, struct ident *out)
{
    const char *part[3], *end = s + len;
    size_t part_len[3], n = 0;

    for (const char *p = s;;) {
        const char *slash = memchr(p, '/', (size_t)(end - p));
        if (n == 3)
            return false;
        part[n] = p;
        part_len[n++] = (size_t)((slash ? slash : end) - p);
        if (slash == NULL)
            break;
        p = slash + 1;
    }
    if (n < 2)
        return false;
    size_t first = n - 2; /* index of the plugin part */

    out->host[0] = out->ds[0] = '\0';
    if (n == 3 && !take(part[0], part_len[0], out->host))
        return false;
    const char *type = part[first + 1], *colon = memrchr(type, ':', part_len[first + 1]);
    if (colon != NULL) {
        if (!take(colon + 1, (size_t)(end - colon - 1), out->ds))
            return false;
        part_len[first + 1] = (size_t)(colon - type);
    }
    return take_pair(part[first], part_len[first], out->plugin, out->plugin_instance) &&
           take_pair(type, part_len[first + 1], out->type, out->type_instance);
}

size_t ident_format(const struct ident *id, char *buf, size_t size)
{
    int n = snprintf(buf, size, "%s%s%s%s%s/%s%s%s", id->host, id->host[0] ? "/" : "", id->plugin,
                     id->plugin_instance[0] ? "-" : "", id->plugin_instance, id->type,
                     id->type_instance[0] ? "-" : "", id->type_instance);

    return n > 0 && (size_t)n < size ? (size_t)n : 0;
}
