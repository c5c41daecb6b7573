/* What systemd wants to hear of a Type=notify service; nothing where it is not built in or not asked for. */
#ifndef SCM_AGENT_SYSTEMD_H
#define SCM_AGENT_SYSTEMD_H

#include <stdint.h>

void systemd_ready(void);
void systemd_reloading(void);
void systemd_stopping(void);
void systemd_alive(void);             /* pats the watchdog */
void systemd_status(const char *text); /* one line for `systemctl status` */

#endif
