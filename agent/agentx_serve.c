#include "agent/agentx_serve.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <stdlib.h>
#include <time.h>

_Static_assert(OID_MAX == MAX_OID_LEN, "an oid_name holds every OID of net-snmp");

enum { SNAPSHOT_MS = 1000, LOOP_MS = 200 };

static netsnmp_handler_registration *registration;

/* ---- between net-snmp's types and ours
 * ---------------------------------------------------------------------------- */

static size_t from_oid(const oid *name, size_t len, uint32_t *id)
{
    for (size_t i = 0; i < len; i++)
        id[i] = (uint32_t)name[i];
    return len;
}

static size_t to_oid(const struct oid_name *name, oid *id)
{
    for (size_t i = 0; i < name->len; i++)
        id[i] = name->id[i];
    return name->len;
}

/* Gives vb the value; strings are copied. */
static int put_value(netsnmp_variable_list *vb, const struct value *v)
{
    switch (v->type) {
    case VALUE_INTEGER:
        return snmp_set_var_typed_integer(vb, ASN_INTEGER, v->i);
    case VALUE_UNSIGNED:
        return snmp_set_var_typed_integer(vb, ASN_GAUGE, (long)v->u);
    case VALUE_COUNTER32:
        return snmp_set_var_typed_integer(vb, ASN_COUNTER, (long)v->u);
    case VALUE_STRING:
        return snmp_set_var_typed_value(vb, ASN_OCTET_STR, v->s.p, v->s.len);
    case VALUE_OTHER:
        break;
    }
    return 1;
}

/* Reads a varbind of a SET; strings stay in vb. */
static void take_varbind(const netsnmp_variable_list *vb, struct varbind *out)
{
    out->name.len = from_oid(vb->name, vb->name_length, out->name.id);
    out->value.type = VALUE_OTHER;
    switch (vb->type) {
    case ASN_INTEGER:
        out->value.type = VALUE_INTEGER;
        out->value.i = (int32_t)*vb->val.integer;
        break;
    case ASN_GAUGE: /* and Unsigned32 */
        out->value.type = VALUE_UNSIGNED;
        out->value.u = (uint32_t)*vb->val.integer;
        break;
    case ASN_OCTET_STR:
        value_string(&out->value, (const char *)vb->val.string, vb->val_len);
        break;
    default:
        break;
    }
}

bool serve_add_varbind(netsnmp_variable_list **list, const struct oid_name *name, const struct value *v)
{
    oid id[MAX_OID_LEN];
    size_t len = to_oid(name, id);
    netsnmp_variable_list *vb = snmp_varlist_add_variable(list, id, len, ASN_NULL, NULL, 0);

    return vb != NULL && put_value(vb, v) == 0;
}

/* ---- GET, GETNEXT, GETBULK
 * ---------------------------------------------------------------------------------------- */

static void serve_get(const struct serve *s, const struct snapshot *snap, netsnmp_agent_request_info *info,
                      netsnmp_request_info *rq)
{
    uint32_t id[OID_MAX];
    size_t len = from_oid(rq->requestvb->name, rq->requestvb->name_length, id);
    struct value v;

    switch (mib_get(s->mib, snap, id, len, &v)) {
    case GET_OK:
        if (put_value(rq->requestvb, &v) != 0)
            netsnmp_set_request_error(info, rq, SNMP_ERR_GENERR);
        break;
    case GET_NO_OBJECT:
        netsnmp_set_request_error(info, rq, SNMP_NOSUCHOBJECT);
        break;
    case GET_NO_INSTANCE:
    case GET_END:
        netsnmp_set_request_error(info, rq, SNMP_NOSUCHINSTANCE);
        break;
    }
}

/* Left as it is where there is no next: net-snmp then looks in other subtrees, and answers endOfMibView. */
static void serve_next(const struct serve *s, const struct snapshot *snap, netsnmp_agent_request_info *info,
                       netsnmp_request_info *rq)
{
    uint32_t id[OID_MAX];
    size_t len = from_oid(rq->requestvb->name, rq->requestvb->name_length, id);
    struct oid_name next;
    struct value v;
    oid name[MAX_OID_LEN];

    if (rq->inclusive && mib_get(s->mib, snap, id, len, &v) == GET_OK) {
        if (put_value(rq->requestvb, &v) != 0)
            netsnmp_set_request_error(info, rq, SNMP_ERR_GENERR);
        return;
    }
    if (mib_next(s->mib, snap, id, len, &next, &v) != GET_OK)
        return;
    len = to_oid(&next, name);
    if (snmp_set_var_objid(rq->requestvb, name, len) != 0 || put_value(rq->requestvb, &v) != 0)
        netsnmp_set_request_error(info, rq, SNMP_ERR_GENERR);
}

