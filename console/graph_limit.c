/* Which marks are of which graph. */
#include "console/graph_marks.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/ident.h"
#include "console/graph_args.h"

bool graph_same_host(const char *mark, const char *host)
{
    size_t mark_len = strcspn(mark, ":"), host_len = strlen(host);
    size_t common = mark_len < host_len ? mark_len : host_len;

    if (mark_len == 0)
        return mark[0] == '\0';
    if (strncasecmp(mark, host, common) != 0)
        return false;
    return mark_len == host_len || (mark_len < host_len ? host[common] == '.' : mark[common] == '.');
}

/* Takes "function(" and ")" off the metric; false where they are not there. */
static bool unwrap(const char **metric, size_t *len, const char *function)
{
    size_t n = strlen(function);
    if (*len < n + 2 || strncmp(*metric, function, n) != 0 || (*metric)[n] != '(' ||
        (*metric)[*len - 1] != ')')
        return false;
    *metric += n + 1;
    *len -= n + 2;
    return true;
}

bool graph_limit_on(const struct graph_limit *limit, const struct graph_metric *metric)
{
    const char *text = limit->metric;
    size_t len = strlen(text);
    char pattern[IDENT_MAX + 1];
    struct ident id;

    if (metric->function != NULL && !unwrap(&text, &len, metric->function))
        return false;
    if (metric->function == NULL && !graph_same_host(limit->host, metric->host))
        return false;
    if (!ident_parse(text, len, &id) || strcmp(id.ds[0] != '\0' ? id.ds : "value", metric->ds) != 0)
        return false;
    if (id.host[0] != '\0' && metric->host != NULL && fnmatch(id.host, metric->host, 0) != 0)
        return false;
    id.host[0] = '\0';
    return ident_format(&id, pattern, sizeof pattern) > 0 &&
           fnmatch(pattern, metric->file, FNM_PATHNAME) == 0;
}
