/* GET, GETNEXT and SET with any name and any value, on a world with a row in each table. The first byte of
 * each step chooses the verb and the value's type, the second where the name begins; then a length and so
 * many sub-identifiers, one byte each (255 stands for a great one), then a length and the value. What is read
 * back must be in order; a SET leaves valid settings or none. */
#include "agent/event.h"
#include "agent/mib.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct view *world_view(void)
{
    struct view *v = view_new(2, 1, 1, 1);

    v->interfaces[0].ifindex = 1;
    v->interfaces[1].ifindex = 255;
    strcpy(v->portals[0].name, "p");
    strcpy(v->limits[0].name, "c");
    strcpy(v->eperfs[0].name, "t");
    return v;
}

static struct settings *world_settings(void)
{
    struct settings *s = settings_new("");
    struct setting_limit l = {
        .name = "c", .metric = "load/load:shortterm", .direction = LIMIT_ABOVE, .status = ROW_ACTIVE};

    if (!decimal_set(&l.threshold, "8", 1) || !settings_add_portal(s, "p", PORTAL_ADMIN_HOLD) ||
        !settings_add_limit(s, &l))
        abort();
    return s;
}

struct input {
    const uint8_t *p;
    size_t left;
};

static uint8_t byte(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->p++;
}

static void take_name(struct input *in, struct oid_name *out)
{
    uint8_t from = byte(in);

    out->len = from & 1 ? 0 : scalemon_mib.root_len;
    memcpy(out->id, scalemon_mib.root, out->len * sizeof *out->id);
    for (size_t n = byte(in); n > 0 && out->len < OID_MAX; n--) {
        uint8_t b = byte(in);
        out->id[out->len++] = b == 255 ? UINT32_MAX : b;
    }
}

static void take_value(struct input *in, uint8_t type, struct value *out)
{
    size_t n = byte(in);

    switch (type % 4) {
    case 0:
        value_int(out, (int32_t)(n << 24 | byte(in)));
        return;
    case 1:
        out->type = VALUE_UNSIGNED;
        out->u = (uint32_t)n;
        return;
    case 2:
        n = n < in->left ? n : in->left;
        value_string(out, (const char *)in->p, n);
        in->p += n;
        in->left -= n;
        return;
    default:
        out->type = VALUE_OTHER;
    }
}

/* What settings must be, however they came about. */
static void check(const struct settings *s)
{
    for (size_t i = 0; i < s->n_limits; i++) {
        const struct setting_limit *l = &s->limits[i];
        if ((l->status == ROW_ACTIVE && !limit_ready(l)) || l->hits < 1 || l->hits > LIMIT_HITS_MAX ||
            l->status < ROW_ACTIVE || l->status > ROW_NOT_READY ||
            (i > 0 && name_cmp(s->limits[i - 1].name, l->name) >= 0))
            abort();
    }
    if (settings_limit(s, "c") == NULL || s->n_portals != 1)
        abort();
}

static void set(const struct view *view, struct settings **s, const struct varbind *vbs, size_t n)
{
    const struct snapshot snap = {view, *s};
    struct settings *draft = settings_clone(*s);
    size_t failed = n;

    if (mib_set(&scalemon_mib, &snap, draft, vbs, n, &failed) == SET_OK) {
        check(draft);
        settings_release(*s);
        *s = draft;
    } else {
        if (failed >= n)
            abort();
        settings_release(draft);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct view *view = world_view();
    struct settings *settings = world_settings();
    struct varbind vbs[4];
    size_t n = 0;

    while (in.left > 0) {
        const struct snapshot snap = {view, settings};
        uint8_t verb = byte(&in);
        struct oid_name name, next;
        struct value v;
        take_name(&in, &name);
        if (verb % 3 == 0) {
            mib_get(&scalemon_mib, &snap, name.id, name.len, &v);
        } else if (verb % 3 == 1) {
            if (mib_next(&scalemon_mib, &snap, name.id, name.len, &next, &v) == GET_OK &&
                (oid_cmp(next.id, next.len, name.id, name.len) <= 0 ||
                 mib_get(&scalemon_mib, &snap, next.id, next.len, &v) != GET_OK))
                abort();
        } else {
            vbs[n].name = name;
            take_value(&in, verb / 3, &vbs[n].value);
            if (++n == 4 || verb & 128) {
                set(view, &settings, vbs, n);
                n = 0;
            }
        }
    }
    settings_release(settings);
    view_release(view);
    return 0;
}
