#include "agent/mib.h"

#include "scm_config.h"

#include <string.h>

static const uint32_t root[] = {SCM_OID_ROOT};

static const struct table *const tables[] = {&mib_agent, &mib_host,  &mib_interface, &mib_portal,
                                             &mib_limit, &mib_eperf, &mib_event,     &mib_notify};

const struct mib scalemon_mib = {root, COUNT_OF(root), tables, COUNT_OF(tables)};

size_t scalar_count(const struct snapshot *snap)
{
    return 1;
}

bool value_int(struct value *v, int32_t i)
{
    v->type = VALUE_INTEGER;
    v->i = i;
    return true;
}

bool value_text(struct value *v, const char *text)
{
    value_string(v, text, strlen(text));
    return true;
}

void set_text(char *field, size_t size, const struct value *v)
{
    memset(field, 0, size);
    memcpy(field, v->s.p, v->s.len);
}