void serve_forget(struct serve *s)
{
    view_release(s->view);
    settings_release(s->seen);
    s->view = NULL;
    s->seen = NULL;
}

/* The snapshot for a request. The master makes one GETBULK into many AgentX GetNexts with one transaction id,
 * which see the same moment; but nobody sees one that is older than SNAPSHOT_MS. */
static struct snapshot snapshot_for(struct serve *s, long transaction)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    int64_t now = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
    if (s->seen == NULL || s->transaction != transaction || now - s->seen_ms > SNAPSHOT_MS) {
        serve_forget(s);
        s->view = view_acquire(s->views);
        s->seen = settings_acquire(s->settings);
        s->transaction = transaction;
        s->seen_ms = now;
    }
    return (struct snapshot){s->view, s->seen};
}

static void serve_read(struct serve *s, netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    const struct snapshot snap = snapshot_for(s, info->asp->pdu->transid);

    for (netsnmp_request_info *rq = requests; rq != NULL; rq = rq->next)
        if (rq->processed)
            continue;
        else if (info->mode == MODE_GET)
            serve_get(s, &snap, info, rq);
        else
            serve_next(s, &snap, info, rq);
}

/* ---- SET
 * ----------------------------------------------------------------------------------------------------------
 */

static void serve_reserve(struct serve *s, netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    size_t n = 0, failed = 0;
    enum set_error e;

    serve_forget(s);
    for (netsnmp_request_info *rq = requests; rq != NULL; rq = rq->next)
        n++;
    struct varbind *vbs = calloc(n, sizeof *vbs);
    if (vbs == NULL) {
        e = SET_RESOURCE_UNAVAILABLE;
    } else {
        n = 0;
        for (netsnmp_request_info *rq = requests; rq != NULL; rq = rq->next)
            take_varbind(rq->requestvb, &vbs[n++]);
        const struct view *view = view_acquire(s->views);
        e = transaction_reserve(&s->set, s->mib, view, vbs, n, &failed);
        view_release(view);
    }
    free(vbs);
    while (failed-- > 0)
        requests = requests->next;
    if (e != SET_OK)
        netsnmp_set_request_error(info, requests, (int)e);
}

/* The response is on its way already; the next request waits here, so that it finds the loop's view of what was set. */
static void serve_commit(struct serve *s)
{
    uint64_t generation = transaction_commit(&s->set);

    if (generation != 0)
        view_wait(s->views, generation, LOOP_MS);
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *reg,
                  netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    struct serve *s = handler->myvoid;
    enum set_error e = SET_OK;

    switch (info->mode) {
    case MODE_GET:
    case MODE_GETNEXT: /* and what net-snmp made of a GETBULK */
        serve_read(s, info, requests);
        break;
    case MODE_SET_RESERVE1: /* TestSet is this and RESERVE2; nothing is left to do there */
        serve_reserve(s, info, requests);
        break;
    case MODE_SET_ACTION: /* CommitSet */
        e = transaction_action(&s->set);
        break;
    case MODE_SET_COMMIT: /* CleanupSet after a CommitSet: has no response, so nothing here may fail */
        serve_commit(s);
        break;
    case MODE_SET_UNDO:
    case MODE_SET_FREE:
        e = transaction_undo(&s->set);
        break;
    default:
        break;
    }
    if (e != SET_OK)
        netsnmp_set_request_error(info, requests, (int)e);
    return SNMP_ERR_NOERROR;
}

/* ---- registration
 * ------------------------------------------------------------------------------------------------- */

bool serve_register(struct serve *s)
{
    oid root[MAX_OID_LEN];

    for (size_t i = 0; i < s->mib->root_len; i++)
        root[i] = s->mib->root[i];
    registration =
        netsnmp_create_handler_registration("scalemon", handle, root, s->mib->root_len, HANDLER_CAN_RWRITE);
    if (registration == NULL)
        return false;
    registration->handler->myvoid = s;
    if (netsnmp_register_handler(registration) == MIB_REGISTERED_OK)
        return true;
    registration = NULL; /* freed by the failure */
    return false;
}

void serve_unregister(void)
{
    if (registration != NULL)
        netsnmp_unregister_handler(registration);
    registration = NULL;
}
