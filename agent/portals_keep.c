/* The portals over a restart: the document "portals". For each its counters, its last script, and what was last told and since
 * when, so that nothing is told twice. What the operator wants is in the settings. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "agent/portals_inner.h"
#include "agent/runner_msg.h"

char *portals_dump(const struct portals *portals, size_t *len)
{
    json_t *all = json_object();
    for (size_t i = 0; all != NULL && i < portals->n; i++) {
        const struct entry *entry = &portals->entries[i];
        const struct portal *portal = &entry->portal;
        json_t *one = json_pack("{s:i, s:I, s:i, s:i, s:s, s:I, s:I}", "told", (int)entry->told, "since",
                                (json_int_t)entry->told_wall, "action", (int)portal->last_action, "code",
                                portal->last_exit_code, "output", portal->last_output, "starts",
                                (json_int_t)portal->starts, "failures", (json_int_t)portal->failures);
        if (one == NULL || json_object_set_new(all, entry->config->name, one) != 0) {
            json_decref(all);
            all = NULL;
        }
    }
    char *text = all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    *len = text != NULL ? strlen(text) : 0;
    return text;
}

static void load_entry(struct entry *entry, json_t *one)
{
    struct portal *portal = &entry->portal;
    int told, action, code;
    json_int_t since, starts, failures;
    const char *output;
    if (json_unpack(one, "{s:i, s:I, s:i, s:i, s:s, s:I, s:I}", "told", &told, "since", &since, "action", &action,
                    "code", &code, "output", &output, "starts", &starts, "failures", &failures) != 0 ||
        told < PORTAL_OFF || told > PORTAL_UNKNOWN || action < PORTAL_NONE || action > PORTAL_STATUS || starts < 0 ||
        starts > UINT32_MAX || failures < 0 || failures > UINT32_MAX)
        return; /* this portal begins anew */
    entry->told = (enum portal_oper)told;
    entry->told_wall = since;
    portal->last_change_wall = since;
    portal->last_action = (enum portal_action)action;
    portal->last_exit_code = code;
    runner_output_text(output, strlen(output), portal->last_output, sizeof portal->last_output);
    portal->starts = (uint32_t)starts;
    portal->failures = (uint32_t)failures;
}

bool portals_load(struct portals *portals, const char *json, size_t len)
{
    json_t *all = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    bool object = json_is_object(all);
    for (size_t i = 0; object && i < portals->n; i++) {
        json_t *one = json_object_get(all, portals->entries[i].config->name);
        if (one != NULL)
            load_entry(&portals->entries[i], one);
    }
    json_decref(all);
    return object;
}
