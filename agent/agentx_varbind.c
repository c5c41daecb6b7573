#include "agent/agentx_varbind.h"

_Static_assert(OID_MAX == MAX_OID_LEN, "an oid_name holds every OID of net-snmp");

size_t varbind_oid(const oid *name, size_t len, uint32_t id[OID_MAX])
{
    size_t n = len < OID_MAX ? len : OID_MAX;

    for (size_t i = 0; i < n; i++)
        id[i] = (uint32_t)name[i];
    return n;
}

static size_t to_oid(const struct oid_name *name, oid id[OID_MAX])
{
    for (size_t i = 0; i < name->len; i++)
        id[i] = name->id[i];
    return name->len;
}

bool varbind_set_name(netsnmp_variable_list *vb, const struct oid_name *name)
{
    oid id[OID_MAX];

    return snmp_set_var_objid(vb, id, to_oid(name, id)) == 0;
}

bool varbind_set_value(netsnmp_variable_list *vb, const struct value *v)
{
    switch (v->type) {
    case VALUE_INTEGER:
        return snmp_set_var_typed_integer(vb, ASN_INTEGER, v->i) == 0;
    case VALUE_UNSIGNED:
        return snmp_set_var_typed_integer(vb, ASN_GAUGE, (long)v->u) == 0;
    case VALUE_COUNTER32:
        return snmp_set_var_typed_integer(vb, ASN_COUNTER, (long)v->u) == 0;
    case VALUE_STRING:
        return snmp_set_var_typed_value(vb, ASN_OCTET_STR, v->s.p, v->s.len) == 0;
    case VALUE_OTHER:
        break;
    }
    return false;
}

void varbind_take(const netsnmp_variable_list *vb, struct varbind *out)
{
    out->name.len = varbind_oid(vb->name, vb->name_length, out->name.id);
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

bool varbind_append(netsnmp_variable_list **list, const struct oid_name *name, const struct value *v)
{
    oid id[OID_MAX];
    netsnmp_variable_list *vb = snmp_varlist_add_variable(list, id, to_oid(name, id), ASN_NULL, NULL, 0);

    return vb != NULL && varbind_set_value(vb, v);
}
