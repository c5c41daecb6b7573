#include "agent/agentx_read.h"

#include <string.h>
#include <time.h>

enum {
    SNAPSHOT_MS = 1000,
    /* RFC 2741 6.1; net-snmp ships no header that has them */
    AGENTX_GET = 5,
    AGENTX_GETNEXT = 6,
    AGENTX_RESPONSE = 18,
    AGENTX_NETWORK_BYTE_ORDER = 0x10,
};

void reader_forget(struct reader *r)
{
    view_release(r->view);
    settings_release(r->seen);
    r->view = NULL;
    r->seen = NULL;
}

struct snapshot reader_snapshot(struct reader *r, long transaction)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    int64_t now = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    if (r->seen == NULL || r->transaction != transaction || now - r->seen_ms > SNAPSHOT_MS) {
        reader_forget(r);
        r->view = view_acquire(r->views);
        r->seen = settings_acquire(r->settings);
        r->transaction = transaction;
        r->seen_ms = now;
    }
    return (struct snapshot){r->view, r->seen};
}

/* ---- varbinds ---- */

static bool set_exception(netsnmp_variable_list *vb, u_char exception)
{
    return snmp_set_var_typed_value(vb, exception, NULL, 0) == 0;
}

bool reader_get(const struct reader *r, const struct snapshot *snap, netsnmp_variable_list *vb)
{
    uint32_t id[OID_MAX];
    size_t len = varbind_oid(vb->name, vb->name_length, id);
    struct value v;

    switch (mib_get(r->mib, snap, id, len, &v)) {
    case GET_OK:
        return varbind_set_value(vb, &v);
    case GET_NO_OBJECT:
        return set_exception(vb, SNMP_NOSUCHOBJECT);
    case GET_NO_INSTANCE:
    case GET_END:
        break;
    }
    return set_exception(vb, SNMP_NOSUCHINSTANCE);
}

enum get_result reader_next(const struct reader *r, const struct snapshot *snap,
                            const netsnmp_variable_list *vb, bool inclusive, struct oid_name *next,
                            struct value *v)
{
    uint32_t id[OID_MAX];
    size_t len = varbind_oid(vb->name, vb->name_length, id);

    if (!inclusive || mib_get(r->mib, snap, id, len, v) != GET_OK)
        return mib_next(r->mib, snap, id, len, next, v);
    memcpy(next->id, id, len * sizeof *id);
    next->len = len;
    return GET_OK;
}

/* ---- whole PDUs ---- */

/* A SearchRange is a varbind whose value is the OID where the search ends; 0.0, which is how net-snmp reads
 * the null OID of RFC 2741 5.2: nowhere. */
static bool before_end(const struct oid_name *name, const netsnmp_variable_list *range)
{
    uint32_t id[OID_MAX];
    size_t len = varbind_oid(range->val.objid, range->val_len / sizeof(oid), id);

    return (len == 2 && id[0] == 0 && id[1] == 0) || oid_cmp(name->id, name->len, id, len) < 0;
}

/* endOfMibView where nothing is in the range: the master goes on with the next subtree, whosever it is. */
static bool search(const struct reader *r, const struct snapshot *snap, netsnmp_variable_list *range)
{
    struct oid_name next;
    struct value v;

    if (reader_next(r, snap, range, range->type == ASN_PRIV_INCL_RANGE, &next, &v) != GET_OK ||
        !before_end(&next, range))
        return set_exception(range, SNMP_ENDOFMIBVIEW);
    return varbind_set_name(range, &next) && varbind_set_value(range, &v);
}

/* The response to a request, with its varbinds, which it takes. NULL: out of memory. */
static netsnmp_pdu *make_response(netsnmp_pdu *request)
{
    netsnmp_pdu *response = snmp_pdu_create(AGENTX_RESPONSE);

    if (response == NULL)
        return NULL;
    response->flags |= request->flags & AGENTX_NETWORK_BYTE_ORDER;
    response->sessid = request->sessid;
    response->transid = request->transid;
    response->reqid = request->reqid;
    response->errstat = SNMP_ERR_NOERROR;
    response->errindex = 0;
    response->variables = request->variables;
    request->variables = NULL;
    return response;
}

/* An answer that is an error has no varbinds. */
static void set_error(netsnmp_pdu *response, long index)
{
    snmp_free_varbind(response->variables);
    response->variables = NULL;
    response->errstat = SNMP_ERR_GENERR;
    response->errindex = index;
}

bool reader_answer(struct reader *r, netsnmp_session *session, netsnmp_pdu *request)
{
    bool get = request->command == AGENTX_GET;
    long index = 1;

    if ((!get && request->command != AGENTX_GETNEXT) || request->community_len > 0)
        return false;
    netsnmp_pdu *response = make_response(request);
    if (response == NULL)
        return false;
    const struct snapshot snap = reader_snapshot(r, request->transid);
    for (netsnmp_variable_list *vb = response->variables; vb != NULL; vb = vb->next_variable, index++)
        if (!(get ? reader_get(r, &snap, vb) : search(r, &snap, vb))) {
            set_error(response, index);
            break;
        }
    if (snmp_send(session, response) == 0)
        snmp_free_pdu(response);
    return true;
}
