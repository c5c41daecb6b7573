#include "agent/systemd.h"

#include "scm_config.h"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>

void systemd_ready(void)
{
    sd_notify(0, "READY=1");
}

void systemd_reloading(void)
{
    sd_notify(0, "RELOADING=1");
}

void systemd_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void systemd_alive(void)
{
    sd_notify(0, "WATCHDOG=1");
}

void systemd_status(const char *text)
{
    sd_notifyf(0, "STATUS=%s", text);
}

#else

void systemd_ready(void)
{
}

void systemd_reloading(void)
{
}

void systemd_stopping(void)
{
}

void systemd_alive(void)
{
}

void systemd_status(const char *text)
{
}

#endif
