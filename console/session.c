#include "console/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SNMP_CONF_RETRIES = 5 };

static bool wants_log(const struct globals *g)
{
    for (int i = 1; i < g->snmp_argc; i++)
        if (strncmp(g->snmp_argv[i], "-D", 2) == 0 || strncmp(g->snmp_argv[i], "-L", 2) == 0)
            return true;
    return false;
}

bool session_template(netsnmp_session *template, const struct globals *globals, const struct conf *conf)
{
    char peer[] = "template"; /* snmp_parse_args() insists on one; each host has its own */
    char **argv = calloc((size_t)globals->snmp_argc + 2, sizeof *argv);
    if (argv == NULL) {
        perror("scalemon");
        return false;
    }
    memcpy(argv, globals->snmp_argv, (size_t)globals->snmp_argc * sizeof *argv);
    argv[globals->snmp_argc] = peer;
    setenv("MIBS", "", 1);
    if (!wants_log(globals))
        snmp_enable_calllog(); /* to nobody; without any handler it would be stderr */
    int parsed = snmp_parse_args(globals->snmp_argc + 1, argv, template, "", NULL);
    free(argv);
    if (template->peername != peer) /* newer net-snmp's copy it */
        free(template->peername);
    template->peername = NULL;
    if (parsed < 0) {
        if (parsed != NETSNMP_PARSE_ARGS_SUCCESS_EXIT)
            fputs("scalemon: net-snmp refuses these options: see snmpcmd(1) and snmp.conf(5)\n", stderr);
        return false;
    }
    if (template->version == SNMP_VERSION_1 || template->version == NETSNMP_DS_SNMP_VERSION_1) {
        fputs("scalemon: SNMPv1 has no GETBULK: use -v 3 or -v 2c\n", stderr);
        return false;
    }
    bool usm = template->version == SNMP_VERSION_3 && template->securityModel != SNMP_SEC_MODEL_TSM;
    if (usm && template->securityNameLen == 0 &&
        netsnmp_ds_get_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SECNAME) == NULL) {
        fputs("scalemon: no SNMPv3 user: give one with -u, or as defSecurityName in ~/.snmp/snmp.conf "
              "(snmp.conf(5));"
              " or use -v 2c\n",
              stderr);
        return false;
    }
    /* snmp.conf's `timeout' and `retries'; 0 and 5 are what they are when nobody has set them. */
    int timeout = netsnmp_ds_get_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_TIMEOUT);
    int retries = netsnmp_ds_get_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_RETRIES);
    if (template->timeout <= 0)
        template->timeout = (long)((timeout > 0 ? timeout : conf->timeout) * 1e6);
    if (template->retries < 0)
        template->retries = retries != SNMP_CONF_RETRIES ? retries : (int)conf->retries;
    return true;
}

/* Names and protocols are words of the command line, or net-snmp's own. */
void session_template_free(netsnmp_session *template)
{
    free(template->localname);
    free(template->community);
    free(template->contextEngineID);
    free(template->securityEngineID);
    memset(template, 0, sizeof *template);
}
