/* A hostile agent's answers, as variables: whatever they are, the fetch ends, within its rows, and what it
 * kept is clean. Input, over and over: a byte of control (bit 7: the answer ends here), a byte that picks
 * object and type, index bytes. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "console/fetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum mib_object scalars[] = {AGENT_STARTED, AGENT_VERSION, LOAD1, AGENT_ADMIN};
static const enum mib_object columns[] = {PORTAL_ADMIN, PORTAL_LAST_OUTPUT, LIMIT_VALUE, EVENT_TIME};
static const struct fetch_spec spec = {
    .scalars = scalars, .n_scalars = 4, .columns = columns, .n_columns = 4, .rows_max = 20, .rows_usual = 3};

struct input {
    const uint8_t *p, *end;
};

static uint8_t next(struct input *in)
{
    return in->p < in->end ? *in->p++ : 0;
}

static void add(struct input *in, netsnmp_variable_list **vars)
{
    static const u_char types[] = {ASN_INTEGER, ASN_OCTET_STR, ASN_GAUGE,         ASN_COUNTER,
                                   ASN_NULL,    ASN_OBJECT_ID, SNMP_ENDOFMIBVIEW, ASN_COUNTER64};
    uint8_t pick = next(in);
    oid name[MIB_OID_MAX];
    u_char value[64] = {0};
    enum mib_object object = pick & 1 ? columns[pick >> 1 & 3] : scalars[pick >> 1 & 3];
    size_t n = mib_oid(object, name), ids = next(in) % 40, bytes = next(in) % sizeof value;
    u_char type = types[pick >> 3 & 7];
    for (size_t i = 0; i < ids && n < MIB_OID_MAX; i++)
        name[n++] = next(in);
    for (size_t i = 0; i < bytes; i++)
        value[i] = next(in);
    if (type == ASN_INTEGER || type == ASN_GAUGE || type == ASN_COUNTER)
        bytes = sizeof(long);
    else if (type == ASN_COUNTER64)
        bytes = sizeof(struct counter64);
    else if (type == ASN_OBJECT_ID)
        bytes = 2 * sizeof(oid);
    else if (type != ASN_OCTET_STR)
        bytes = 0;
    snmp_varlist_add_variable(vars, name, n, type, value, bytes);
}

static void must_be_clean(const struct cell *c)
{
    for (const unsigned char *s = (const unsigned char *)cell_text(c); *s != '\0'; s++)
        if (*s < 0x20 || *s == 0x7f)
            __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};
    struct answer answer = {0};
    struct fetch fetch;
    char why[FETCH_WHY_MAX];
    enum fetch_result result = FETCH_MORE;

    fetch_start(&fetch, &spec, &answer);
    while (result == FETCH_MORE && in.p < in.end) {
        struct fetch_request request;
        netsnmp_variable_list *vars = NULL;
        uint8_t control;
        fetch_next(&fetch, &request);
        if (request.n == 0)
            __builtin_trap();
        do {
            control = next(&in);
            add(&in, &vars);
        } while ((control & 0x80) == 0 && in.p < in.end);
        result = fetch_take(&fetch, control & 0x40 ? control & 0x0f : 0, vars, why);
        snmp_free_varbind(vars);
    }
    for (int t = 1; t < MIB_TABLES; t++) {
        const struct rows *rows = &answer.tables[t];
        if (rows->n > 3 * spec.rows_max)
            __builtin_trap();
        for (size_t i = 0; i < rows->n; i++)
            for (size_t k = 0; k < MIB_CELLS; k++)
                must_be_clean(&rows->row[i].cells[k]);
    }
    must_be_clean(answer_scalar(&answer, AGENT_VERSION));
    answer_clear(&answer);
    return 0;
}
