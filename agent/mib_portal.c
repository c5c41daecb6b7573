/* scmInterfaceTable and scmPortalTable. */
#include "agent/mib.h"

#include <string.h>

/* ---- scmInterfaceTable ---- */

static size_t interface_count(const struct snapshot *snap)
{
    return snap->view != NULL ? snap->view->n_interfaces : 0;
}

static void interface_at(const struct snapshot *snap, size_t i, struct row *out)
{
    const struct view_interface *f = &snap->view->interfaces[i];

    *out = (struct row){.number = f->ifindex, .data = f};
}

#define INTERFACE(ARC, NAME, SYNTAX, KIND, MEMBER) COL_FIELD(ARC, NAME, SYNTAX, KIND, struct view_interface, MEMBER)

static const struct column interface_columns[] = {
    INTERFACE(1, "scmInterfaceName", SYN_STRING, FIELD_STRING, name),
    INTERFACE(2, "scmInterfaceInRate", SYN_GAUGE, FIELD_OPT, in_rate),
    INTERFACE(3, "scmInterfaceOutRate", SYN_GAUGE, FIELD_OPT, out_rate),
    INTERFACE(4, "scmInterfaceInPeak", SYN_GAUGE, FIELD_OPT, in_peak),
    INTERFACE(5, "scmInterfaceOutPeak", SYN_GAUGE, FIELD_OPT, out_peak),
    INTERFACE(6, "scmInterfaceSpeed", SYN_GAUGE, FIELD_OPT, speed),
};

const struct table mib_interface = {
    "scmInterfaceEntry", {1, 3, 1}, 3, INDEX_NUMBER, interface_columns, COUNT_OF(interface_columns), interface_count,
    interface_at};

/* ---- scmPortalTable ---- */

static size_t portal_count(const struct snapshot *snap)
{
    return snap->view != NULL ? snap->view->n_portals : 0;
}

static void portal_at(const struct snapshot *snap, size_t i, struct row *out)
{
    const struct view_portal *p = &snap->view->portals[i];

    *out = (struct row){.name = p->name, .data = p};
}

static bool get_admin(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct setting_portal *p = settings_portal(snap->settings, row->name);

    return p != NULL && value_int(out, (int32_t)p->admin);
}

SETTER(set_admin)
{
    struct setting_portal *p = settings_portal_edit(draft, name);

    if (p == NULL)
        return SET_NO_CREATION;
    p->admin = (enum portal_admin)v->i;
    return SET_OK;
}

/* First of all setters: who wants it now is not who wanted it last; the same PDU may say. */
SETTER(begin_admin)
{
    struct setting_portal *p = settings_portal_edit(draft, name);

    if (p != NULL && v->i != (int32_t)p->admin)
        memset(p->requester, 0, sizeof p->requester);
    return SET_OK;
}

static bool get_requester(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct setting_portal *p = settings_portal(snap->settings, row->name);

    return p != NULL && value_text(out, p->requester);
}

SETTER(set_requester)
{
    struct setting_portal *p = settings_portal_edit(draft, name);

    if (p == NULL)
        return SET_NO_CREATION;
    set_text(p->requester, sizeof p->requester, v);
    return SET_OK;
}

static bool get_exit_code(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct view_portal *p = row->data;

    return p->has_exit_code && value_int(out, p->last_exit_code);
}

/* FIELD_ENUM takes 0 for absent; here it is none(0). */
static bool get_action(const struct snapshot *snap, const struct row *row, struct value *out)
{
    const struct view_portal *p = row->data;

    return value_int(out, (int32_t)p->last_action);
}

#define PORTAL(ARC, NAME, SYNTAX, KIND, MEMBER) COL_FIELD(ARC, NAME, SYNTAX, KIND, struct view_portal, MEMBER)

static const struct column portal_columns[] = {
    COL_INDEX(1, "scmPortalName", SYN_STRING),
    PORTAL(2, "scmPortalDescription", SYN_STRING, FIELD_STRING, description),
    {.arc = 3, .name = "scmPortalAdminStatus", .syntax = SYN_INTEGER, .access = ACCESS_WRITE, .min = PORTAL_ADMIN_ON,
     .max = PORTAL_ADMIN_HOLD, .get = get_admin, .begin = begin_admin, .set = set_admin},
    PORTAL(4, "scmPortalOperStatus", SYN_INTEGER, FIELD_ENUM, oper),
    PORTAL(5, "scmPortalLastChange", SYN_TIME, FIELD_TIME, last_change_ms),
    COL_WRITE(6, "scmPortalRequester", SYN_STRING, 0, SCM_TEXT_MAX, get_requester, set_requester),
    COL_GET(7, "scmPortalLastAction", SYN_INTEGER, get_action),
    COL_GET(8, "scmPortalLastExitCode", SYN_INTEGER, get_exit_code),
    PORTAL(9, "scmPortalLastOutput", SYN_STRING, FIELD_STRING, last_output),
    PORTAL(10, "scmPortalStarts", SYN_COUNTER, FIELD_U32, starts),
    PORTAL(11, "scmPortalFailures", SYN_COUNTER, FIELD_U32, failures),
};

const struct table mib_portal = {"scmPortalEntry", {1, 4, 1}, 3, INDEX_NAME, portal_columns, COUNT_OF(portal_columns),
                                 portal_count, portal_at};
