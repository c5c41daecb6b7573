#include "agent/agentx_serve.h"

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <stdlib.h>

enum { LOOP_MS = 200 };

static netsnmp_handler_registration *registration;

/* ---- GET, GETNEXT, GETBULK ---- */

/* Left as it is where there is no next: net-snmp then looks in other subtrees, looks at the range, and
 * answers endOfMibView. */
static bool serve_next(const struct reader *r, const struct snapshot *snap, netsnmp_request_info *rq)
{
    struct oid_name next;
    struct value v;

    if (reader_next(r, snap, rq->requestvb, rq->inclusive, &next, &v) != GET_OK)
        return true;
    return varbind_set_name(rq->requestvb, &next) && varbind_set_value(rq->requestvb, &v);
}

static void serve_read(struct reader *r, netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    const struct snapshot snap = reader_snapshot(r, info->asp->pdu->transid);

    for (netsnmp_request_info *rq = requests; rq != NULL; rq = rq->next)
        if (!rq->processed &&
            !(info->mode == MODE_GET ? reader_get(r, &snap, rq->requestvb) : serve_next(r, &snap, rq)))
            netsnmp_set_request_error(info, rq, SNMP_ERR_GENERR);
}

/* ---- SET ---- */

static void serve_reserve(struct serve *s, netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    size_t n = 0, failed = 0;
    enum set_error e;

    reader_forget(&s->read);
    for (netsnmp_request_info *rq = requests; rq != NULL; rq = rq->next)
        n++;
    struct varbind *vbs = calloc(n, sizeof *vbs);
    if (vbs == NULL) {
        e = SET_RESOURCE_UNAVAILABLE;
    } else {
        n = 0;
        for (netsnmp_request_info *rq = requests; rq != NULL; rq = rq->next)
            varbind_take(rq->requestvb, &vbs[n++]);
        const struct view *view = view_acquire(s->read.views);
        e = transaction_reserve(&s->set, s->read.mib, view, vbs, n, &failed);
        view_release(view);
    }
    free(vbs);
    while (failed-- > 0)
        requests = requests->next;
    if (e != SET_OK)
        netsnmp_set_request_error(info, requests, (int)e);
}

/* The response is on its way already; the next request waits here, so that it finds the loop's view of what
 * was set. */
static void serve_commit(struct serve *s)
{
    uint64_t generation = transaction_commit(&s->set);

    if (generation != 0)
        view_wait(s->read.views, generation, LOOP_MS);
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *reg,
                  netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    struct serve *s = handler->myvoid;
    enum set_error e = SET_OK;

    switch (info->mode) {
    case MODE_GET:
    case MODE_GETNEXT: /* and what net-snmp made of a GETBULK */
        serve_read(&s->read, info, requests);
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

/* ---- registration ---- */

bool serve_register(struct serve *s)
{
    oid root[MAX_OID_LEN];

    for (size_t i = 0; i < s->read.mib->root_len; i++)
        root[i] = s->read.mib->root[i];
    registration = netsnmp_create_handler_registration("scalemon", handle, root, s->read.mib->root_len,
                                                       HANDLER_CAN_RWRITE);
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
