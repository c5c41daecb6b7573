/* net-snmp's start: its options, its snmp.conf, and the template of every session. */
#ifndef SCM_CONSOLE_SESSION_H
#define SCM_CONSOLE_SESSION_H

#include "console/conf.h"
#include "console/verb.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

/* Initialises net-snmp (once per process) and fills the template: version, credentials, time-out and retries,
 * from the options before the verb, else from snmp.conf, else (time-out, retries) from conf. No MIB files are
 * read. net-snmp's own log is silent unless -D or -L asked for it. false: stderr has told why. */
bool session_template(netsnmp_session *template, const struct globals *globals, const struct conf *conf);
void session_template_free(
    netsnmp_session *template); /* what it points to, not the struct; a zeroed one is fine */

#endif
